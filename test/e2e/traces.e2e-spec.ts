import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Collector } from './support/otlp.js';
import { API_KEY, eventually, freePort, Service, type Sandbox } from './support/service.js';

/** What a client sends that has a trace of its own. */
function caller(sampled = true) {
  const traceId = randomBytes(16).toString('hex');
  const spanId = randomBytes(8).toString('hex');
  return { traceId, spanId, headers: { traceparent: `00-${traceId}-${spanId}-${sampled ? '01' : '00'}` } };
}

describe('traces', () => {
  let collector: Collector;
  let service: Service;
  let sandbox: Sandbox;

  beforeAll(async () => {
    collector = await Collector.start();
    service = await Service.start({
      ATOLL_TRACES_ENDPOINT: collector.url,
      ATOLL_TRACES_HEADERS: 'x-tenant=acme,authorization=Bearer%20of-the-collector',
      LOG_LEVEL: 'trace',
    });
    sandbox = await service.sandbox();
  });
  afterAll(async () => {
    await service.stop();
    await collector.stop();
  });

  const whole = (traceId: string, root: string) =>
    eventually(
      async () => collector.of(traceId),
      (spans) => spans.some((span) => span.name === root),
    );

  it('go on with the caller’s, from the request to store and agent', async () => {
    const mine = caller();
    const path = `${sandbox.path}/cmd?wait=true`;
    await service.call('POST', path, { command: 'true' }, { ...mine.headers, 'x-request-id': 'an-exec' });
    const name = 'POST /v1/sandboxes/:id/cmd';
    const spans = await whole(mine.traceId, name);
    const root = spans.find((span) => span.name === name)!;
    expect(root).toMatchObject({ kind: 2, parentId: mine.spanId, status: 0 });
    expect(root.attributes).toMatchObject({
      'http.request.method': 'POST',
      'http.route': '/v1/sandboxes/:id/cmd',
      'http.response.status_code': 200,
      'url.path': `${sandbox.path}/cmd`,
      'url.scheme': 'http',
      'server.address': '127.0.0.1',
      'atoll.sandbox.id': sandbox.id,
      'atoll.request.id': 'an-exec',
    });
    const steps = spans.filter((span) => span !== root);
    expect(steps.map((span) => span.name)).toEqual(
      expect.arrayContaining([
        'store: select sandboxes',
        'store: insert commands',
        'agent: POST /commands',
        'store: update commands',
      ]),
    );
    for (const step of steps) {
      expect(step).toMatchObject({ kind: 3, parentId: root.spanId });
      expect(step.from).toBeGreaterThanOrEqual(root.from - 2);
      expect(step.to).toBeLessThanOrEqual(root.to + 2);
    }
    expect(steps.find((span) => span.name.startsWith('agent'))!.attributes).toMatchObject({
      'http.request.method': 'POST',
      'url.template': '/commands',
      'http.response.status_code': 200,
      'atoll.sandbox.id': sandbox.id,
    });
    expect(steps.find((span) => span.name === 'store: insert commands')!.attributes).toMatchObject({
      'db.system.name': 'sqlite',
      'db.operation.name': 'insert',
      'db.collection.name': 'commands',
    });
  });

  it('hold what a create asks of the engine, and what failed', async () => {
    const mine = caller();
    const { body } = await service.call('POST', '/v1/sandboxes', { image: 'atoll-test/busybox:1' }, mine.headers);
    const names = (await whole(mine.traceId, 'POST /v1/sandboxes')).map((span) => span.name);
    expect(names).toEqual(expect.arrayContaining(['engine: create the container', 'engine: start the container']));
    const other = caller();
    await service.call('DELETE', `/v1/sandboxes/${body.id}`, undefined, other.headers);
    await whole(other.traceId, 'DELETE /v1/sandboxes/:id');
    const third = caller();
    await service.call('GET', `${sandbox.path}/files?path=/not-there`, undefined, third.headers);
    const spans = await whole(third.traceId, 'GET /v1/sandboxes/:id/files');
    const agent = spans.find((span) => span.name === 'agent: GET /files')!;
    expect(agent).toMatchObject({ status: 2, attributes: { 'http.response.status_code': 404, 'error.type': '404' } });
    const root = spans.find((span) => span.kind === 2)!;
    expect(root).toMatchObject({ status: 0, attributes: { 'http.response.status_code': 404 } });
  });

  it('begin here where the caller has none, and the log names them', async () => {
    await service.call('GET', sandbox.path, undefined, { 'x-request-id': 'to-be-found' });
    const lines = await eventually(
      async () =>
        service
          .logs()
          .split('\n')
          .filter((line) => line.includes('"to-be-found"')),
      (found) => found.length > 0,
    );
    const { traceId } = JSON.parse(lines[0]) as { traceId: string };
    expect(traceId).toMatch(/^[0-9a-f]{32}$/);
    const spans = await whole(traceId, 'GET /v1/sandboxes/:id');
    expect(spans.find((span) => span.kind === 2)!.parentId).toBe('');
  });

  it('are the caller’s to decide on: what it does not record is not recorded here', async () => {
    const mine = caller(false);
    await service.call('GET', sandbox.path, undefined, { ...mine.headers, 'x-request-id': 'not-recorded' });
    const after = caller();
    await service.call('GET', sandbox.path, undefined, after.headers);
    await whole(after.traceId, 'GET /v1/sandboxes/:id');
    expect(collector.of(mine.traceId)).toEqual([]);
  });

  it('survive nonsense of a caller', async () => {
    for (const traceparent of [
      'nonsense',
      '00-0-0-01',
      `00-${'0'.repeat(32)}-${'0'.repeat(16)}-01`,
      'ff'.repeat(4000),
    ]) {
      const { status } = await service.call('GET', sandbox.path, undefined, { traceparent });
      expect(status).toBe(200);
    }
  });

  it('have names of few kinds, and leave out health, and what happens by itself', async () => {
    const before = collector.spans.length;
    await service.get('/v1/health');
    await service.get('/v1/health/ready');
    await service.get('/some/path/that/is/not/there');
    const namesSince = async () => collector.spans.slice(before).map((span) => span.name);
    await eventually(namesSince, (names) => names.includes('GET'));
    await sleep(1200); // longer than a batch waits, and a sweep comes round
    const names = await namesSince();
    expect(names.filter((name) => name.includes('health'))).toEqual([]);
    for (const { name } of collector.spans) expect(name).not.toMatch(/sb_|cmd_|not-there/);
    for (const { parentId, kind } of collector.spans) if (kind === 3) expect(parentId).not.toBe('');
  });

  it('say whose they are, with the headers that the collector wants', () => {
    expect(collector.resource).toMatchObject({ 'service.name': 'atoll' });
    expect(collector.resource['service.version']).toMatch(/^\d+\.\d+\.\d+/);
    for (const headers of collector.headers)
      expect(headers).toMatchObject({ 'x-tenant': 'acme', authorization: 'Bearer of-the-collector' });
  });

  it('hold no secret, no command line, no content, and no file’s name', async () => {
    const secrets = ['in-the-env', 'on-stdin', 'in-an-argument', 'in-a-file', 'a-file-name'];
    const mine = caller();
    const call = (method: string, path: string, body?: unknown) =>
      service.call(method, `${sandbox.path}${path}`, body, mine.headers);
    const command = { command: 'echo', args: ['in-an-argument'], env: { A: 'in-the-env' }, stdin: 'on-stdin' };
    await call('POST', '/cmd?wait=true', command);
    await call('PUT', '/files?path=/tmp/a-file-name', { content: 'in-a-file' });
    await call('GET', '/files?path=/tmp/a-file-name');
    await whole(mine.traceId, 'GET /v1/sandboxes/:id/files');
    const all = Buffer.concat(collector.raw).toString('latin1');
    for (const secret of [...secrets, API_KEY, 'of-the-collector']) expect(all).not.toContain(secret);
    expect(service.logs()).not.toContain('of-the-collector');
  });

  it('are sent to the last when the service ends', async () => {
    const mine = caller();
    const other = await Service.start({ ATOLL_TRACES_ENDPOINT: collector.url });
    await other.call('GET', '/v1/sandboxes', undefined, mine.headers);
    await other.kill('SIGTERM');
    expect(collector.of(mine.traceId).map((span) => span.name)).toContain('GET /v1/sandboxes');
    await other.stop();
  });

  it('are as many as is configured', async () => {
    const none = await Service.start({ ATOLL_TRACES_ENDPOINT: collector.url, ATOLL_TRACES_SAMPLE_RATIO: '0' });
    try {
      const before = collector.spans.length;
      await none.get('/v1/sandboxes');
      const mine = caller();
      await none.call('GET', '/v1/sandboxes', undefined, mine.headers);
      await whole(mine.traceId, 'GET /v1/sandboxes');
      const roots = collector.spans.slice(before).filter((span) => span.name === 'GET /v1/sandboxes');
      expect(roots.map((span) => span.traceId)).toEqual([mine.traceId]);
    } finally {
      await none.stop();
    }
  });
});

describe('a collector that is not there', () => {
  it('harms nobody, is told once, and gets spans when it is back', { timeout: 60_000 }, async () => {
    const port = await freePort();
    const service = await Service.start({ ATOLL_TRACES_ENDPOINT: `http://127.0.0.1:${port}/v1/traces` });
    try {
      const begun = performance.now();
      for (let i = 0; i < 50; i++) expect((await service.get('/v1/sandboxes')).status).toBe(200);
      expect(performance.now() - begun).toBeLessThan(5000);
      const told = () =>
        service
          .logs()
          .split('\n')
          .filter((line) => line.includes('spans can not be delivered'));
      await eventually(
        async () => told(),
        (lines) => lines.length > 0,
        30_000,
      );
      const collector = await Collector.start(port);
      try {
        await eventually(
          async () => {
            await service.get('/v1/sandboxes');
            await sleep(300);
            return collector.spans.length;
          },
          (count) => count > 0,
          20_000,
        );
        expect(told()).toHaveLength(1);
        await eventually(
          async () => service.logs(),
          (log) => log.includes('spans are delivered again'),
        );
      } finally {
        await collector.stop();
      }
      await service.get('/v1/sandboxes');
      const ending = performance.now();
      expect(await service.kill('SIGTERM')).toBe(0);
      expect(performance.now() - ending).toBeLessThan(4000);
    } finally {
      await service.stop();
    }
  });
});

it('makes none where none are wanted', async () => {
  const service = await Service.start({ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1' });
  try {
    await service.call('GET', '/v1/sandboxes', undefined, { ...caller().headers, 'x-request-id': 'untraced' });
    await eventually(
      async () => service.logs(),
      (log) => log.includes('"untraced"'),
    );
    expect(service.logs()).not.toContain('traceId');
  } finally {
    await service.stop();
  }
});
