import { PassThrough, Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { eachPart, partName } from './multipart.js';

const TYPE = 'multipart/form-data; boundary=x';
const part = (name: string, content: string) =>
  `--x\r\ncontent-disposition: form-data; name="f"; filename="${name}"\r\n\r\n${content}\r\n`;
const end = '--x--\r\n';

async function taken(body: Readable, limit = 10): Promise<string[]> {
  const files: string[] = [];
  await eachPart(body, TYPE, limit, async (name, content) => {
    files.push(`${name}: ${String(await buffer(content))}`);
  });
  return files;
}

it('hands on files, and no fields, wherever the chunks begin and end', async () => {
  const field = '--x\r\ncontent-disposition: form-data; name="note"\r\n\r\nnot a file\r\n';
  const body = Buffer.from(part('a/b', 'one\r\n') + field + part('c', '') + end);
  for (const size of [1, 7, body.length]) {
    const chunks = Array.from({ length: Math.ceil(body.length / size) }, (_, n) =>
      body.subarray(n * size, (n + 1) * size),
    );
    expect(await taken(Readable.from(chunks))).toEqual(['a/b: one\r\n', 'c: ']);
  }
});

it('gives one file after the other', async () => {
  let open = 0;
  await eachPart(Readable.from([part('a', 'x'), part('b', 'y'), end]), TYPE, 10, async (_name, content) => {
    expect(++open).toBe(1);
    await buffer(content);
    open--;
  });
});

it.each([
  ['breaks off within a file', part('a', 'half').slice(0, -3), 'BAD_REQUEST'],
  ['breaks off between two', part('a', 'x'), 'BAD_REQUEST'],
  ['has too many files', part('1', '') + part('2', '') + part('3', '') + end, 'PAYLOAD_TOO_LARGE'],
])('refuses a body that %s', async (_what, body, code) => {
  await expect(taken(Readable.from([Buffer.from(body)]), 2)).rejects.toMatchObject({ code });
});

it('refuses a type without a boundary', async () => {
  const work = eachPart(Readable.from(['x']), 'multipart/form-data', 1, () => Promise.resolve());
  await expect(work).rejects.toMatchObject({ code: 'BAD_REQUEST' });
});

it('ends with what the taker throws, and throws the rest away', async () => {
  const body = new PassThrough();
  const work = eachPart(body, TYPE, 10, () => Promise.reject(new Error('no more')));
  body.write(part('a', 'x'.repeat(100_000)));
  await expect(work).rejects.toThrow('no more');
  body.end('y'.repeat(100_000));
  await expect.poll(() => body.readableEnded).toBe(true);
});

it.each(['', '/abs', 'a//b', '../up', 'a/../b', './a', 'a\0b', 'a/'])('%j is no name of a file', (name) => {
  expect(() => partName(name)).toThrow(expect.objectContaining({ code: 'BAD_REQUEST' }));
});
it.each(['a', 'a/b c/..d', '-rf', 'ü'])('%j is one', (name) => {
  expect(partName(name)).toBe(name);
});
