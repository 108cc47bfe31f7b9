import { eventually, Service, type Sandbox } from './support/service.js';

/** Exec says the truth, whatever happens. */
describe('exec', () => {
  let service: Service;
  let sandbox: Sandbox;

  beforeAll(async () => {
    service = await Service.start();
    sandbox = await service.sandbox();
  });
  afterAll(() => service.stop());

  it('gives every exit code from 0 to 255', async () => {
    const codes = Array.from({ length: 256 }, (_, code) => code);
    const seen: number[] = [];
    for (let at = 0; at < codes.length; at += 16) {
      const ends = await Promise.all(codes.slice(at, at + 16).map((code) => sandbox.sh(`exit ${code}`)));
      for (const { command } of ends) {
        expect(command.state).toBe('exited');
        seen.push(command.exit_code);
      }
    }
    expect(seen).toEqual(codes);
  });

  it.each([1, 2, 6, 9, 11, 14, 15])('tells death by signal %i as killed with 128 + signal', async (signal) => {
    const { command } = await sandbox.sh(`kill -${signal} $$; sleep 10`);
    expect(command).toMatchObject({ state: 'killed', exit_code: 128 + signal, signal, end_reason: 'signaled' });
  });

  it('tells a missing executable as a failed command with 127 and the reason', async () => {
    const answer = await service.post(`${sandbox.path}/cmd?wait=true`, { command: 'no-such-program', args: ['x'] });
    expect(answer.status).toBe(200);
    expect(answer.body).toHaveLength(2);
    for (const { command } of answer.body) {
      expect(command).toMatchObject({ state: 'failed', exit_code: 127, end_reason: 'start_failed' });
      expect(command.message).toContain('no-such-program');
    }
    const logs = await service.get(`${sandbox.path}/cmd/${answer.body[0].command.id}/logs`);
    expect(logs.body).toEqual({ stdout: '', stderr: '', exit_code: 127 });
    const missing = await service.post(`${sandbox.path}/cmd`, { command: '/no/such/program' });
    expect(missing.body.command).toMatchObject({ state: 'failed', exit_code: 127 });
  });

  it('tells what is not executable with 126', async () => {
    await sandbox.write('/tmp/plain', 'just text');
    for (const command of ['/tmp/plain', '/tmp']) {
      const { body } = await service.post(`${sandbox.path}/cmd`, { command });
      expect(body.command).toMatchObject({ state: 'failed', exit_code: 126, end_reason: 'start_failed' });
    }
  });

  it('answers a missing working directory with 400 and no command', async () => {
    const before = await service.get(`${sandbox.path}/cmd`);
    const answer = await service.post(`${sandbox.path}/cmd`, { command: 'true', cwd: '/no/such/dir' });
    expect(answer).toMatchObject({ status: 400, body: { code: 'BAD_REQUEST' } });
    expect(answer.body.message).toContain('/no/such/dir');
    expect((await service.get(`${sandbox.path}/cmd`)).body).toEqual(before.body);
  });

  it('hands over arguments, environment and working directory as they are', async () => {
    const args = ['a b', '', '"quotes"', "it's", '$(touch /tmp/pwned)', '`id`', 'line\nbreak', '-n', 'ünï 🌊', '*'];
    const { stdout } = await sandbox.run(
      'sh',
      ['-c', 'for a; do printf "[%s]" "$a"; done; printf "%s|%s" "$PWD" "$X"', 'sh', ...args],
      {
        cwd: '/tmp',
        env: { X: 'a=b\n"c"' },
      },
    );
    expect(stdout).toBe(args.map((arg) => `[${arg}]`).join('') + '/tmp|a=b\n"c"');
    expect((await sandbox.list('/tmp')).body.output).not.toContain('pwned');
  });

  it('takes variables whatever their names, and refuses what is too large before anything is recorded', async () => {
    const env = { constructor: '1', toString: '2', hasOwnProperty: '3', 'with.dot': '4' };
    const { stdout } = await sandbox.run('env', [], { env });
    for (const [name, value] of Object.entries(env)) expect(stdout).toContain(`${name}=${value}\n`);
    const before = await service.get(`${sandbox.path}/cmd`);
    const large = await service.post(`${sandbox.path}/cmd`, {
      command: 'true',
      args: Array.from({ length: 11 }, () => 'x'.repeat(100_000)),
    });
    expect(large).toMatchObject({ status: 413, body: { code: 'PAYLOAD_TOO_LARGE' } });
    expect((await service.get(`${sandbox.path}/cmd`)).body).toEqual(before.body);
    const long = await service.post(`${sandbox.path}/cmd`, { command: 'y'.repeat(4096) });
    expect(long.body.command).toMatchObject({ state: 'failed', exit_code: 127 });
  });

  it('gives megabytes of control characters as JSON, and others their turn meanwhile', async () => {
    const { command } = await sandbox.sh('head -c 8000000 /dev/zero');
    const logs = service.get(`${sandbox.path}/cmd/${command.id}/logs`);
    expect((await sandbox.sh('echo meanwhile')).stdout).toBe('meanwhile\n');
    expect((await logs).body).toEqual({ stdout: '\0'.repeat(8_000_000), stderr: '', exit_code: 0 });
  });

  it.each([
    ['a million bytes in one line', `head -c 1000000 /dev/zero | tr '\\0' x`, 'x'.repeat(1_000_000)],
    ['no newline at the end', `printf 'no newline'`, 'no newline'],
    ['carriage returns', `printf 'a\\r\\nb\\rc'`, 'a\r\nb\rc'],
    ['any UTF-8', `printf '\\360\\237\\214\\212 \\303\\274'`, '🌊 ü'],
    ['nothing', 'true', ''],
  ])('brings back byte for byte: %s', async (_what, script, expected) => {
    expect((await sandbox.sh(script)).stdout).toBe(expected);
    const onStderr = await sandbox.sh(`(${script}) >&2`);
    expect(onStderr.stderr).toBe(expected);
    expect(onStderr.stdout).toBe('');
  });

  it('ends a running command soon when its sandbox dies, never with 0', async () => {
    const doomed = await service.sandbox();
    const id = await doomed.spawn('sleep', ['1000']);
    const waiting = service.get(`${doomed.path}/cmd/${id}?wait=true`);
    const { execFileSync } = await import('node:child_process');
    const begun = Date.now();
    execFileSync('docker', ['kill', `atoll-${doomed.id}`], {
      env: { ...process.env, DOCKER_HOST: process.env.ATOLL_TEST_DOCKER_HOST },
    });
    const [, end] = (await waiting).body;
    expect(Date.now() - begun).toBeLessThan(15_000); // 2 s where nothing else goes on
    expect(end.command).toMatchObject({ state: 'killed', exit_code: 137 });
    const detail = await eventually(
      () => service.get(doomed.path),
      ({ body }) => body.status === 'stopped',
    );
    expect(detail.body).toMatchObject({ running: false, end_reason: 'exited', exit_code: 137 });
  });

  it('kills the whole process group, and no neighbour with the same command line', async () => {
    const [one, other] = [
      await sandbox.spawn('sh', ['-c', 'sleep 987 & wait']),
      await sandbox.spawn('sh', ['-c', 'sleep 987 & wait']),
    ];
    const count = async () => (await sandbox.sh('ps -o args | grep -c "^sleep 987"')).stdout.trim();
    await eventually(count, (lines) => lines === '2');
    await service.post(`${sandbox.path}/cmd/${one}/kill`, { signal: 9 });
    await eventually(count, (lines) => lines === '1');
    expect((await service.get(`${sandbox.path}/cmd/${other}`)).body.command.state).toBe('running');
    await service.post(`${sandbox.path}/cmd/${other}/kill`, { signal: 9 });
  });

  it('answers unknown commands with 404 before anything else', async () => {
    for (const path of ['cmd_x', 'cmd_x?wait=true', 'cmd_x/logs']) {
      expect(await service.get(`${sandbox.path}/cmd/${path}`)).toMatchObject({
        status: 404,
        body: { code: 'NOT_FOUND' },
      });
    }
    expect(await service.get(`/v1/sandboxes/nobody-here/cmd`)).toMatchObject({ status: 404 });
    expect(await service.post(`${sandbox.path}/cmd/cmd_x/kill`, { signal: 9 })).toMatchObject({ status: 404 });
  });
});
