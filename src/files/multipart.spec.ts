import { PassThrough, Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { eachPart, type FormBounds, partName } from './multipart.js';

const TYPE = 'multipart/form-data; boundary=x';
const part = (name: string, content: string) =>
  `--x\r\ncontent-disposition: form-data; name="f"; filename="${name}"\r\n\r\n${content}\r\n`;
const end = '--x--\r\n';

const BOUNDS = { files: 10, bytes: 10_000_000, idleMs: 10_000 };

async function taken(body: Readable, bounds: Partial<FormBounds> = {}): Promise<string[]> {
  const files: string[] = [];
  await eachPart(body, TYPE, { ...BOUNDS, ...bounds }, async (name, content) => {
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

it('takes names in UTF-8 alone, each for itself', async () => {
  const names = async (bytes: Buffer) => {
    const [head, tail] = part('|', 'x').split('|');
    const given: string[] = [];
    const body = Readable.from([Buffer.concat([Buffer.from(head), bytes, Buffer.from(tail + end)])]);
    await eachPart(body, TYPE, BOUNDS, async (name, content) => {
      given.push(partName(name));
      await buffer(content);
    });
    return given;
  };
  expect(await names(Buffer.from('ü'))).toEqual(['ü']);
  await expect(names(Buffer.from([0x61, 0xff]))).rejects.toMatchObject({ code: 'BAD_REQUEST' });
  await expect(names(Buffer.from([0x61, 0xfe]))).rejects.toMatchObject({ code: 'BAD_REQUEST' });
});

it('passes over what has no name, of files too, and does not count it', async () => {
  const bytes =
    '--x\r\ncontent-disposition: form-data; name="b"\r\ncontent-type: application/octet-stream\r\n\r\nzz\r\n';
  const empty = part('', '').replace('\r\n\r\n', '\r\ncontent-type: application/octet-stream\r\n\r\n');
  const body = [part('a', '1'), empty, bytes, part('', 'x'.repeat(200_000)), part('b', '2'), end];
  expect(await taken(Readable.from(body.map((text) => Buffer.from(text))), { files: 2 })).toEqual(['a: 1', 'b: 2']);
});

it('begins no file when the form is refused', async () => {
  const begun: string[] = [];
  const body = Readable.from([Buffer.from(part('a', '1') + part('b', '2') + part('c', '3') + end)]);
  const work = eachPart(body, TYPE, { ...BOUNDS, files: 2 }, async (name, content) => {
    begun.push(name);
    await new Promise((resolve) => setTimeout(resolve, 50));
    await buffer(content);
  });
  await expect(work).rejects.toMatchObject({ code: 'PAYLOAD_TOO_LARGE' });
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(begun).toEqual(['a']);
});

it('gives one file after the other', async () => {
  let open = 0;
  await eachPart(Readable.from([part('a', 'x'), part('b', 'y'), end]), TYPE, BOUNDS, async (_name, content) => {
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
  await expect(taken(Readable.from([Buffer.from(body)]), { files: 2 })).rejects.toMatchObject({ code });
});

it('refuses a body that is too large as a whole, files or not', async () => {
  const three = ['a', 'b', 'c'].map((name) => part(name, 'x'.repeat(900)));
  const field = `--x\r\ncontent-disposition: form-data; name="note"\r\n\r\n${'x'.repeat(2000)}\r\n`;
  for (const body of [three, [field]])
    await expect(
      taken(Readable.from([...body, end].map((text) => Buffer.from(text))), { bytes: 1000 }),
    ).rejects.toMatchObject({
      code: 'PAYLOAD_TOO_LARGE',
    });
  expect(await taken(Readable.from([...three, end].map((text) => Buffer.from(text))), { bytes: 3000 })).toHaveLength(3);
});

it('refuses a type without a boundary', async () => {
  const work = eachPart(Readable.from(['x']), 'multipart/form-data', BOUNDS, () => Promise.resolve());
  await expect(work).rejects.toMatchObject({ code: 'BAD_REQUEST' });
});

it('ends with what the taker throws, and throws the rest away', async () => {
  const body = new PassThrough();
  const work = eachPart(body, TYPE, BOUNDS, () => Promise.reject(new Error('no more')));
  body.write(part('a', 'x'.repeat(100_000)));
  await expect(work).rejects.toThrow('no more');
  body.end('y'.repeat(100_000));
  await expect.poll(() => body.readableEnded).toBe(true);
});

it.each([
  ['at once', ''],
  ['within the head of a part', '--x\r\ncontent-disposition: form-data; na'],
  ['before a part has any content', part('a', '').slice(0, -2)],
  ['after a whole part', `${part('a', 'x')}--x`],
  ['within a field', '--x\r\ncontent-disposition: form-data; name="note"\r\n\r\nha'],
])('ends a body that stands still %s', async (_when, sent) => {
  const body = new PassThrough();
  body.write(sent);
  await expect(taken(body, { idleMs: 50 })).rejects.toMatchObject({ code: 'TIMEOUT' });
});

it('does not take a slow taker for a silent body', async () => {
  const body = Readable.from([part('a', 'x'.repeat(1_000_000)), part('b', 'y'), end]);
  const names: string[] = [];
  await eachPart(body, TYPE, { ...BOUNDS, idleMs: 50 }, async (name, content) => {
    await new Promise((resolve) => setTimeout(resolve, 200));
    await buffer(content);
    names.push(name);
  });
  expect(names).toEqual(['a', 'b']);
});

it.each(['', '/abs', 'a//b', '../up', 'a/../b', './a', 'a\0b', 'a/', 'a\ufffd'])('%j is no name of a file', (name) => {
  expect(() => partName(name)).toThrow(expect.objectContaining({ code: 'BAD_REQUEST' }));
});
it.each(['a', 'a/b c/..d', '-rf', 'ü'])('%j is one', (name) => {
  expect(partName(name)).toBe(name);
});
