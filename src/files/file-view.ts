import type { FileEntry } from '../guest/types.js';
import type { DirectoryEntry, FileStat } from './dto/files.dto.js';

/** An entry as a client sees it. `at`: the directory that was listed, as it was asked for. */
export function toEntry(entry: FileEntry, at: Buffer): DirectoryEntry {
  return { ...common(entry), ...pathIn(at, relativeBytes(entry)) };
}

/** A path below what was asked for, whole. */
export function textIn(at: Buffer, path: string, base64?: string): { path: string; path_base64?: string } {
  return pathIn(at, bytes(path, base64));
}

/** One entry alone. */
export function toStat(entry: FileEntry, path: Buffer): FileStat {
  const { nlink, etag } = entry;
  return { ...common(entry), ...textOf(path), links: nlink, etag: etag === undefined ? undefined : `"${etag}"` };
}

/** The bytes of an entry's path below what was listed. */
export function relativeBytes({ name, name_base64, path, path_base64 }: FileEntry): Buffer {
  if (path === undefined) return bytes(name, name_base64);
  return bytes(path, path_base64);
}

const bytes = (text: string, base64?: string) =>
  base64 === undefined ? Buffer.from(text) : Buffer.from(base64, 'base64');

const SLASH = Buffer.from('/');

function pathIn(at: Buffer, below: Buffer): { path: string; path_base64?: string } {
  return textOf(Buffer.concat(at.at(-1) === 0x2f ? [at, below] : [at, SLASH, below]));
}

function textOf(path: Buffer): { path: string; path_base64?: string } {
  const text = path.toString();
  return Buffer.from(text).equals(path) ? { path: text } : { path: text, path_base64: path.toString('base64') };
}

function common(entry: FileEntry): Omit<DirectoryEntry, 'path'> {
  const { name, name_base64, type, size, mode, uid, gid, owner, group, mtime, target, target_base64 } = entry;
  return {
    name,
    name_base64,
    type,
    size,
    mode: mode.toString(8).padStart(4, '0'),
    uid,
    gid,
    owner,
    group,
    mtime: new Date(mtime).toISOString(),
    target,
    target_base64,
  };
}
