import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { Metrics } from './support/metrics.js';
import { eventually, freePort, Service, type Sandbox } from './support/service.js';

/** What Prometheus sees of a service that works. */
describe('metrics', () => {
  let port: number;
  let service: Service;
  let sandbox: Sandbox;
  const read = () => Metrics.of(port);

  beforeAll(async () => {
    port = await freePort();
    service = await Service.start({ ATOLL_METRICS_PORT: String(port), ATOLL_SWEEP_INTERVAL: '200' });
    sandbox = await service.sandbox();
  });
  afterAll(() => service.stop());

  it('are in good form, as promtool says', async () => {
    await sandbox.sh('echo hello');
    const { text } = await read();
    expect(execFileSync('promtool', ['check', 'metrics'], { input: text }).toString()).toBe('');
  });

  it('count requests by the pattern of their route, whatever is asked for', async () => {
    const route = '/v1/sandboxes/:id';
    const of = (metrics: Metrics, status: string) =>
      metrics.value('atoll_http_requests_total', { method: 'GET', route, status });
    const before = await read();
    await service.get(sandbox.path);
    await service.get(`/v1/sandboxes/${sandbox.created.name}`);
    await service.get('/v1/sandboxes/nobody');
    await service.get('/a/path/that/nobody/has');
    const after = await eventually(read, (metrics) => of(metrics, '404') > of(before, '404'));
    expect(of(after, '200') - of(before, '200')).toBe(2);
    expect(of(after, '404') - of(before, '404')).toBe(1);
    expect(after.value('atoll_http_requests_total', { route: 'unknown' })).toBeGreaterThan(0);
    expect(after.value('atoll_http_request_duration_seconds_count', { route })).toBeGreaterThanOrEqual(3);
    const values = after.text.split('\n').filter((line) => !line.startsWith('#'));
    for (const id of [sandbox.id, sandbox.created.name, 'nobody']) expect(values.join('\n')).not.toContain(id);
    expect(values.length).toBeLessThan(2000);
  });

  it('tell of creates, commands, bytes and channels', async () => {
    const before = await read();
    const grew = async (name: string, labels: Record<string, string>, by: number) =>
      eventually(
        async () => (await read()).value(name, labels) - before.value(name, labels),
        (difference) => difference === by,
      );
    await service.post('/v1/sandboxes', { image: 'nobody/has-this:1' });
    await sandbox.run('no-such-program');
    await sandbox.sh('head -c 1000 /dev/zero | tr "\\0" x; exit 3');
    await sandbox.sh('kill -9 $$');
    await sandbox.write('/tmp/file', 'x'.repeat(500));
    await sandbox.read('/tmp/file');
    await service.call('GET', `${sandbox.path}/files?path=/tmp/file`, undefined, {
      accept: 'application/octet-stream',
    });
    await grew('atoll_sandbox_creates_total', { result: 'BAD_REQUEST' }, 1);
    await grew('atoll_command_starts_total', { result: 'running' }, 2);
    await grew('atoll_command_starts_total', { result: 'failed' }, 1);
    await grew('atoll_command_ends_total', { reason: 'exited' }, 1);
    await grew('atoll_command_ends_total', { reason: 'signaled' }, 1);
    expect(await grew('atoll_file_bytes_total', { direction: 'write' }, 500)).toBe(500);
    expect(await grew('atoll_file_bytes_total', { direction: 'read' }, 1000)).toBe(1000);
    const after = await read();
    const output = (metrics: Metrics) => metrics.value('atoll_command_output_bytes_total', {});
    expect(output(after) - output(before)).toBeGreaterThanOrEqual(1000);
    expect(after.value('atoll_sandboxes', { state: 'running' })).toBe(1);
    expect(after.value('atoll_agent_sessions', {})).toBe(1);
    expect(after.value('atoll_commands_running', {})).toBe(0);
    expect(after.value('atoll_queue_length', {})).toBe(0);
    expect(after.value('atoll_http_requests_in_flight', {})).toBe(0);
    expect(after.value('atoll_sandbox_creates_total', { result: 'created' })).toBe(1);
    expect(after.value('atoll_engine_calls_total', { call: 'create the container', result: 'ok' })).toBeGreaterThan(0);
    expect(after.value('atoll_store_queries_total', { operation: 'select', result: 'ok' })).toBeGreaterThan(0);
    expect(after.value('atoll_data_dir_free_bytes', {})).toBeGreaterThan(0);
    expect(after.value('nodejs_eventloop_lag_p99_seconds', {})).toBeGreaterThan(0);
  });

  it('tell of what happens by itself, and of a client that goes', async () => {
    const expiring = await service.sandbox({ timeout: 1 });
    const left = new AbortController();
    const stream = await fetch(`${service.url}${sandbox.path}/cmd?wait=true`, {
      method: 'POST',
      headers: service.headers,
      body: JSON.stringify({ command: 'sleep', args: ['60'] }),
      signal: left.signal,
    });
    expect(stream.status).toBe(200);
    expect((await read()).value('atoll_commands_running', {})).toBe(1);
    left.abort();
    await eventually(read, (metrics) => metrics.value('atoll_http_requests_total', { status: 'aborted' }) === 1);
    expect(service.logs()).toContain('"aborted":true');
    await eventually(read, (metrics) => metrics.value('atoll_sandboxes', { state: 'stopped' }) === 1);
    const after = await read();
    expect(after.value('atoll_sweeps_total', { result: 'ok' })).toBeGreaterThan(0);
    expect(after.value('atoll_reconciliations_total', { result: 'ok' })).toBeGreaterThan(0);
    await service.delete(expiring.path);
  });

  it('are all that is at their address', async () => {
    for (const [path, method] of [
      ['/', 'GET'],
      ['/v1/sandboxes', 'GET'],
      ['/metrics', 'POST'],
    ])
      expect((await fetch(`http://127.0.0.1:${port}${path}`, { method })).status).toBe(404);
    expect((await service.get('/metrics')).status).toBe(404);
  });

  it('are served later where their port is taken at first', { timeout: 30_000 }, async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const { port: wanted } = taken.address() as { port: number };
    const other = await Service.start({ ATOLL_METRICS_PORT: String(wanted) });
    try {
      expect(other.logs()).toContain('metrics can not be served at this address');
      await new Promise((done) => taken.close(done));
      await eventually(
        () => Metrics.of(wanted).catch(() => undefined),
        (metrics) => metrics !== undefined,
        10_000,
      );
    } finally {
      await other.stop();
    }
  });
});
