import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import http2, { type IncomingHttpHeaders, type ServerHttp2Session, type ServerHttp2Stream } from 'node:http2';
import { connect, createServer, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Connector, ProvenStream } from '../../src/guest/connector.js';
import { mac, type HandshakeSecret } from '../../src/guest/handshake.js';

export const SECRET = 'ab'.repeat(32);
export const IDENTITY: HandshakeSecret = { sandboxId: 'sb_test', secret: SECRET, transport: 'socket' };
export const PEER = { incarnation: '0123456789abcdef', build: 'test' };

/** The agent's first line. */
export const helloLine = (
  { sandboxId, transport }: HandshakeSecret,
  { incarnation, build } = PEER,
  nonce = randomBytes(32).toString('hex'),
) => `atoll/1 ${transport} ${sandboxId} ${incarnation} ${build} ${nonce}`;

/** One line and nothing behind it. Throws at the stream's end. */
export async function readLine(stream: Duplex): Promise<string> {
  let line = '';
  for (;;) {
    const byte = stream.read(1) as Buffer | null;
    if (byte?.[0] === 10) return line;
    if (byte) line += byte.toString('latin1');
    else if (stream.readableEnded || stream.destroyed) throw new Error('the stream ended');
    else await Promise.race([once(stream, 'readable'), once(stream, 'end'), once(stream, 'close')]);
  }
}

/** The agent's end of the handshake, as the Go agent does it. Throws when the service proves nothing. */
export async function proveAsAgent(stream: Duplex, mine = IDENTITY, peer = PEER): Promise<void> {
  const hello = helloLine(mine, peer);
  stream.write(`${hello}\n`);
  const nonce = await readLine(stream);
  stream.write(`${mac(mine.secret, 'agent', hello, nonce)}\n`);
  if ((await readLine(stream)) !== mac(mine.secret, 'service', hello, nonce)) throw new Error('not the service');
}

export type StreamHandler = (
  stream: ServerHttp2Stream,
  path: string,
  method: string,
  headers: IncomingHttpHeaders,
) => void;

/** Two ends of one connection. */
export async function socketPair(): Promise<[Socket, Socket]> {
  const server = createServer().listen(`\0atoll-test-${randomBytes(8).toString('hex')}`);
  await once(server, 'listening');
  const accepted = once(server, 'connection');
  const here = connect(server.address() as string);
  const [[there]] = (await Promise.all([accepted, once(here, 'connect')])) as [[Socket], unknown];
  server.close();
  return [here, there];
}

export interface FakeAgent {
  /** The service's end. */
  theirs: Socket;
  ours: Socket;
  session: ServerHttp2Session;
}

/** The agent's HTTP/2 server on one end of a connection; the other end is the service's. */
export async function agentServer(onStream: StreamHandler): Promise<FakeAgent> {
  const [theirs, ours] = await socketPair();
  ours.on('error', () => undefined);
  const session = http2.performServerHandshake(ours, { settings: { maxHeaderListSize: 1 << 20 } });
  session.on('error', () => undefined);
  session.on('stream', (stream, headers) => {
    stream.on('error', () => undefined);
    onStream(stream, headers[':path'] ?? '', headers[':method'] ?? '', headers);
  });
  return { theirs, ours, session };
}

/** A connector in the hands of the test. */
export class FakeConnector implements Connector {
  offer: (proven: ProvenStream) => void = () => undefined;
  asked = 0;
  closed = false;
  refusal?: Error;

  async open(offer: (proven: ProvenStream) => void): Promise<void> {
    this.offer = offer;
  }

  async wanted(): Promise<void> {
    this.asked += 1;
    if (this.refusal) throw this.refusal;
  }

  async close(): Promise<void> {
    this.closed = true;
  }

  /** A new agent dials in. */
  async connect(onStream: StreamHandler = () => undefined, peer = PEER): Promise<FakeAgent> {
    const agent = await agentServer(onStream);
    this.offer({ stream: agent.theirs, peer });
    return agent;
  }
}
