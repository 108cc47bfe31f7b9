import { once } from 'node:events';
import { createServer } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { answerClientError } from './client-error.js';
import { requestId } from './request-id.js';
import { isWellEscaped } from './well-escaped.js';

describe('requestId', () => {
  const given = (id: string | string[]) => requestId({ headers: { 'x-request-id': id } });

  it.each(['a', 'abc-123', 'trace:1/2=@+.x_y', 'x'.repeat(128)])('takes the sane %s', (id) => {
    expect(given(id)).toBe(id);
  });

  it.each(['', ' ', 'a b', 'a\nb', 'é', '<script>', '"', 'x'.repeat(129), ['a', 'b']])('replaces %j', (id) => {
    expect(given(id)).toMatch(/^[0-9a-f]{8}-[0-9a-f-]{27}$/);
  });

  it('makes a new one each time', () => {
    expect(requestId({ headers: {} })).not.toBe(requestId({ headers: {} }));
  });
});

it.each([
  ['/v1/a%20b?path=%2Fx', true],
  ['/v1/%C3%A9', true],
  ['/v1/%zz', false],
  ['/v1/%', false],
  ['/v1/%E9', false],
  ['/v1/x?path=%ff', false],
])('isWellEscaped(%s) is %s', (url, wanted) => {
  expect(isWellEscaped(url)).toBe(wanted);
});

describe('what the HTTP parser refuses', () => {
  async function say(request: string): Promise<string> {
    const server = createServer({ maxHeaderSize: 1024 }).listen(0, '127.0.0.1');
    server.on('clientError', answerClientError);
    await once(server, 'listening');
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
    socket.write(request);
    const answer = await text(socket);
    server.close();
    return answer;
  }

  it.each([
    ['no HTTP', 'hello\r\n\r\n', 'not a well-formed HTTP request'],
    [
      'headers that are too large',
      `GET / HTTP/1.1\r\nHost: x\r\nX: ${'x'.repeat(2000)}\r\n\r\n`,
      'headers are too large',
    ],
    ['two lengths', 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n', 'well-formed'],
  ])('is answered in the shape of all errors: %s', async (_what, request, message) => {
    const [head, body] = (await say(request)).split('\r\n\r\n');
    expect(head).toMatch(/^HTTP\/1.1 400 Bad Request\r\n/);
    expect(head).toMatch(/\r\nX-Request-Id: [0-9a-f-]{36}\r\n/);
    expect(head).toContain(`Content-Length: ${Buffer.byteLength(body)}\r\n`);
    expect(JSON.parse(body)).toEqual({ code: 'BAD_REQUEST', message: expect.stringContaining(message) });
  });

  it('is not answered when nobody is there any more', () => {
    const socket = { writable: true, destroy: vi.fn(), end: vi.fn() };
    const answer = (code: string) =>
      answerClientError(
        Object.assign(new Error(code), { code }),
        socket as unknown as Parameters<typeof answerClientError>[1],
      );
    answer('ECONNRESET');
    socket.writable = false;
    answer('HPE_INVALID_METHOD');
    expect(socket.destroy).toHaveBeenCalledTimes(2);
    expect(socket.end).not.toHaveBeenCalled();
  });
});
