import fc from 'fast-check';
import { isUtf8 } from 'node:buffer';
import { createCipheriv, createHash } from 'node:crypto';
import { base64, filesHere } from './support/files.js';

const BYTES = { 'content-type': 'application/octet-stream', accept: 'application/octet-stream' };
const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');

/** Names as unkind as a file system takes them: any bytes but NUL and the slash, 255 at most. */
const names = fc
  .oneof(
    fc.uint8Array({ minLength: 1, maxLength: 255 }).map((bytes) => Buffer.from(bytes)),
    fc.string({ unit: 'grapheme', minLength: 1, maxLength: 60 }).map((text) => Buffer.from(text)),
    fc.string({ unit: 'grapheme', minLength: 1, maxLength: 60 }).map((text) => Buffer.from(text.normalize('NFD'))),
    fc
      .string({ unit: fc.constantFrom(...' \'"`$(){};|&<>*?[]~#!\\\n\t\r-.%+=:@é'), minLength: 1, maxLength: 40 })
      .map((text) => Buffer.from(text)),
    fc
      .constantFrom('-rf', '--', ' ', '\n', '$(touch pwned)', '`id`', 'é', 'e\u0301', '...', 'x'.repeat(255))
      .map(Buffer.from),
  )
  .map((name) => Buffer.from(name.filter((byte) => byte !== 0 && byte !== 0x2f)).subarray(0, 255))
  .filter((name) => name.length > 0 && !['.', '..'].includes(name.toString()));

/** The same for the same seed, and incompressible. */
function noise(size: number, seed: number): Buffer {
  const key = Buffer.alloc(16);
  key.writeUInt32LE(seed);
  return createCipheriv('aes-128-ctr', key, Buffer.alloc(16)).update(Buffer.alloc(size));
}

const seeds = fc.nat({ max: 0xffff_fffe });
const sizes = fc.oneof(
  fc.constantFrom(0, 1, 65_535, 65_536, 65_537),
  fc.nat({ max: 4096 }),
  fc.nat({ max: 8_000_000 }),
);
const contents = fc.oneof(
  fc.tuple(sizes, seeds).map(([size, seed]) => noise(size, seed)),
  fc.string({ unit: 'binary', maxLength: 2000 }).map((text) => Buffer.from(text)),
  fc
    .array(fc.constantFrom('\r\n', '\n', '\r', '\u0000', '\ufeff', 'a', '🌊', '\u2028'), { maxLength: 500 })
    .map((parts) => Buffer.from(`\ufeff${parts.join('')}`)),
);

describe('any content under any name', () => {
  const here = filesHere();

  /** What is true inside; a path of any bytes goes in as base64. */
  const truth = async (path: Buffer) => {
    const script =
      'f=$(printf %s "$1" | base64 -d; echo x); f=${f%x}; [ -f "$f" ] && stat -c "%s %a %u" -- "$f" && sha256sum <"$f"';
    return (await here.sandbox.run('sh', ['-c', script, 'sh', base64(path)])).stdout;
  };

  it('is written, read, listed, told of, moved and deleted as it is', async () => {
    let turn = 0;
    let last = Promise.resolve();
    const round = async (name: Buffer, moved: Buffer, content: Buffer) => {
      const folder = `/tmp/round ${turn++}`;
      const path = Buffer.concat([Buffer.from(`${folder}/`), name]);
      const query = { path_base64: base64(path) };
      const is = `${content.length} 644 0\n${sha256(content)}  -\n`;
      expect((await here.files.call({ method: 'PUT', query, headers: BYTES, body: content })).status).toBe(200);
      expect(await truth(path)).toBe(is);

      const back = await here.files.call({ query, headers: BYTES });
      expect(back.bytes.equals(content)).toBe(true);
      const asText = await here.files.call({ query });
      if (!isUtf8(content)) expect(asText.status).toBe(406);
      else expect(Buffer.from(asText.json.content).equals(content)).toBe(true);

      const { json } = await here.files.list(folder);
      expect(json.entries).toHaveLength(1);
      const [{ name: listed, name_base64, size }] = json.entries;
      expect(name_base64 === undefined ? Buffer.from(listed) : Buffer.from(name_base64, 'base64')).toEqual(name);
      expect(size).toBe(content.length);
      expect(json.output.trimEnd().split('\n')).toHaveLength(2);

      expect(json.output).not.toMatch(/[\x00-\x09\x0b-\x1f\x7f]/);
      const stat = await here.files.call({ call: '/stat', query });
      expect(stat.json).toMatchObject({ type: 'file', size: content.length, mode: '0644' });
      expect(stat.json.etag).toBe(back.headers.get('etag'));

      const there = Buffer.concat([Buffer.from(`/tmp/there ${turn}/`), moved]);
      const body = { to_base64: base64(there) };
      expect((await here.files.call({ method: 'POST', call: '/move', query, body })).status).toBe(200);
      expect(await truth(path)).toBe('');
      expect(await truth(there)).toBe(is);
      expect((await here.files.call({ query, headers: BYTES })).status).toBe(404);
      const gone = { path_base64: base64(there) };
      expect((await here.files.call({ method: 'DELETE', query: gone })).status).toBe(204);
      expect(await truth(there)).toBe('');
      expect((await here.files.call({ call: '/stat', query: gone })).status).toBe(404);
    };
    const property = fc.asyncProperty(names, names, contents, (...drawn) => (last = round(...drawn)));
    await fc.assert(property, { numRuns: 60, interruptAfterTimeLimit: 15_000, endOnFailure: true });
    await last; // at its limit of time it goes on without the round that is under way
    expect(turn).toBeGreaterThan(3);
    expect((await here.sandbox.sh('ls -A / /tmp; find / -xdev -name ".atoll-tmp*"')).stdout).not.toMatch(
      /pwned|atoll-tmp/,
    );
  });
});
