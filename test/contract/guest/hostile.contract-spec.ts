import type { Transport } from '../../../src/guest/types.js';
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { mac } from '../../../src/guest/handshake.js';
import { failure, GuestSide, SCRATCH, takeIn, TRANSPORTS, sever, type Box } from './support.js';

const SERVICE_SOCKET = '/.atoll/run/agent.sock';
const AGENT_SOCKET = '@atoll-agent';
const hex = () => randomBytes(32).toString('hex');

let side: GuestSide;
beforeAll(async () => {
  side = await GuestSide.open();
});
afterAll(() => side?.close());

describe.each(TRANSPORTS)('code inside a sandbox over %s', (transport) => {
  /** A test of this transport alone. */
  const only = (one: Transport) => (name: string, test: () => Promise<void>) => {
    if (one === transport) it(name, test);
  };
  let box: Box;
  beforeAll(async () => {
    box = await side.box(transport, SCRATCH);
  });

  describe.each(['0', '1000'])('as user %s', (user) => {
    const probe = async (...args: string[]) => (await side.run(box, ['/probe', ...args], { user })).stdout;
    const alive = async () => (await side.run(box, ['/probe', 'args', 'alive'])).stdout;

    it('finds the secret nowhere, and can neither trace nor read PID 1', async () => {
      await box.guest.session();
      const seen = await probe('peek', box.address.secret);
      expect(seen).toBe(
        [
          'looked at some: true',
          'environ: open /proc/1/environ: permission denied',
          'maps: open /proc/1/maps: permission denied',
          'mem: open /proc/1/mem: permission denied',
          'trace: operation not permitted',
          'readv: operation not permitted',
          '',
        ].join('\n'),
      );
    });

    it('can not stop or kill PID 1', async () => {
      const { end } = await side.run(box, ['/probe', 'args', 'x'], { user });
      expect(end.exitCode).toBe(0);
      expect(await probe('kill', '1', '9')).toMatch(/kill: (operation not permitted|<nil>)/);
      await sleep(50);
      expect(await alive()).toBe('alive\n');
    });

    only('socket')('is refused where it poses as the agent, and the session stays', async () => {
      const session = await box.guest.session();
      const { incarnation, build } = session.peer;
      const hello = `atoll/1 socket ${box.address.sandboxId} ${incarnation} ${build} ${hex()}`;
      expect(await probe('say', SERVICE_SOCKET, hello, hex())).toMatch(/^[0-9a-f]{64}\nhung up\n$/);
      expect(await probe('say', SERVICE_SOCKET, hello, mac('00'.repeat(32), 'agent', hello, ''))).toMatch(/hung up/);
      expect(await probe('say', SERVICE_SOCKET, 'GET / HTTP/1.1')).toBe('hung up\n');
      expect(await probe('say', SERVICE_SOCKET)).toBe('hung up\n'); // after 5 s of silence
      expect(await box.guest.session()).toBe(session);
      expect(session.usable).toBe(true);
    });

    only('socket')('can not put a socket of its own in the place of the service', async () => {
      expect(await probe('listen', SERVICE_SOCKET)).toMatch(/address already in use|read-only file system/);
    });

    only('socket')('gains nothing by listening where the other transport would', async () => {
      const { stream, id } = await side.start(box, ['/probe', 'listen', AGENT_SOCKET], { user });
      await sever(await box.guest.session());
      expect(await alive()).toBe('alive\n');
      await side.commands.signal(box.guest, id, 9);
      stream.release();
    });

    only('exec')('is refused where it poses as the service, and the session stays', async () => {
      const session = await box.guest.session();
      // It says its line and answers a nonce, which is of no use: the service proves itself last, and this can not.
      const heard = await probe('say', AGENT_SOCKET, hex(), hex());
      expect(heard).toMatch(/^atoll\/1 exec \S+ [0-9a-f]{16} \S+ [0-9a-f]{64}\n[0-9a-f]{64}\nhung up\n$/);
      const [, answer] = heard.split('\n');
      expect(await probe('say', AGENT_SOCKET, hex(), answer)).toMatch(/hung up\n$/);
      expect(await probe('say', AGENT_SOCKET, 'PRI * HTTP/2.0')).toMatch(/hung up\n$/);
      expect(await box.guest.session()).toBe(session);
      expect(session.usable).toBe(true);
    });

    only('exec')('can not listen in the place of the agent', async () => {
      expect(await probe('listen', AGENT_SOCKET)).toMatch(/address already in use/);
    });

    it('does not lock the agent out by knocking and saying nothing', async () => {
      const door = transport === 'socket' ? SERVICE_SOCKET : AGENT_SOCKET;
      const { stream, id } = await side.start(box, ['/probe', 'knock', door, '100'], { user });
      const events = stream.events();
      await events.next(); // it has knocked
      await sever(await box.guest.session());
      const { code, ms } = await failure(box.guest.session());
      expect(code).toBe('fine');
      expect(ms).toBeLessThan(4500);
      await side.commands.signal(box.guest, id, 9);
      stream.detach();
    });

    it('disturbs no session that is open by knocking as fast as it can', async () => {
      const door = transport === 'socket' ? SERVICE_SOCKET : AGENT_SOCKET;
      const other = await side.box(transport, SCRATCH);
      const session = await box.guest.session();
      const { stream } = await side.start(box, ['/probe', 'storm', door, '1'], { user });
      await sleep(200);
      const from = performance.now();
      for (let i = 0; i < 10; i++) expect((await side.run(other, ['/probe', 'args', 'x'])).stdout).toBe('x\n');
      expect(performance.now() - from).toBeLessThan(10_000);
      expect(Number((await takeIn(stream)).stdout)).toBeGreaterThan(20);
      expect(await box.guest.session()).toBe(session);
      expect(await alive()).toBe('alive\n');
    });
  });

  it('comes back after a storm has kept the agent out', async () => {
    const door = transport === 'socket' ? SERVICE_SOCKET : AGENT_SOCKET;
    await side.start(box, ['/probe', 'storm', door, '1']);
    await sever(await box.guest.session());
    const from = performance.now();
    await box.guest.session();
    expect(performance.now() - from).toBeLessThan(4500);
  });
});
