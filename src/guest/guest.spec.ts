import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { FakeConnector, IDENTITY, PEER } from '../../test/support/fake-agent.js';
import { isCode } from '../common/errors/is-code.js';
import { SessionLost } from './agent-errors.js';
import { Guest, GuestEnded } from './guest.js';

const ADDRESS = { ...IDENTITY, containerName: 'c' };

async function newGuest(openTimeoutMs = 5000) {
  const connector = new FakeConnector();
  const observer = { lost: vi.fn() };
  const guest = new Guest(ADDRESS, connector, observer, openTimeoutMs);
  await guest.prepare();
  return { guest, connector, observer };
}

it('gives all callers the one session, those who waited too', async () => {
  const { guest, connector } = await newGuest();
  const waiting = [guest.session(), guest.session()];
  await connector.connect();
  const [first, second] = await Promise.all(waiting);
  expect(first.peer).toEqual(PEER);
  expect(second).toBe(first);
  expect(await guest.session()).toBe(first);
  expect(connector.asked).toBe(2);
});

it('is TIMEOUT when nobody dials in, and nobody is left waiting', async () => {
  const { guest, connector } = await newGuest(50);
  const error: unknown = await guest.session().catch((e: unknown) => e);
  expect(isCode(error, 'TIMEOUT')).toBe(true);
  await connector.connect();
  await expect(guest.session()).resolves.toBeDefined();
});

it('says at once what the connector knows', async () => {
  const { guest, connector } = await newGuest();
  connector.refusal = new Error('no such container');
  await expect(guest.session()).rejects.toThrow('no such container');
});

it('prefers the newer of two sessions, and does not call that a loss', async () => {
  const { guest, connector, observer } = await newGuest();
  await connector.connect();
  const older = await guest.session();
  await connector.connect(undefined, { ...PEER, incarnation: 'f'.repeat(16) });
  const newer = await guest.session();
  expect(newer.peer.incarnation).toBe('f'.repeat(16));
  await older.closed;
  expect(older.usable).toBe(false);
  expect(newer.usable).toBe(true);
  expect(observer.lost).not.toHaveBeenCalled();
});

it.each([
  ['ends', undefined],
  ['breaks', new Error('ECONNRESET')],
])('tells that the session is lost when its stream %s, and takes the next', async (_how, error) => {
  const { guest, connector, observer } = await newGuest();
  const agent = await connector.connect((stream) => stream.respond());
  const first = await guest.session();
  const request = first.request({ method: 'GET', path: '/health' });
  await request.ok();
  agent.theirs.destroy(error);
  await first.closed;
  await expect(request.readAll(10)).rejects.toThrow(SessionLost);
  expect(observer.lost).toHaveBeenCalledExactlyOnceWith(guest);
  expect(() => first.request({ method: 'GET', path: '/' })).toThrow(SessionLost);

  const waiting = guest.session();
  await connector.connect();
  expect(await waiting).not.toBe(first);
});

it('asks the connector again for those who came while a session was going', async () => {
  const { guest, connector } = await newGuest();
  await connector.connect();
  const going = await guest.session();
  going.close();
  const waiting = guest.session();
  expect(connector.asked).toBe(1);
  await going.closed;
  await expect.poll(() => connector.asked).toBe(2);
  await connector.connect();
  await waiting;
});

it('does not wait for the last stream of a session that takes nothing new', async () => {
  const { guest, connector } = await newGuest();
  const agent = await connector.connect((stream) => stream.respond());
  const going = await guest.session();
  const command = going.request({ method: 'POST', path: '/commands' });
  await command.ok();
  agent.session.goaway(0);
  await expect.poll(() => going.usable).toBe(false);
  const waiting = guest.session();
  await going.closed;
  await expect(command.readAll(10)).rejects.toThrow(SessionLost);
  await connector.connect();
  expect((await waiting).usable).toBe(true);
});

describe('end', () => {
  it('tells those who wait, and closes what there is', async () => {
    const { guest, connector } = await newGuest();
    const waiting = guest.session().catch((e: unknown) => e);
    await guest.end();
    expect(await waiting).toBeInstanceOf(GuestEnded);
    await expect(guest.session()).rejects.toThrow(GuestEnded);
    expect(connector.closed).toBe(true);

    const late = await connector.connect();
    if (!late.theirs.destroyed) await once(late.theirs, 'close');
    await expect(guest.session()).rejects.toThrow(GuestEnded);
  });

  it('closes the session, which nobody calls a loss', async () => {
    const { guest, connector, observer } = await newGuest();
    await connector.connect();
    const session = await guest.session();
    await guest.end();
    await session.closed;
    expect(observer.lost).not.toHaveBeenCalled();
  });

  it('waits for tracked work, however that ends', async () => {
    const { guest } = await newGuest();
    const done: string[] = [];
    const task = async (name: string, ms: number) => {
      await sleep(ms);
      done.push(name);
      if (name === 'fails') throw new Error(name);
    };
    const failing = guest.track(task('fails', 20));
    failing.catch(() => undefined);
    void guest.track(task('works', 40));
    await guest.end();
    expect(done).toEqual(['fails', 'works']);
  });
});
