import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { NO_CURSOR } from '../common/cursor.js';
import { badRequest } from '../common/errors/atoll-error.js';

/** Longer paths than any tree has that can be made in a sensible time. */
const MAX_PATH = 1024 * 1024;

/**
 * Where the next page of a tree begins: behind this path below its root. Opaque to clients. Packed, for the path of an entry a thousand levels down is
 * longer than the head of a request may be, and one that says the same over and over.
 */
export const cursorBehind = (path: Buffer): string => deflateRawSync(path).toString('base64url');

/** The path that a client has had last. Throws BAD_REQUEST for what no answer gave. */
export function pathBehind(cursor: string): Buffer {
  const path = unpacked(Buffer.from(cursor, 'base64url'));
  if (!path?.length) throw badRequest(NO_CURSOR, { field: 'cursor' });
  return path;
}

function unpacked(packed: Buffer): Buffer | undefined {
  try {
    return inflateRawSync(packed, { maxOutputLength: MAX_PATH });
  } catch {
    return undefined;
  }
}
