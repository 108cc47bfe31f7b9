import { randomBytes } from 'node:crypto';
import { deflateRawSync } from 'node:zlib';
import { cursorBehind, pathBehind } from './list-cursor.js';

describe('a cursor of a list', () => {
  it.each([Buffer.from('a'), Buffer.from('d/é/x y'), Buffer.from([0xff, 0x2f, 0xfe]), randomBytes(4096)])(
    'leads back to its path',
    (path) => {
      expect(cursorBehind(path)).toMatch(/^[A-Za-z0-9_-]+$/);
      expect(pathBehind(cursorBehind(path))).toEqual(path);
    },
  );

  it('fits into the head of a request, a thousand levels down', () => {
    const path = Buffer.from(Array(1000).fill('ä'.repeat(120)).join('/'));
    expect(cursorBehind(path).length).toBeLessThan(4096);
    expect(pathBehind(cursorBehind(path))).toEqual(path);
  });

  it.each([
    'A',
    'AAAA',
    'bm90IG9uZQ',
    deflateRawSync('').toString('base64url'),
    deflateRawSync(Buffer.alloc(2 ** 21)).toString('base64url'),
  ])('is refused when no answer gave it: %s', (cursor) => {
    expect(() => pathBehind(cursor)).toThrow('cursor must be');
  });
});
