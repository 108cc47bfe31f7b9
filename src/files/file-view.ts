import type { FileEntry } from '../guest/types.js';
import type { DirectoryEntry } from './dto/files.dto.js';

export function toEntry({
  name,
  name_base64,
  type,
  size,
  mode,
  uid,
  gid,
  owner,
  group,
  mtime,
  target,
}: FileEntry): DirectoryEntry {
  const octal = mode.toString(8).padStart(4, '0');
  return {
    name,
    name_base64,
    type,
    size,
    mode: octal,
    uid,
    gid,
    owner,
    group,
    mtime: new Date(mtime).toISOString(),
    target,
  };
}
