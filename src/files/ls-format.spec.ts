import type { FileEntry } from '../guest/types.js';
import { escapeName, formatList, modeString } from './ls-format.js';

const NOW = Date.UTC(2026, 5, 15, 12);
const DAY = 24 * 3600 * 1000;
const entry = (changes: Partial<FileEntry> = {}): FileEntry => ({
  name: 'a',
  type: 'file',
  size: 1,
  mode: 0o644,
  nlink: 1,
  uid: 0,
  gid: 0,
  owner: 'root',
  group: 'root',
  mtime: NOW,
  ...changes,
});
const lines = (...entries: FileEntry[]) => formatList(entries, NOW).split('\n');

describe('formatList', () => {
  it('is a total, a line for each entry, and an end of line', () => {
    expect(formatList([], NOW)).toBe('total 0\n');
    expect(formatList([entry({ size: 1025 }), entry({ size: 1 })], NOW)).toMatch(/^total 3\n.*\n.*\n$/);
  });

  it('lines its columns up: numbers to the right, names to the left', () => {
    const [, first, second] = lines(
      entry({ name: 'dir', type: 'directory', mode: 0o755, nlink: 12, size: 4096 }),
      entry({ name: 'b', size: 7, owner: 'application', group: 'www' }),
    );
    expect(first).toBe('drwxr-xr-x 12 root        root 4096 Jun 15 12:00 dir');
    expect(second).toBe('-rw-r--r--  1 application www     7 Jun 15 12:00 b');
  });

  it('takes as many entries as a list may be configured to have', () => {
    const many = Array.from({ length: 200_000 }, (_, n) => entry({ size: n }));
    expect(formatList(many, NOW).split('\n', 2)[1]).toBe('-rw-r--r-- 1 root root      0 Jun 15 12:00 a');
  });

  it('shows the numbers of those who have no name', () => {
    expect(lines(entry({ owner: '', uid: 1000, group: '', gid: 99 }))[1]).toContain(' 1000 99 ');
  });

  it('shows where a link points', () => {
    expect(lines(entry({ type: 'symlink', mode: 0o777, target: 'with space' }))[1]).toMatch(
      /^lrwxrwxrwx.* a -> with\\ space$/,
    );
  });

  it('shows the bytes of a target that is not UTF-8', () => {
    const target_base64 = Buffer.from([0x2f, 0x61, 0x20, 0xff]).toString('base64');
    expect(lines(entry({ type: 'symlink', target: '/a \ufffd', target_base64 }))[1]).toMatch(/ a -> \/a\\ \\377$/);
  });

  it.each([
    [NOW, 'Jun 15 12:00'],
    [NOW - 181 * DAY, 'Dec 16 12:00'],
    [NOW - 183 * DAY, 'Dec 14  2025'],
    [NOW + 60_000, 'Jun 15  2026'],
    [0, 'Jan  1  1970'],
    [-1, 'Dec 31  1969'],
    [8.64e15, 'Sep 13  275760'],
  ])('shows the time %i as %s', (mtime, wanted) => {
    expect(lines(entry({ mtime }))[1]).toContain(` ${wanted} a`);
  });

  it('keeps one entry on one line, whatever its name holds', () => {
    const names = ['a\nb', 'a\rb', 'a\u0085b', 'a\u2028b', 'a\u2029b', 'a\vb', 'a\fb'];
    const output = formatList(
      names.map((name) => entry({ name, type: 'symlink', target: name })),
      NOW,
    );
    expect(output.split(/[\n\r\u0085\u2028\u2029\v\f]/)).toHaveLength(names.length + 2);
  });
});

describe('modeString', () => {
  it.each([
    ['file', 0o644, '-rw-r--r--'],
    ['directory', 0o1777, 'drwxrwxrwt'],
    ['directory', 0o1776, 'drwxrwxrwT'],
    ['file', 0o4755, '-rwsr-xr-x'],
    ['file', 0o4644, '-rwSr--r--'],
    ['file', 0o2755, '-rwxr-sr-x'],
    ['file', 0o2745, '-rwxr-Sr-x'],
    ['file', 0o7777, '-rwsrwsrwt'],
    ['file', 0, '----------'],
    ['fifo', 0o600, 'prw-------'],
    ['socket', 0o600, 'srw-------'],
    ['char', 0o600, 'crw-------'],
    ['block', 0o600, 'brw-------'],
  ] as const)('of a %s with %o is %s', (type, mode, wanted) => {
    expect(modeString({ type, mode })).toBe(wanted);
  });
});

describe('escapeName', () => {
  it.each([
    ['plain.txt', 'plain.txt'],
    ['two words', 'two\\ words'],
    ['back\\slash', 'back\\\\slash'],
    ['\x07\b\t\n\v\f\r', '\\a\\b\\t\\n\\v\\f\\r'],
    ['\x00\x1b\x7f', '\\000\\033\\177'],
    ['\u0085', '\\302\\205'],
    ['$(rm) "q" \'s\'', '$(rm)\\ "q"\\ \'s\''],
    ['grüße 🙂', 'grüße\\ 🙂'],
    ['', ''],
  ])('makes of %j what `ls -b` makes of it', (name, wanted) => {
    expect(escapeName(name)).toBe(wanted);
  });

  it('shows the bytes of a name that is not UTF-8', () => {
    const bytes = Buffer.from([0x61, 0x20, 0xff, 0x0a, 0x7f, 0xc3]);
    expect(escapeName('irrelevant', bytes.toString('base64'))).toBe('a\\ \\377\\n\\177\\303');
  });
});
