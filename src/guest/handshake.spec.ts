import { setImmediate as turn } from 'node:timers/promises';
import { duplexPair, type Duplex } from 'node:stream';
import { helloLine, IDENTITY, PEER, proveAsAgent, readLine } from '../../test/support/fake-agent.js';
import { HandshakeError, mac, shakeHands } from './handshake.js';

const NONCE = '1'.repeat(64);

/** The service's end is asked; what is done at the other end is the test's. */
function pair() {
  const [service, agent] = duplexPair();
  const outcome = shakeHands(service, IDENTITY).catch((error: unknown) => error);
  return { service, agent, outcome };
}

async function refused({ service, outcome }: { service: Duplex; outcome: Promise<unknown> }): Promise<string> {
  const error = await outcome;
  expect(error).toBeInstanceOf(HandshakeError);
  expect(service.destroyed).toBe(true);
  return (error as Error).message;
}

describe('the MAC', () => {
  it('is what docs/agent-protocol.md says', () => {
    // openssl: printf 'agent\nhello\nnonce' | openssl dgst -sha256 -mac hmac -macopt hexkey:0011
    const expected = 'de1cdd92a60596b497e9e8c3480638ed5d712f0f38532ccfd19708fae9b45280';
    expect(mac('0011', 'agent', 'hello', 'nonce')).toBe(expected);
  });

  it('is another one for another role', () => {
    expect(mac(IDENTITY.secret, 'agent', 'hello', NONCE)).not.toBe(mac(IDENTITY.secret, 'service', 'hello', NONCE));
  });
});

describe('shakeHands', () => {
  it('proves both ends to each other, and leaves the stream as it is', async () => {
    const { service, agent, outcome } = pair();
    await proveAsAgent(agent);
    expect(await outcome).toEqual(PEER);
    service.write('ours\n');
    agent.write('theirs\n');
    expect(await readLine(agent)).toBe('ours');
    service.resume();
    expect(service.destroyed).toBe(false);
  });

  it('takes lines in pieces', async () => {
    const { agent, outcome } = pair();
    const hello = helloLine(IDENTITY);
    for (const character of `${hello}\n`) agent.write(character);
    const proof = mac(IDENTITY.secret, 'agent', hello, await readLine(agent));
    agent.write(proof.slice(0, 10));
    await turn();
    agent.write(`${proof.slice(10)}\n`);
    expect(await outcome).toEqual(PEER);
  });

  it('never uses a nonce twice', async () => {
    const nonces = [0, 1].map(async () => {
      const { agent } = pair();
      agent.write(`${helloLine(IDENTITY)}\n`);
      return readLine(agent);
    });
    const [first, second] = await Promise.all(nonces);
    expect(first).toMatch(/^[0-9a-f]{64}$/);
    expect(second).not.toBe(first);
  });

  it.each([
    ['another secret', (hello: string, nonce: string) => mac('cd'.repeat(32), 'agent', hello, nonce)],
    ['the MAC of the other role', (hello: string, nonce: string) => mac(IDENTITY.secret, 'service', hello, nonce)],
    ['the MAC of another nonce', (hello: string) => mac(IDENTITY.secret, 'agent', hello, NONCE)],
    ['the nonce itself', (_hello: string, nonce: string) => nonce],
    ['a short answer', () => 'a'],
    ['an empty answer', () => ''],
    ['text that is no ASCII', () => 'é'.repeat(32)],
  ])('refuses %s, and answers nothing', async (_what, answer) => {
    const end = pair();
    const hello = helloLine(IDENTITY);
    end.agent.write(`${hello}\n`);
    end.agent.write(`${answer(hello, await readLine(end.agent))}\n`);
    expect(await refused(end)).toBe('the secret is wrong');
    expect(end.agent.read()).toBeNull();
  });

  it.each([
    ['another transport', helloLine({ ...IDENTITY, transport: 'exec' })],
    ['another sandbox', helloLine({ ...IDENTITY, sandboxId: 'sb_other' })],
    ['another version', helloLine(IDENTITY).replace('atoll/1', 'atoll/2')],
    ['a nonce that is none', helloLine(IDENTITY, PEER, 'x'.repeat(64))],
    ['an HTTP request', 'GET / HTTP/1.1'],
    ['nothing', ''],
  ])('refuses a first line of %s, and tells no nonce', async (_what, line) => {
    const end = pair();
    end.agent.write(`${line}\n`);
    expect(await refused(end)).toBe('not this sandbox');
    expect(end.agent.read()).toBeNull();
  });

  it('takes a line of at most 512 bytes', async () => {
    const long = pair();
    long.agent.write('a'.repeat(513));
    expect(await refused(long)).toBe('malformed handshake');
    const endless = pair();
    endless.agent.write(`${'a'.repeat(512)}\n`);
    expect(await refused(endless)).toBe('not this sandbox');
  });

  it('refuses what comes behind a line that it has not answered', async () => {
    const end = pair();
    end.agent.write(`${helloLine(IDENTITY)}\nmore`);
    expect(await refused(end)).toBe('malformed handshake');
  });

  it('refuses a stream that ends, breaks, or had ended before', async () => {
    const ended = pair();
    ended.agent.end('atoll/1');
    await refused(ended);

    const broken = pair();
    broken.agent.write(`${helloLine(IDENTITY)}\n`);
    await readLine(broken.agent);
    broken.service.destroy(new Error('ECONNRESET'));
    await refused(broken);

    const [gone] = duplexPair();
    gone.destroy();
    await turn();
    await expect(shakeHands(gone, IDENTITY)).rejects.toThrow(HandshakeError);
  });

  it.each([
    ['silent', ''],
    ['slow', 'atoll/1 socket'],
  ])('gives up on a %s one after 5 s', async (_what, said) => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    try {
      const end = pair();
      end.agent.write(said);
      await vi.advanceTimersByTimeAsync(4999);
      expect(end.service.destroyed).toBe(false);
      await vi.advanceTimersByTimeAsync(1);
      expect(await refused(end)).toBe('the handshake took too long');
    } finally {
      vi.useRealTimers();
    }
  });
});
