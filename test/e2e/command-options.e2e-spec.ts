import { setTimeout as sleep } from 'node:timers/promises';
import { eventually, Service, type Sandbox } from './support/service.js';

/** What a command can be asked for beyond its arguments. */
describe.each(['socket', 'exec'])('options of a command (%s)', (transport) => {
  let service: Service;
  let sandbox: Sandbox;

  beforeAll(async () => {
    service = await Service.start({ ATOLL_TRANSPORT: transport });
    sandbox = await service.sandbox();
  });
  afterAll(() => service.stop());

  const start = async (body: object) => {
    const answer = await service.post(`${sandbox.path}/cmd`, body);
    expect(answer).toMatchObject({ status: 200 });
    return answer.body.command as { id: string; pid: number };
  };
  const stdin = (id: string, body: object) => service.put(`${sandbox.path}/cmd/${id}/stdin`, body);
  const end = async (id: string) => (await service.get(`${sandbox.path}/cmd/${id}?wait=true`)).body[1].command;
  const stdout = async (id: string) => (await service.get(`${sandbox.path}/cmd/${id}/logs`)).body.stdout as string;
  const refused = async (body: object, field: string) => {
    const before = (await service.get(`${sandbox.path}/cmd`)).body.commands.length;
    const answer = await service.post(`${sandbox.path}/cmd`, { command: 'true', ...body });
    expect(answer).toMatchObject({ status: 400, body: { code: 'BAD_REQUEST' } });
    expect(answer.body.message).toContain(field);
    expect((await service.get(`${sandbox.path}/cmd`)).body.commands.length).toBe(before);
  };

  describe('stdin', () => {
    it('is what was given, to the byte, and then its end', async () => {
      const bytes = Buffer.from(Array.from({ length: 700_000 }, (_, at) => (at * 7919) % 256));
      const cat = await sandbox.run('cat', [], { stdin: 'ünï\nno end' });
      expect(cat.stdout).toBe('ünï\nno end');
      const sum = await sandbox.run('sha256sum', [], { stdin: bytes.toString('base64'), stdin_encoding: 'base64' });
      const { createHash } = await import('node:crypto');
      expect(sum.stdout.split(' ')[0]).toBe(createHash('sha256').update(bytes).digest('hex'));
      expect((await sandbox.run('cat')).stdout).toBe('');
      expect((await sandbox.run('cat', [], { stdin: '' })).stdout).toBe('');
    });

    it('can be written piece by piece, until it is closed', async () => {
      const { id } = await start({ command: 'cat', stdin: 'first\n', open_stdin: true });
      expect((await stdin(id, { data: 'second\n' })).body).toEqual({ written: 7, closed: false });
      await eventually(
        () => stdout(id),
        (text) => text === 'first\nsecond\n',
      );
      const last = { data: Buffer.from([0xff, 10]).toString('base64'), encoding: 'base64', close: true };
      expect((await stdin(id, last)).body).toEqual({ written: 2, closed: true });
      expect(await end(id)).toMatchObject({ state: 'exited', exit_code: 0, stdout_bytes: 15 });
    });

    it('is refused where it is not open, and for what is too large', async () => {
      const closed = await start({ command: 'sleep', args: ['100'] });
      expect(await stdin(closed.id, { data: 'x' })).toMatchObject({ status: 409, body: { code: 'CONFLICT' } });
      await service.post(`${sandbox.path}/cmd/${closed.id}/kill`, { signal: 'KILL' });
      await end(closed.id);
      expect(await stdin(closed.id, { data: 'x' })).toMatchObject({ status: 409 });
      expect(await stdin('cmd_nobody', { data: 'x' })).toMatchObject({ status: 404 });
      const large = await service.post(`${sandbox.path}/cmd`, { command: 'cat', stdin: 'x'.repeat(1_100_000) });
      expect(large).toMatchObject({ status: 413, body: { code: 'PAYLOAD_TOO_LARGE' } });
      await refused({ stdin: 'not base64!', stdin_encoding: 'base64' }, 'stdin');
      await refused({ stdin: 1 }, 'stdin');
      await refused({ open_stdin: 'yes' }, 'open_stdin');
    });

    it('that nobody reads holds up nothing else, and ends with the command', async () => {
      const { id } = await start({ command: 'sleep', args: ['1.5'], open_stdin: true });
      const writing = stdin(id, { data: 'x'.repeat(5_000_000) });
      expect((await sandbox.run('echo', ['meanwhile'])).stdout).toBe('meanwhile\n');
      expect(await end(id)).toMatchObject({ exit_code: 0 });
      expect(await writing).toMatchObject({ status: 409 });
    });

    it('survives a killed service', async () => {
      const { id } = await start({ command: 'sh', args: ['-c', 'sleep 0.7; wc -c'], stdin: 'y'.repeat(900_000) });
      await service.kill('SIGKILL');
      await service.boot();
      expect(await end(id)).toMatchObject({ state: 'exited', exit_code: 0 });
      expect((await stdout(id)).trim()).toBe('900000');
    });
  });

  describe('timeout', () => {
    it('ends a command and its children, and says so', async () => {
      const begun = Date.now();
      const { command } = await sandbox.run('sh', ['-c', 'sleep 971 & sleep 971'], { timeout: 0.3 });
      expect(Date.now() - begun).toBeLessThan(20_000);
      expect(command).toMatchObject({ state: 'killed', signal: 15, exit_code: 143, end_reason: 'timeout' });
      expect((await sandbox.sh('ps -o args | grep -c "^sleep 971"')).stdout.trim()).toBe('0');
    });

    it('tells the truth of a command that ends by itself then', async () => {
      const script = 'trap "echo bye; exit 7" TERM; while :; do sleep 0.05; done';
      const { command, stdout: said } = await sandbox.run('sh', ['-c', script], { timeout: 1.5 });
      expect(command).toMatchObject({ state: 'exited', exit_code: 7, end_reason: 'timeout' });
      expect(said).toBe('bye\n');
    });

    it('kills what does not listen, after its grace', async () => {
      const begun = Date.now();
      const { command } = await sandbox.run('sh', ['-c', 'trap "" TERM; sleep 50 & wait; wait'], {
        timeout: 1.5,
        kill_grace: 0.4,
      });
      expect(Date.now() - begun).toBeGreaterThan(1850);
      expect(command).toMatchObject({ state: 'killed', signal: 9, exit_code: 137, end_reason: 'timeout' });
    });

    it('leaves quick ones alone, and holds when the service is gone', async () => {
      expect((await sandbox.run('true', [], { timeout: 5 })).command).toMatchObject({
        end_reason: 'exited',
        exit_code: 0,
      });
      const { id } = await start({ command: 'sleep', args: ['100'], timeout: 0.8 });
      await service.kill('SIGKILL');
      await sleep(1200);
      await service.boot();
      const ended = await end(id);
      expect(ended).toMatchObject({ end_reason: 'timeout' });
      expect(ended.finished_at - ended.started_at).toBeLessThan(2000);
      await refused({ timeout: -1 }, 'timeout');
      await refused({ timeout: 'long' }, 'timeout');
      await refused({ kill_grace: -1 }, 'kill_grace');
    });
  });

  it('runs as another user, by name and by number', async () => {
    const id = async (user: string) => (await sandbox.run('id', ['-u'], { user })).stdout.trim();
    expect(await id('1234')).toBe('1234');
    expect((await sandbox.run('id', ['-g'], { user: '1234:4321' })).stdout.trim()).toBe('4321');
    expect(await id('root')).toBe('0');
    await refused({ user: 'nobody-of-that-name' }, 'user');
  });

  it('gives a line to a shell only where that is asked for', async () => {
    const { command, stdout: said } = await sandbox.run('echo "$1" | tr a b; exit 3', ['aaa'], { shell: true });
    expect(said).toBe('bbb\n');
    expect(command).toMatchObject({ name: '/bin/sh', exit_code: 3 });
    expect((await sandbox.run('echo $HOME; true')).command).toMatchObject({ state: 'failed', exit_code: 127 });
  });

  it('makes files with its umask', async () => {
    const mode = async (umask?: string) =>
      (await sandbox.run('sh', ['-c', 'rm -f /tmp/u; touch /tmp/u; stat -c %a /tmp/u'], { umask })).stdout.trim();
    expect(await mode()).toBe('644');
    expect(await mode('077')).toBe('600');
    expect(await mode('0000')).toBe('666');
    await refused({ umask: '88' }, 'umask');
    await refused({ umask: 22 }, 'umask');
  });

  it('has no terminal yet, and says so', async () => {
    expect((await sandbox.run('true', [], { tty: false })).command.exit_code).toBe(0);
    await refused({ tty: true }, 'tty');
  });

  it('looks a relative executable up in its own PATH', async () => {
    await sandbox.sh('mkdir -p /tmp/own && printf "#!/bin/sh\\necho own" > /tmp/own/tool && chmod +x /tmp/own/tool');
    expect((await sandbox.run('tool', [], { env: { PATH: '/tmp/own:/bin' } })).stdout).toBe('own\n');
    expect((await sandbox.run('tool')).command).toMatchObject({ state: 'failed', exit_code: 127 });
    expect((await sandbox.run('./tool', [], { cwd: '/tmp/own' })).stdout).toBe('own\n');
  });

  it('is signalled by number and by name, and probed with 0', async () => {
    for (const signal of [12, 'SIGUSR2', 'usr2']) {
      const { id } = await start({
        command: 'sh',
        args: ['-c', 'trap "exit 9" USR2; echo up; while :; do sleep 0.02; done'],
      });
      await eventually(
        () => stdout(id),
        (text) => text === 'up\n',
      );
      expect((await service.post(`${sandbox.path}/cmd/${id}/kill`, { signal: 0 })).body.command.state).toBe('running');
      expect((await service.post(`${sandbox.path}/cmd/${id}/kill`, { signal })).status).toBe(200);
      expect(await end(id)).toMatchObject({ state: 'exited', exit_code: 9 });
      expect((await service.post(`${sandbox.path}/cmd/${id}/kill`, { signal: 0 })).status).toBe(409);
    }
    const { id } = await start({ command: 'sleep', args: ['100'] });
    for (const signal of ['NOPE', 65, -1, 1.5, '', true])
      expect((await service.post(`${sandbox.path}/cmd/${id}/kill`, { signal })).status).toBe(400);
    expect((await service.post(`${sandbox.path}/cmd/${id}/kill`, { signal: 'SIGKILL' })).status).toBe(200);
  });

  it('tells what it used', async () => {
    const { command } = await sandbox.sh(
      'head -c 60000000 /dev/zero | tail -c 50000000 | wc -c; i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done',
    );
    expect(command.pid).toBeGreaterThan(1);
    expect(command.cpu_user_ms + command.cpu_system_ms).toBeGreaterThan(20);
    expect(command.memory_peak).toBeGreaterThan(40_000_000);
    expect(command).toMatchObject({ stdout_bytes: 9, stderr_bytes: 0 });
    const { id, pid } = await start({ command: 'sleep', args: ['100'] });
    expect((await service.get(`${sandbox.path}/cmd/${id}`)).body.command.pid).toBe(pid);
    await service.post(`${sandbox.path}/cmd/${id}/kill`, { signal: 9 });
    expect((await end(id)).pid).toBe(pid);
  });

  it('is listed by state and page by page', async () => {
    const { id } = await start({ command: 'sleep', args: ['100'] });
    const list = async (query: string) => (await service.get(`${sandbox.path}/cmd?${query}`)).body;
    expect((await list('state=running')).commands.map((one: { id: string }) => one.id)).toEqual([id]);
    const all = (await list('')).commands as { id: string }[];
    const paged: { id: string }[] = [];
    for (let query = 'limit=7'; query;) {
      const { commands, next_cursor: next } = await list(query);
      expect(commands.length).toBeLessThanOrEqual(7);
      paged.push(...(commands as { id: string }[]));
      query = next ? `limit=7&cursor=${next}` : '';
    }
    expect(paged).toEqual(all);
    for (const query of ['state=lost', 'limit=0', 'limit=x', 'cursor=abc'])
      expect((await service.get(`${sandbox.path}/cmd?${query}`)).status).toBe(400);
    await service.post(`${sandbox.path}/cmd/${id}/kill`, { signal: 9 });
  });
});
