import type { FileEntry } from '../guest/types.js';

const TYPE: Record<FileEntry['type'], string> = {
  file: '-',
  directory: 'd',
  symlink: 'l',
  fifo: 'p',
  socket: 's',
  char: 'c',
  block: 'b',
};
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const HALF_A_YEAR_MS = 182 * 24 * 3600 * 1000;

/** A directory in the style of `ls -la`, times in UTC; one entry is one line, whatever its name holds. */
export function formatList(entries: FileEntry[], now = Date.now()): string {
  const rows = entries.map((entry) => ({
    mode: modeString(entry),
    links: String(entry.nlink),
    owner: entry.owner || String(entry.uid),
    group: entry.group || String(entry.gid),
    size: String(entry.size),
    time: timeString(entry.mtime, now),
    name:
      escapeName(entry.name, entry.name_base64) +
      (entry.target === undefined ? '' : ` -> ${escapeName(entry.target, entry.target_base64)}`),
  }));
  // No Math.max(...widths): as arguments, so many overflow the stack.
  const width = (pick: (row: (typeof rows)[number]) => string) =>
    rows.reduce((widest, row) => Math.max(widest, pick(row).length), 0);
  const [links, owner, group, size] = [
    width((r) => r.links),
    width((r) => r.owner),
    width((r) => r.group),
    width((r) => r.size),
  ];
  const lines = rows.map(
    (r) =>
      `${r.mode} ${r.links.padStart(links)} ${r.owner.padEnd(owner)} ${r.group.padEnd(group)} ${r.size.padStart(size)} ${r.time} ${r.name}`,
  );
  const blocks = entries.reduce((sum, entry) => sum + Math.ceil(entry.size / 1024), 0);
  return [`total ${blocks}`, ...lines, ''].join('\n');
}

/** `drwxr-xr-x`, with setuid, setgid and the sticky bit where `ls` shows them. */
export function modeString({ type, mode }: Pick<FileEntry, 'type' | 'mode'>): string {
  const triplet = (bits: number, special: boolean, letter: string) =>
    (bits & 4 ? 'r' : '-') +
    (bits & 2 ? 'w' : '-') +
    (special ? (bits & 1 ? letter : letter.toUpperCase()) : bits & 1 ? 'x' : '-');
  return (
    TYPE[type] +
    triplet((mode >> 6) & 7, (mode & 0o4000) !== 0, 's') +
    triplet((mode >> 3) & 7, (mode & 0o2000) !== 0, 's') +
    triplet(mode & 7, (mode & 0o1000) !== 0, 't')
  );
}

function timeString(mtime: number, now: number): string {
  const date = new Date(mtime);
  const day = `${MONTHS[date.getUTCMonth()]} ${String(date.getUTCDate()).padStart(2)}`;
  const recent = mtime <= now && now - mtime < HALF_A_YEAR_MS;
  return recent ? `${day} ${date.toISOString().slice(11, 16)}` : `${day}  ${date.getUTCFullYear()}`;
}

const SHORT: Record<number, string> = {
  7: '\\a',
  8: '\\b',
  9: '\\t',
  10: '\\n',
  11: '\\v',
  12: '\\f',
  13: '\\r',
  32: '\\ ',
  92: '\\\\',
};

/** As `ls -b` does: C escapes for what is not graphic, so that no name can break a line, to whomever that is one. */
export function escapeName(name: string, base64?: string): string {
  if (base64 !== undefined) return Array.from(Buffer.from(base64, 'base64'), escapeByte).join('');

  return name.replace(/[\x00-\x20\x7f-\x9f\\\u2028\u2029]/g, (character) =>
    Array.from(Buffer.from(character), escapeByte).join(''),
  );
}

const octal = (byte: number): string => `\\${byte.toString(8).padStart(3, '0')}`;

const escapeByte = (byte: number): string =>
  SHORT[byte] ?? (byte < 32 || byte >= 127 ? octal(byte) : String.fromCharCode(byte));
