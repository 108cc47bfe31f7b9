import Fastify, { type FastifyInstance } from 'fastify';
import { connect } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { answerClientError } from './client-error.js';
import { boundArrival } from './stream-body.js';

const BOUND_MS = 100;
const SLOW_MS = 400;

/** What a route gives that takes longer for its answer than a body may for its arrival. */
async function* slowly() {
  yield 'begun, ';
  await sleep(SLOW_MS);
  yield 'ended';
}

describe('a request that has to arrive in time', () => {
  let server: FastifyInstance;

  beforeAll(async () => {
    server = Fastify({ requestTimeout: 0, clientErrorHandler: answerClientError });
    server.addHook('preParsing', (request, reply, payload, done) => {
      boundArrival(request, reply.raw, BOUND_MS);
      done(null, payload);
    });
    const late = () => sleep(SLOW_MS, 'late');
    server.get('/late', late);
    server.delete('/late', late);
    server.post('/late', late);
    server.get('/slow', () => Readable.from(slowly()));
    await server.listen({ host: '127.0.0.1', port: 0 });
  });
  afterAll(() => server.close());

  /** All that comes back on one connection. */
  async function raw(text: string, more = ''): Promise<string> {
    const socket = connect((server.server.address() as { port: number }).port, '127.0.0.1');
    socket.write(text);
    if (more) setTimeout(() => socket.write(more), BOUND_MS / 2);
    return (await buffer(socket)).toString();
  }
  const head = (method: string, path: string, headers = '') =>
    `${method} ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n${headers}\r\n`;

  it.each(['GET', 'DELETE', 'POST'])('is answered whenever its answer is ready: %s', async (method) => {
    expect(await raw(head(method, '/late'))).toMatch(/^HTTP\/1.1 200 [^]*late$/);
  });

  it('has an answer that may take as long as it likes', async () => {
    const answer = await raw(head('GET', '/slow'));
    expect(answer).toMatch(/begun, [^]*ended[^]*0\r\n\r\n$/);
    expect(answer).not.toContain('408');
  });

  it('is answered when its body came, though nobody read it', async () => {
    expect(await raw(head('GET', '/late', 'Content-Length: 2\r\n') + 'ab')).toMatch(/^HTTP\/1.1 200 [^]*late$/);
  });

  it('is a 408 when its body does not come', async () => {
    const json = 'Content-Type: application/json\r\nContent-Length: 9\r\n';
    expect(await raw(`${head('POST', '/late', json)}{"a":`)).toMatch(/^HTTP\/1.1 408 [^]*"code":"TIMEOUT"/);
  });

  it.each([
    ['whose body does not come', 'Content-Length: 9\r\n', ''],
    ['behind which comes what is no request', '', 'no request\r\n\r\n'],
  ])('has nothing written into its answer: one %s', async (_, headers, more) => {
    const request = head('GET', '/slow', headers).replace('Connection: close\r\n', '');
    const answer = await raw(request, more);
    expect(answer).not.toMatch(/HTTP\/1.1 40/);
    if (!more) expect(answer).toMatch(/begun, [^]*ended[^]*0\r\n\r\n$/);
  });
});
