import type { FileEntry } from '../guest/types.js';
import { relativeBytes, textIn, toEntry, toStat } from './file-view.js';

const entry: FileEntry = {
  ...{ name: 'f', type: 'file', size: 5, mode: 0o4755, nlink: 2, uid: 1, gid: 2, owner: 'o', group: 'g' },
  ...{ mtime: 1000, etag: '1-2' },
};
const strange = Buffer.from([0x66, 0xff]);

it('shows an entry below what was asked for', () => {
  for (const at of ['/tmp', '/tmp/'])
    expect(toEntry(entry, Buffer.from(at))).toEqual({
      ...{ name: 'f', path: '/tmp/f', type: 'file', size: 5, mode: '4755', uid: 1, gid: 2, owner: 'o', group: 'g' },
      ...{ mtime: '1970-01-01T00:00:01.000Z' },
    });
  expect(toEntry({ ...entry, path: 'a/f' }, Buffer.from('/')).path).toBe('/a/f');
});

it('gives the bytes of a name that is not UTF-8 beside its text', () => {
  const odd = { ...entry, name: 'f\ufffd', name_base64: strange.toString('base64') };
  expect(relativeBytes(odd)).toEqual(strange);
  expect(toEntry(odd, Buffer.from('/d'))).toMatchObject({
    name_base64: odd.name_base64,
    path: '/d/f\ufffd',
    path_base64: Buffer.concat([Buffer.from('/d/'), strange]).toString('base64'),
  });
  expect(textIn(Buffer.from('/d'), 'x')).toEqual({ path: '/d/x' });
});

it('tells of one alone by the path that was asked for', () => {
  expect(toStat(entry, Buffer.from('rel/f'))).toMatchObject({ path: 'rel/f', links: 2, etag: '"1-2"' });
  expect(toStat({ ...entry, etag: undefined }, Buffer.from('/f')).etag).toBeUndefined();
});
