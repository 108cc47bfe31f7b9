import type { Transport } from '../../../src/guest/types.js';
import { setTimeout as sleep } from 'node:timers/promises';
import { SessionLost } from '../../../src/guest/agent-errors.js';
import { GuestEnded } from '../../../src/guest/guest.js';
import {
  CALL_TIMEOUT_MS,
  failure,
  file,
  GuestSide,
  OPEN_TIMEOUT_MS,
  takeIn,
  TRANSPORTS,
  sever,
  type Box,
} from './support.js';

let side: GuestSide;
beforeAll(async () => {
  side = await GuestSide.open();
});
afterAll(() => side?.close());

describe.each(TRANSPORTS)('a session over %s', (transport) => {
  /** A test of this transport alone. */
  const only = (one: Transport) => (name: string, test: () => Promise<void>) => {
    if (one === transport) it(name, test);
  };
  let box: Box;
  beforeAll(async () => {
    box = await side.box(transport);
  });

  it('is proven, and the agent says who it is', async () => {
    const session = await box.guest.session();
    expect(session.peer.incarnation).toMatch(/^[0-9a-f]{16}$/);
    const health = session.request({ method: 'GET', path: '/health', endStream: true });
    expect(JSON.parse((await health.readAll(4096)).toString())).toMatchObject({ pid: 1, ...session.peer });
  });

  it('is one for all calls, many at once', async () => {
    const session = await box.guest.session();
    const calls = Array.from({ length: 50 }, async (_, i) => {
      await side.files.write(box.guest, file(`/tmp/${i}`), Buffer.from(`content ${i}`));
      const { stdout, end } = await side.run(box, ['/bin/sh', '-c', `cat /tmp/${i}; exit ${i}`]);
      expect([stdout, end.exitCode]).toEqual([`content ${i}`, i]);
      return side.files.read(box.guest, file(`/tmp/${i}`), 100);
    });
    const contents = (await Promise.all(calls)).map(String);
    expect(contents).toEqual(contents.map((_, i) => `content ${i}`));
    expect(await box.guest.session()).toBe(session);
  });

  it('is opened again when it breaks; what was under way is told, and no command minds', async () => {
    const session = await box.guest.session();
    const { stream, id, incarnation } = await side.start(box, ['/bin/sh', '-c', 'sleep 1; echo done']);
    const reading = failure(takeIn(stream));
    await sever(session);
    expect((await reading).error).toBeInstanceOf(SessionLost);

    const next = await box.guest.session();
    expect(next).not.toBe(session);
    expect(next.peer).toEqual(session.peer);
    const again = await side.commands.attach(box.guest, id, 0, incarnation);
    expect((await takeIn(again!)).stdout).toBe('done\n');
    again!.release();
  });

  it('comes for all who wait for it at once', async () => {
    await sever(await box.guest.session());
    const sessions = await Promise.all(Array.from({ length: 20 }, () => box.guest.session()));
    expect(new Set(sessions).size).toBe(1);
  });

  it('is found again by another service, with the commands of the first', async () => {
    const { id, incarnation, stream } = await side.start(box, ['/bin/sh', '-c', 'echo one; sleep 1; echo two']);
    box.guest = await side.rejoin(box);
    stream.detach();
    const again = await side.commands.attach(box.guest, id, 0, incarnation);
    expect((await takeIn(again!)).stdout).toBe('one\ntwo\n');
    again!.release();
  });

  only('exec')('leaves no bridge behind when the guest is let go', async () => {
    await box.guest.session();
    const bridges = async () => (await side.processes(box)).filter((args) => args.includes('agent connect')).length;
    expect(await bridges()).toBe(1);
    await side.guests.end(box.address.sandboxId);
    await expect.poll(bridges).toBe(0);
    box.guest = await side.rejoin(box);
    await box.guest.session();
  });

  it('ends with the sandbox: who reads, writes or waits is told soon', async () => {
    const doomed = await side.box(transport);
    const lost = new Promise<number>((resolve) => {
      const subscription = side.guests.lostGuests.subscribe(({ sandboxId }) => {
        if (sandboxId !== doomed.address.sandboxId) return;
        subscription.unsubscribe();
        resolve(performance.now());
      });
    });
    const { stream } = await side.start(doomed, ['/bin/sleep', '1000']);
    const reading = failure(takeIn(stream));
    const killed = performance.now();
    await side.container(doomed).kill();
    expect((await lost) - killed).toBeLessThan(10_000);
    expect((await reading).error).toBeInstanceOf(SessionLost);

    // As DeathWatch does, once it knows.
    const waiting = failure(doomed.guest.session());
    await side.guests.end(doomed.address.sandboxId);
    const told = await waiting;
    expect(['CONFLICT', 'NOT_FOUND']).toContain(told.code);
    expect((await failure(side.files.read(doomed.guest, file('/x'), 1))).error).toBeInstanceOf(GuestEnded);
    expect(performance.now() - killed).toBeLessThan(10_000);
  });

  describe('to a sandbox that is frozen', () => {
    it('leaves no call without an end, and all go on when it thaws', async () => {
      const { stream, id } = await side.start(box, ['/bin/sh', '-c', 'sleep 2; echo through']);
      await side.container(box).pause();
      try {
        const big = Buffer.alloc(64 * 1024 * 1024);
        const calls = {
          read: side.files.read(box.guest, file('/etc/passwd'), 100),
          write: side.files.write(box.guest, file('/tmp/big'), big),
          list: side.files.list(box.guest, file('/'), { limit: 100 }),
          remove: side.files.remove(box.guest, file('/tmp/none')),
          start: side.start(box, ['/bin/true']),
          signal: side.commands.signal(box.guest, id, 0),
          attach: box.guest.session().then(({ peer }) => side.commands.attach(box.guest, id, 0, peer.incarnation)),
        };
        const ends = await Promise.all(
          Object.entries(calls).map(async ([name, call]) => ({ name, ...(await failure(call)) })),
        );
        for (const { name, code, ms } of ends) {
          expect([name, code]).toEqual([name, 'TIMEOUT']);
          expect(ms).toBeLessThan(CALL_TIMEOUT_MS + 5000);
        }
      } finally {
        await side.container(box).unpause();
      }
      expect(await side.shell(box, 'echo alive')).toBe('alive\n');
      stream.detach();
      const again = await side.commands.attach(box.guest, id, 0, (await box.guest.session()).peer.incarnation);
      expect((await takeIn(again!)).stdout).toBe('through\n');
    });

    it('does not come, and that is said in time', async () => {
      const frozen = await side.box(transport);
      await side.container(frozen).pause();
      frozen.guest = await side.rejoin(frozen);
      const { code, ms } = await failure(frozen.guest.session());
      expect(code).toBe(transport === 'exec' ? 'CONFLICT' : 'TIMEOUT');
      expect(ms).toBeLessThan(OPEN_TIMEOUT_MS + 5000);
      await side.container(frozen).unpause();
      await expect(frozen.guest.session()).resolves.toBeDefined();
    });

    it('can be let go of, even with all pipes full', async () => {
      const stuck = await side.box(transport);
      await side.container(stuck).pause();
      const writing = failure(side.files.write(stuck.guest, file('/tmp/big'), Buffer.alloc(64 * 1024 * 1024)));
      const session = await stuck.guest.session();
      await sleep(100);
      await side.guests.end(stuck.address.sandboxId);
      await session.closed;
      expect((await writing).error).toBeInstanceOf(SessionLost);
      await side.container(stuck).unpause();
    });
  });
});
