import { setTimeout as sleep } from 'node:timers/promises';
import { bytesOf, Lines } from './support/lines.js';
import { eventually, Service, type Sandbox } from './support/service.js';

/** The long form: test/soak/README.md. */
const KILLS = Number(process.env.ATOLL_TEST_PRINT_KILLS ?? 15);

/** What other services were seen to get wrong, and what must hold whatever happens to the service. */
describe('commands that others lie about', () => {
  let service: Service;
  let sandbox: Sandbox;

  beforeAll(async () => {
    service = await Service.start();
    sandbox = await service.sandbox();
  });
  afterAll(() => service.stop());

  it('are found as soon as their id is known', async () => {
    for (let turn = 0; turn < 50; turn++) {
      const id = await sandbox.spawn('true');
      expect((await service.get(`${sandbox.path}/cmd/${id}`)).status).toBe(200);
      expect((await service.get(`${sandbox.path}/cmd/${id}/logs`)).status).toBe(200);
    }
  });

  it('keep a missing program’s error out of their output', async () => {
    const { command, stdout, stderr } = await sandbox.run('no-such-program');
    expect({ stdout, stderr }).toEqual({ stdout: '', stderr: '' });
    expect(command).toMatchObject({ state: 'failed', exit_code: 127 });
  });

  it('take their children along when they are killed, job control or not', async () => {
    for (const shell of ['sh -c "sleep 961; echo"', 'set -m; sleep 961 & sleep 961 & wait']) {
      const id = await sandbox.spawn('sh', ['-c', shell]);
      const count = async () => Number((await sandbox.sh('ps -o args | grep -c "^sleep 961"')).stdout);
      await eventually(count, (lines) => lines > 0);
      await service.post(`${sandbox.path}/cmd/${id}/kill`, { signal: 'KILL' });
      await eventually(count, (lines) => lines === 0);
      expect((await service.get(`${sandbox.path}/cmd/${id}?wait=true`)).body[1].command).toMatchObject({
        state: 'killed',
        exit_code: 137,
        end_reason: 'signaled',
      });
    }
  });

  it('end by themselves when their client leaves', async () => {
    const lines = await Lines.open(service, `${sandbox.path}/cmd?wait=true&logs=true`, {
      method: 'POST',
      body: { command: 'sh', args: ['-c', 'echo one; sleep 0.5; echo two; exit 4'] },
    });
    const { id } = (await lines.until(({ command }) => command)).body.command;
    lines.leave();
    const [, end] = (await service.get(`${sandbox.path}/cmd/${id}?wait=true`)).body;
    expect(end.command).toMatchObject({ state: 'exited', exit_code: 4 });
    expect((await service.get(`${sandbox.path}/cmd/${id}/logs`)).body.stdout).toBe('one\ntwo\n');
  });

  it('are refused at once in a paused sandbox; those that run freeze and go on, nothing twice', async () => {
    const paused = await service.sandbox();
    const id = await paused.spawn('sh', ['-c', 'i=0; while [ $i -lt 40 ]; do echo $i; i=$((i+1)); sleep 0.05; done']);
    const lines = await Lines.open(service, `${paused.path}/cmd/${id}/logs?stream=true`);
    await lines.until(({ data }) => data === '5\n');
    await service.post(`${paused.path}/pause`);
    const begun = Date.now();
    expect(await service.post(`${paused.path}/cmd`, { command: 'true' })).toMatchObject({ status: 409 });
    expect(Date.now() - begun).toBeLessThan(1000);
    await sleep(200);
    const frozen = lines.seen.length;
    await sleep(800);
    expect(lines.seen.length).toBe(frozen);
    await service.post(`${paused.path}/resume`);
    const all = await lines.all();
    expect(all.map(({ data }) => data as string)).toEqual([
      ...Array.from({ length: 40 }, (_, i) => `${i}\n`),
      undefined,
    ]);
    expect(all.at(-1)).toMatchObject({ type: 'exit', exit_code: 0 });
  });

  it('say why they ended when their sandbox is stopped, and stay readable', async () => {
    const stopped = await service.sandbox();
    const id = await stopped.spawn('sh', ['-c', 'trap "" TERM; echo up; while :; do sleep 0.1; done']);
    await eventually(
      () => service.get(`${stopped.path}/cmd/${id}/logs`),
      ({ body }) => body.stdout === 'up\n',
    );
    const lines = await Lines.open(service, `${stopped.path}/cmd/${id}/logs?stream=true`);
    await service.post(`${stopped.path}/stop?grace=0`);
    const all = await lines.all();
    expect(all.at(-1)).toMatchObject({ type: 'exit', state: 'killed', exit_code: 137 });
    expect(await (await Lines.open(service, `${stopped.path}/cmd/${id}/logs?stream=true`)).all()).toEqual(all);
  });

  it('end although a daemon keeps their output open, and reap zombies', async () => {
    const begun = Date.now();
    const { command, stdout } = await sandbox.sh('(setsid sh -c "sleep 3; echo late" &) ; echo done');
    expect(Date.now() - begun).toBeLessThan(2500);
    expect(command).toMatchObject({ state: 'exited', exit_code: 0 });
    expect(stdout).toBe('done\n');
    await sandbox.sh('(sleep 0.1 &)');
    await sleep(300);
    expect((await sandbox.sh('ps -o stat | grep -c Z')).stdout.trim()).toBe('0');
  });

  it.each(['0', '1234'])('can kill all that user %s has, but not the agent', async (user) => {
    const id = (await service.post(`${sandbox.path}/cmd`, { command: 'sleep', args: ['951'], user })).body.command.id;
    // kill(2) spares init and the caller itself.
    expect((await sandbox.run('sh', ['-c', 'kill -9 -1; exit 6'], { user })).command.exit_code).toBe(6);
    expect((await service.get(`${sandbox.path}/cmd/${id}?wait=true`)).body[1].command).toMatchObject({ signal: 9 });
    expect((await sandbox.run('echo', ['alive'])).stdout).toBe('alive\n');
  });
});

describe.each(['socket', 'exec'])('a service that is killed again and again (%s)', (transport) => {
  it('has every byte once, of commands that print meanwhile', async () => {
    const service = await Service.start({ ATOLL_TRANSPORT: transport });
    try {
      const sandbox = await service.sandbox();
      const script = (name: string) =>
        `i=0; while [ $i -lt 6000 ]; do echo "${name} $i"; echo "err $i" >&2; i=$((i+1)); [ $((i % 50)) = 0 ] && sleep 0.1; done; exit 5`;
      const ids = await Promise.all(['a', 'b', 'c'].map((name) => sandbox.spawn('sh', ['-c', script(name)])));
      for (let round = 0; round < KILLS; round++) {
        await sleep(50 + ((round * 137) % 400));
        await service.kill('SIGKILL');
        await service.boot();
      }
      for (const [at, name] of ['a', 'b', 'c'].entries()) {
        const all = await (
          await Lines.open(service, `${sandbox.path}/cmd/${ids[at]}/logs?stream=true&encoding=base64`)
        ).all();
        const expected = (what: string) => Array.from({ length: 6000 }, (_, i) => `${what} ${i}\n`).join('');
        expect(bytesOf(all, 'stdout').toString()).toBe(expected(name));
        expect(bytesOf(all, 'stderr').toString()).toBe(expected('err'));
        expect(all.at(-1)).toMatchObject({ type: 'exit', state: 'exited', exit_code: 5 });
      }
    } finally {
      await service.stop();
    }
  }, 120_000);
});
