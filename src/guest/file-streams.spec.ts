import { once } from 'node:events';
import type { ServerHttp2Stream } from 'node:http2';
import { PassThrough, Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { guestOf } from '../../test/support/fake-guest.js';
import type { Config } from '../config/config.js';
import { FileStreams } from './file-streams.js';

const config = {
  files: { maxRawBytes: 1_000_000, timeoutMs: 2000 },
  agent: { callTimeoutMs: 200 },
} as Config;
const target = { path: Buffer.from('/f'), user: 'app' };
const WRITTEN = { created: true, size: 3, etag: '1-2-3-4' };

const streams = new FileStreams(config);

describe('reading', () => {
  const answering = (headers: Record<string, string>, content = 'abc') =>
    guestOf((stream) => {
      stream.respond({ ':status': 200, ...headers });
      stream.end(content);
    });

  it('tells of the file and gives its bytes', async () => {
    const about = { 'x-atoll-size': '10', 'x-atoll-from': '4', 'x-atoll-etag': '1-2-3-4', 'x-atoll-mtime': '5' };
    const { body, ...told } = await streams.open(await answering({ ...about, 'content-length': '3' }), target);
    expect(told).toEqual({ size: 10, from: 4, length: 3, etag: '1-2-3-4', mtime: 5 });
    expect((await buffer(body)).toString()).toBe('abc');
  });

  it.each<Record<string, string>>([
    {},
    { 'x-atoll-mtime': 'soon' },
    { 'x-atoll-mtime': '' },
    { 'x-atoll-mtime': '5', 'x-atoll-size': '-1' },
    { 'x-atoll-mtime': '5', 'x-atoll-size': '1.5' },
    { 'x-atoll-mtime': '5', 'x-atoll-size': '0x10' },
    { 'x-atoll-mtime': '5', 'x-atoll-size': '10', 'x-atoll-from': '5' },
    { 'x-atoll-mtime': '5', 'x-atoll-from': '5', 'content-length': '3' },
    { 'x-atoll-mtime': '5', 'x-atoll-size': '10', 'x-atoll-from': '5', 'content-length': '6' },
    { 'x-atoll-mtime': '5', 'x-atoll-size': '10', 'x-atoll-from': '5', 'content-length': '0' },
    { 'x-atoll-mtime': '5', 'x-atoll-size': '10', 'content-length': '3' },
  ])('does not believe %j, and drops it', async (headers) => {
    let asked: ServerHttp2Stream | undefined;
    const guest = await guestOf((stream) => {
      asked = stream;
      stream.respond({ ':status': 200, ...headers }); // and its body never ends
    });
    await expect(streams.open(guest, target)).rejects.toMatchObject({ code: 'INTERNAL_ERROR' });
    if (!asked!.closed) await once(asked!, 'close');
  });

  it('takes any size and any time', async () => {
    const about = { 'x-atoll-size': '10133099161583616', 'x-atoll-mtime': '9223372036854774000' };
    const { body, size, mtime } = await streams.open(await answering(about), target);
    expect({ size, mtime }).toEqual({ size: 9 * 2 ** 50, mtime: 8.64e15 });
    expect((await buffer(body)).toString()).toBe('abc');
  });

  it('waits for a tree to begin as long as the agent lives', async () => {
    const guest = await guestOf((stream, path) => {
      const answer = () => {
        stream.respond({ ':status': 200 });
        stream.end('tree');
      };
      if (path.startsWith('/files/tree')) setTimeout(answer, 500);
      else answer();
    });
    expect((await buffer(await streams.openTree(guest, target, true))).toString()).toBe('tree');
    await expect(streams.openTree(await guestOf(() => undefined), target, true)).rejects.toMatchObject({
      code: 'TIMEOUT',
    });
  });

  it('hands on which part is wanted', async () => {
    let asked: object = {};
    const guest = await guestOf((stream, _path, _method, headers) => {
      asked = headers;
      stream.respond({ ':status': 200, 'x-atoll-mtime': '5' });
      stream.end();
    });
    await streams.open(guest, target, { range: 'bytes=1-2', ifRange: '1-2-3' });
    expect(asked).toMatchObject({ range: 'bytes=1-2', 'if-range': '1-2-3' });
  });
});

describe('writing', () => {
  it('says what was written', async () => {
    let got = Buffer.alloc(0);
    const guest = await guestOf((stream) => {
      void buffer(stream).then((content) => {
        got = content;
        stream.end(JSON.stringify(WRITTEN));
      });
    });
    expect(await streams.write(guest, target, Readable.from([Buffer.from('abc')]), {})).toMatchObject(WRITTEN);
    expect(got.toString()).toBe('abc');
  });

  it('hears a refusal while the body is still coming, and lets its sender hear it too', async () => {
    const guest = await guestOf((stream) => {
      stream.respond({ ':status': 403 });
      stream.end(JSON.stringify({ kind: 'permission', message: '/f: no' }));
    });
    const source = new PassThrough();
    source.write(Buffer.alloc(500_000));
    setTimeout(() => source.end(Buffer.alloc(100_000)), 50);
    await expect(streams.write(guest, target, source, {})).rejects.toMatchObject({ code: 'FORBIDDEN' });
  });

  it.each([
    ['too long', Readable.from([Buffer.alloc(1_000_001)]), 'PAYLOAD_TOO_LARGE'],
    ['silent', new PassThrough(), 'TIMEOUT'],
  ])('gives up on a body that is %s, at the agent too', async (_what, source, code) => {
    let asked: ServerHttp2Stream | undefined;
    const guest = await guestOf((stream) => (asked = stream).resume());
    await expect(streams.write(guest, target, source, {})).rejects.toMatchObject({ code });
    if (asked && !asked.closed) await once(asked, 'close');
  });
});
