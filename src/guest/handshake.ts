import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Duplex } from 'node:stream';
import type { Transport } from './types.js';

export interface HandshakeSecret {
  sandboxId: string;
  /** 64 hex digits. */
  secret: string;
  transport: Transport;
}

/** Who is at the other end, proven. */
export interface Peer {
  /** New with every start of the sandbox's PID 1. */
  incarnation: string;
  build: string;
}

export class HandshakeError extends Error {}

const MAX_LINE = 512;
const DEADLINE_MS = 5000;
const HELLO = /^atoll\/1 (socket|exec) (\S{1,64}) ([0-9a-f]{16}) ([\w.+-]{1,64}) ([0-9a-f]{64})$/;

/**
 * Proves the sandbox's secret in both directions, the agent first: until it has, the service has answered nothing
 * that could be of use to anybody. Whoever sends too much, too slowly or the wrong thing gets the stream destroyed.
 */
export async function shakeHands(stream: Duplex, mine: HandshakeSecret): Promise<Peer> {
  const timer = setTimeout(() => stream.destroy(new HandshakeError('the handshake took too long')), DEADLINE_MS);
  try {
    const hello = await readLine(stream);
    const [, transport, sandboxId, incarnation, build] = HELLO.exec(hello) ?? [];
    if (transport !== mine.transport || sandboxId !== mine.sandboxId) throw new HandshakeError('not this sandbox');
    const nonce = randomBytes(32).toString('hex');
    stream.write(`${nonce}\n`);
    const proof = Buffer.from(await readLine(stream), 'latin1');
    const expected = Buffer.from(mac(mine.secret, 'agent', hello, nonce), 'latin1');
    if (proof.length !== expected.length || !timingSafeEqual(proof, expected))
      throw new HandshakeError('the secret is wrong');
    stream.write(`${mac(mine.secret, 'service', hello, nonce)}\n`);
    return { incarnation, build };
  } catch (error) {
    stream.destroy();
    throw error instanceof HandshakeError
      ? error
      : new HandshakeError('the stream ended in the handshake', { cause: error });
  } finally {
    clearTimeout(timer);
  }
}

export function mac(secret: string, role: 'agent' | 'service', hello: string, nonce: string): string {
  return createHmac('sha256', Buffer.from(secret, 'hex')).update(`${role}\n${hello}\n${nonce}`).digest('hex');
}

/**
 * One line, without its newline. The agent sends nothing behind a line before it has been answered, so a chunk that
 * goes on behind the newline is not ours.
 */
function readLine(stream: Duplex): Promise<string> {
  return new Promise((resolve, reject) => {
    if (stream.destroyed || stream.readableEnded) return reject(new HandshakeError('the stream ended'));
    let line = '';
    const settle = (act: () => void) => {
      stream.off('data', onData).off('close', onClose).off('end', onClose).off('error', onError);
      stream.pause();
      act();
    };
    const onData = (chunk: Buffer) => {
      line += chunk.toString('latin1');
      const end = line.indexOf('\n');
      if (end < 0 && line.length <= MAX_LINE) return;
      if (end < 0 || end !== line.length - 1) settle(() => reject(new HandshakeError('malformed handshake')));
      else settle(() => resolve(line.slice(0, end)));
    };
    const onClose = () => settle(() => reject(new HandshakeError('the stream ended')));
    const onError = (error: Error) => settle(() => reject(error));
    stream.on('data', onData).on('close', onClose).on('end', onClose).on('error', onError);
    stream.resume();
  });
}
