import { setTimeout as sleep } from 'node:timers/promises';
import {
  failure,
  file,
  GuestSide,
  SCRATCH,
  takeIn,
  TRANSPORTS,
  type Box,
  type Output,
  type RunOptions,
} from './support.js';

const DEBIAN = 'atoll-test/debian:1';

let side: GuestSide;
beforeAll(async () => {
  side = await GuestSide.open();
});
afterAll(() => side?.close());

describe.each(TRANSPORTS)('processes over %s', (transport) => {
  let box: Box;
  beforeAll(async () => {
    box = await side.box(transport, DEBIAN);
  });

  const sh = (script: string, options?: RunOptions) => side.start(box, ['/bin/bash', '-c', script], options);
  /** Their command lines; zombies are in brackets. */
  const all = () => side.processes(box);
  const shows = async (line: string) => (await all()).filter((args) => args === line).length;
  const ended = async ({ stream }: Awaited<ReturnType<typeof sh>>) => {
    const output = await takeIn(stream);
    stream.release();
    return output;
  };

  describe('that have a time', () => {
    // At once: each has time enough to set its trap and to say what it says.
    it.concurrent.each([
      ['heeds the TERM', "trap 'echo bye; exit 0' TERM; sleep 61 & wait", 0, undefined, 'bye\n'],
      ['dies of it', 'sleep 61', 143, 15, ''],
      ['is stopped', 'kill -STOP $$', 143, 15, ''],
      ['does not hear it', "trap '' TERM; sleep 61; sleep 61", 137, 9, ''],
    ])('end in it: one that %s', async (_what, script, exitCode, signal, stdout) => {
      const from = performance.now();
      const { end, ...output } = await ended(await sh(script, { timeoutMs: 1500, graceMs: 1500 }));
      expect(performance.now() - from).toBeLessThan(15_000);
      expect(end).toMatchObject({ exitCode, signal, timedOut: true, oom: false });
      expect(output.stdout).toBe(stdout);
      await expect.poll(() => shows('sleep 61')).toBe(0);
    });

    it('and end before it are as ever', async () => {
      const { end } = await side.run(box, ['/bin/bash', '-c', 'exit 3'], { timeoutMs: 5000, graceMs: 100 });
      expect(end).toMatchObject({ exitCode: 3, timedOut: false });
    });

    it('end in it without a service', async () => {
      const { id, stream, incarnation } = await sh('sleep 61', { timeoutMs: 300, graceMs: 100 });
      stream.detach();
      box.guest = await side.rejoin(box);
      await expect.poll(() => shows('sleep 61')).toBe(0);
      const again = await side.commands.attach(box.guest, id, 0, incarnation);
      expect((await takeIn(again!)).end).toMatchObject({ exitCode: 143, timedOut: true });
      again!.release();
    });

    it('are not charged with the time that the sandbox is paused', async () => {
      const waiting = sh('for i in {1..20}; do sleep 0.1; done; echo done', { timeoutMs: 4000, graceMs: 100 });
      const command = await waiting;
      await sleep(500);
      await side.container(box).pause();
      await sleep(4500);
      await side.container(box).unpause();
      expect(await ended(command)).toMatchObject({ stdout: 'done\n', end: { exitCode: 0, timedOut: false } });
    });
  });

  it('get a signal with all of their session, neighbours with the same command line do not', async () => {
    const script = 'sleep 62 & set -m; sleep 62 & (sleep 62; true) & set +m; setsid sleep 25 & echo up; wait';
    const [mine, neighbour] = [await sh(script), await sh(script)];
    await expect.poll(() => shows('sleep 62')).toBe(6);
    await expect.poll(() => shows('sleep 25')).toBe(2);
    await side.commands.signal(box.guest, mine.id, 0);
    expect(await shows('sleep 62')).toBe(6);
    await side.commands.signal(box.guest, mine.id, 9);
    await expect.poll(() => shows('sleep 62')).toBe(3);
    expect(await shows('sleep 25')).toBe(2);
    expect((await ended(mine)).end).toMatchObject({ exitCode: 137, signal: 9, oom: false });
    await side.commands.signal(box.guest, neighbour.id, 9);
    await ended(neighbour);
  });

  it('whose shell dies and whose child lives on end after the grace for output', async () => {
    const { started, stream } = await sh('echo said; sleep 63; true');
    await expect.poll(() => shows('sleep 63')).toBe(1);
    const from = performance.now();
    await side.shell(box, `kill -9 ${started.pid}`);
    expect(await takeIn(stream)).toMatchObject({ stdout: 'said\n', end: { exitCode: 137, signal: 9, oom: false } });
    expect(performance.now() - from).toBeLessThan(20_000);
    expect(await shows('sleep 63')).toBe(1);
    stream.release();
  });

  it('that are daemons hold no end, and zombies go', async () => {
    const from = performance.now();
    const daemon = await side.run(box, ['/bin/bash', '-c', '(setsid bash -c "sleep 15; echo late" &) ; echo started']);
    expect(daemon).toMatchObject({ stdout: 'started\n', end: { exitCode: 0 } });
    expect(performance.now() - from).toBeLessThan(10_000);
    // Orphans that end are the agent's to collect.
    await side.run(box, ['/bin/bash', '-c', 'for i in {1..50}; do (sleep 0.05 >/dev/null 2>&1 &); done']);
    const zombies = async () => (await all()).filter((args) => /defunct/.test(args)).length;
    await expect.poll(async () => [await shows('sleep 0.05'), await zombies()]).toEqual([0, 0]);
  });

  it('have the umask that they ask for, and files written meanwhile the one that they always have', async () => {
    const ask = async (umask?: number) => {
      const { stdout } = await side.run(box, ['/bin/bash', '-c', 'umask; : >$(mktemp -u)'], { umask });
      return stdout;
    };
    expect([await ask(), await ask(0), await ask(0o77), await ask(0o777)]).toEqual([
      '0022\n',
      '0000\n',
      '0077\n',
      '0777\n',
    ]);
    let over = false;
    const starting = Promise.all([0, 0o77, 0o777].map((mask) => repeat(30, () => ask(mask)))).finally(
      () => (over = true),
    );
    let written = 0;
    for (; !over; written++)
      await side.files.write(box.guest, file(`/tmp/masks/${written}/file`, '1000'), Buffer.from('x'));
    await starting;
    expect(written).toBeGreaterThan(10);
    const modes = await side.shell(box, 'find /tmp/masks -mindepth 1 -printf "%m\\n" | sort | uniq -c');
    expect(modes.trim().split(/\s+/)).toEqual([String(written), '644', String(written), '755']);
  });

  it.each(['0', '1000'])('all die of a kill -9 -1 as user %s, the agent does not', async (user) => {
    const other = await sh('sleep 64', { user });
    const daemon = await sh('(setsid sleep 65 &) ; sleep 66', { user });
    await expect.poll(() => shows('sleep 65')).toBe(1);
    const killer = await sh('sleep 0.2; kill -9 -1; echo alone', { user });
    const { incarnation } = killer;
    // As root it takes the bridge of `exec` along: the connection breaks, and comes again.
    const toTheEnd = async ({ id, stream }: typeof killer): Promise<Output> => {
      try {
        return await takeIn(stream);
      } catch {
        return toTheEnd({ ...killer, id, stream: (await side.commands.attach(box.guest, id, 0, incarnation))! });
      }
    };
    const ends = await Promise.all([other, daemon, killer].map(toTheEnd));
    expect(ends.map(({ end }) => end.exitCode)).toEqual([137, 137, 0]);
    expect(ends[2].stdout).toBe('alone\n');
    expect(await shows('sleep 65')).toBe(0);
    expect((await box.guest.session()).peer.incarnation).toBe(incarnation);
    expect((await side.run(box, ['/bin/echo', 'alive'])).stdout).toBe('alive\n');
  });

  it('say how much they wrote', async () => {
    const { end } = await side.run(box, [
      '/bin/bash',
      '-c',
      'printf four; printf sixsix >&2; head -c 300000 /dev/zero',
    ]);
    expect(end).toMatchObject({ stdoutBytes: 300_004, stderrBytes: 6 });
  });

  it('that are stopped hold up nobody, and go on', async () => {
    const { id, stream } = await sh('echo one; kill -STOP $$; echo two');
    const output = takeIn(stream);
    await sleep(100);
    expect((await side.run(box, ['/bin/echo', 'beside'])).stdout).toBe('beside\n');
    await side.commands.signal(box.guest, id, 18);
    expect(await output).toMatchObject({ stdout: 'one\ntwo\n', end: { exitCode: 0 } });
    stream.release();
  });

  it('need no shell and no kill in the image to be ended', async () => {
    const scratch = await side.box(transport, SCRATCH);
    const { id, stream } = await side.start(scratch, ['/probe', 'sleep', '60']);
    await side.commands.signal(scratch.guest, id, 15);
    expect((await takeIn(stream)).end).toMatchObject({ exitCode: 143, signal: 15 });
    const limited = await side.run(scratch, ['/probe', 'sleep', '60'], { timeoutMs: 100, graceMs: 10_000 });
    expect(limited.end).toMatchObject({ exitCode: 143, timedOut: true });
    expect((await failure(side.commands.signal(scratch.guest, id, 0))).code).toBe('CONFLICT');
    stream.release();
  });
});

async function repeat<T>(times: number, work: () => Promise<T>): Promise<void> {
  for (let i = 0; i < times; i++) await work();
}
