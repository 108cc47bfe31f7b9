import { once } from 'node:events';
import type { Socket } from 'node:net';
import { duplexPair } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { agentServer, PEER, socketPair, type StreamHandler } from '../../test/support/fake-agent.js';
import { AgentRefusal, SessionLost } from './agent-errors.js';
import { Session } from './session.js';

const open: Session[] = [];
afterEach(() => open.splice(0).forEach((session) => session.close()));

async function connect(onStream: StreamHandler) {
  const agent = await agentServer(onStream);
  const session = Session.open(agent.theirs, PEER);
  open.push(session);
  return { ...agent, client: session, get: () => session.request({ method: 'GET', path: '/', endStream: true }) };
}

/** An HTTP/2 frame by hand: what no well-behaved server sends. */
function frame(type: number, flags: number, payload = Buffer.alloc(0), stream = type === 3 ? 1 : 0): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head[3] = type;
  head[4] = flags;
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

const failure = (work: Promise<unknown>) =>
  work.then(
    () => 'fine',
    (error: unknown) => error,
  );

it('keeps an answer that arrives whole before anybody looks', async () => {
  const { get } = await connect((stream) => {
    stream.respond({ ':status': 200, 'x-atoll-size': 3 });
    stream.end('abc');
  });
  const exchange = get();
  await sleep(50);
  expect((await exchange.ok())['x-atoll-size']).toBe('3');
  expect((await exchange.readAll(3)).toString()).toBe('abc');
});

it('keeps an answer without a body', async () => {
  const { get } = await connect((stream) => stream.respond({ ':status': 204 }, { endStream: true }));
  const exchange = get();
  await sleep(50);
  expect((await exchange.ok())[':status']).toBe(204);
  expect(await exchange.readAll(0)).toHaveLength(0);
});

it('keeps an answer that came before the request was at its end, all in one piece', async () => {
  const [theirs, ours] = duplexPair();
  ours.resume();
  const session = Session.open(theirs, PEER);
  open.push(session);
  const exchange = session.request({ method: 'POST', path: '/' });
  exchange.write(Buffer.from('more will follow'));
  const answer = [
    frame(4, 0), // SETTINGS
    frame(1, 4, Buffer.from([0x8d]), 1), // HEADERS: status 404
    frame(0, 1, Buffer.from('{"kind":"not_found","message":"m"}'), 1), // DATA, the last
    frame(3, 0, Buffer.alloc(4)), // RST_STREAM without an error: the rest of the request is of no interest
  ];
  await sleep(20);
  ours.write(Buffer.concat(answer));
  await sleep(20);
  expect(await failure(exchange.ok())).toMatchObject({ kind: 'not_found' });
});

it.each([
  [404, '{"kind":"not_found","message":"/x: no such file"}', 'NOT_FOUND', '/x: no such file'],
  [403, '{"kind":"read_only","message":"/x"}', 'FORBIDDEN', '/x'],
  [507, '{"kind":"no_space","message":"/x"}', 'INSUFFICIENT_STORAGE', '/x'],
])('makes a refusal of a %i %s', async (status, body, code, message) => {
  const { get } = await connect((stream) => {
    stream.respond({ ':status': status });
    stream.end(body);
  });
  const error = await failure(get().ok());
  expect(error).toBeInstanceOf(AgentRefusal);
  expect(error).toMatchObject({ code, message, ofSandbox: expect.stringContaining('the agent refuses: ') });
});

it.each([
  ['{"kind":"unheard of","message":"/engine/path: m"}', 'unheard of: /engine/path: m'],
  ['{"kind":"internal","message":"/engine/path: m"}', 'internal: /engine/path: m'],
  ['{"kind":"__proto__","message":"m"}', '__proto__: m'],
  ['{"kind":1}', 'internal: an answer that is not understood'],
  ['null', 'internal: an answer that is not understood'],
  ['<html>', 'internal: an answer that is not understood'],
])('of %s only the log gets to know the words', async (body, text) => {
  const { get } = await connect((stream) => {
    stream.respond({ ':status': 500 });
    stream.end(body);
  });
  const error = await failure(get().ok());
  expect(error).toBeInstanceOf(AgentRefusal);
  const message = 'the agent could not do this; the log has it under this request id';
  expect(error).toMatchObject({ code: 'INTERNAL_ERROR', message, ofSandbox: undefined, cause: { message: text } });
});

it('bounds the sentence of a refusal, and its body', async () => {
  const refusal = async (message: string) => {
    const { get } = await connect((stream) => {
      stream.respond({ ':status': 400 });
      stream.end(JSON.stringify({ kind: 'invalid', message }));
    });
    return failure(get().ok());
  };
  expect(((await refusal('x'.repeat(10_000))) as Error).message).toHaveLength(4096);
  expect(await refusal('x'.repeat(100_000))).toMatchObject({ code: 'PAYLOAD_TOO_LARGE' });
});

describe('an answer that breaks', () => {
  it('before its headers is SessionLost', async () => {
    const { get } = await connect((stream) => stream.session?.destroy());
    expect(await failure(get().ok())).toBeInstanceOf(SessionLost);
  });

  it.each([
    ['reset', (agent: Socket) => agent.write(frame(3, 0, Buffer.from([0, 0, 0, 8])))],
    ['reset for an error', (agent: Socket) => agent.write(frame(3, 0, Buffer.from([0, 0, 0, 2])))],
    ['the end of the connection', (agent: Socket) => agent.end()],
    ['a broken connection', (agent: Socket) => agent.destroy()],
  ])('within its body, by %s, is SessionLost and not a short body', async (_how, end) => {
    const [theirs, ours] = await socketPair();
    ours.on('error', () => undefined).resume();
    const session = Session.open(theirs, PEER);
    open.push(session);
    const exchange = session.request({ method: 'GET', path: '/', endStream: true });
    ours.write(frame(4, 0)); // SETTINGS
    ours.write(frame(1, 4, Buffer.from([0x88]), 1)); // HEADERS: status 200
    ours.write(frame(0, 0, Buffer.from('half'), 1));
    await exchange.ok();
    end(ours);
    expect(await failure(exchange.readAll(100))).toBeInstanceOf(SessionLost);
  });
});

it('refuses a body past its limit, and leaves nothing open', async () => {
  let closed = false;
  const { get } = await connect((stream) => {
    stream.respond();
    stream.end(Buffer.alloc(100_000));
    stream.on('close', () => (closed = true));
  });
  const exchange = get();
  expect(await failure(exchange.readAll(99_999))).toMatchObject({ code: 'PAYLOAD_TOO_LARGE' });
  exchange.drop();
  await expect.poll(() => closed).toBe(true);
});

it('holds back an answer that nobody reads, and other answers go on beside it', async () => {
  let sent = 0;
  const { client } = await connect((stream, path) => {
    stream.respond();
    if (path === '/small') return stream.end('small');
    const more = () => {
      while (!stream.destroyed && stream.write(Buffer.alloc(65_536))) sent += 65_536;
      if (!stream.destroyed) stream.once('drain', more);
    };
    more();
  });
  const unread = client.request({ method: 'GET', path: '/endless', endStream: true });
  await unread.ok();
  await sleep(300);
  const held = sent;
  expect(held).toBeLessThan(16 * 1024 * 1024);
  for (let i = 0; i < 20; i++) {
    const small = client.request({ method: 'GET', path: '/small', endStream: true });
    expect((await small.readAll(10)).toString()).toBe('small');
  }
  expect(sent).toBe(held);
  unread.drop();
});

it('puts together what comes in frames of a byte, whether it is read or not', async () => {
  const [theirs, ours] = await socketPair();
  ours.on('error', () => undefined).resume();
  const session = Session.open(theirs, PEER);
  open.push(session);
  const exchange = session.request({ method: 'GET', path: '/', endStream: true });
  ours.write(Buffer.concat([frame(4, 0), frame(4, 1)])); // SETTINGS, and that theirs are taken: their window is 4 MiB
  ours.write(frame(1, 4, Buffer.from([0x88]), 1)); // HEADERS: status 200
  await exchange.ok();
  const sent = 600_000; // more than may wait, so that the stream is paused on the way
  for (let at = 0; at < sent; at += 10_000) {
    const bytes = Array.from({ length: 10_000 }, (_, n) =>
      frame(0, at + n === sent - 1 ? 1 : 0, Buffer.from([n & 127]), 1),
    );
    if (!ours.write(Buffer.concat(bytes))) await once(ours, 'drain');
  }
  await sleep(300);
  let pieces = 0;
  const all: Buffer[] = [];
  for await (const piece of exchange.body()) {
    pieces += 1;
    all.push(piece);
  }
  const body = Buffer.concat(all);
  expect(body).toHaveLength(sent);
  expect(body.every((byte, at) => byte === ((at % 10_000) & 127))).toBe(true);
  expect(pieces).toBeLessThan(200);
});

it('tells the agent when it is dropped, at whatever time', async () => {
  const ends: Promise<unknown>[] = [];
  const { client } = await connect((stream) => ends.push(once(stream, 'close')));
  const exchange = client.request({ method: 'POST', path: '/' });
  await expect.poll(() => ends.length).toBe(1);
  exchange.drop();
  await ends[0];
  exchange.drop();
  exchange.write(Buffer.from('late'));
  exchange.end();
  expect(await failure(exchange.ok())).toBeInstanceOf(SessionLost);
});

it("keeps the caller's own abort what it is", async () => {
  const { client } = await connect(() => undefined);
  const giveUp = new AbortController();
  const exchange = client.request({ method: 'GET', path: '/', signal: giveUp.signal });
  giveUp.abort();
  expect(await failure(exchange.ok())).toMatchObject({ name: 'AbortError' });
});
