import { z } from 'zod';
import { AtollError } from '../common/errors/atoll-error.js';
import type { Exchange } from './exchange.js';
import type { FileEntry } from './types.js';

const whole = z.number().int();

/** What a Date can hold; a file can be touched to any time, and its name must be listed all the same. */
const MAX_TIME = 8.64e15;
const time = z.number().transform((ms) => Math.trunc(Math.min(Math.max(ms, -MAX_TIME), MAX_TIME)));

/** From the sandbox's own /etc/passwd and /etc/group, where any nonsense may stand. */
const accountName = z.string().transform((name) => name.slice(0, 256));

/** One line of a list, checked: the agent is not believed. */
const entry = z.object({
  name: z.string().max(1024),
  name_base64: z.string().max(512).optional(),
  type: z.enum(['file', 'directory', 'symlink', 'fifo', 'socket', 'char', 'block']),
  size: whole.nonnegative(),
  mode: whole.min(0).max(0o7777),
  nlink: whole.nonnegative(),
  uid: whole.nonnegative(),
  gid: whole.nonnegative(),
  owner: accountName,
  group: accountName,
  mtime: time,
  target: z.string().max(8192).optional(),
});

/** A line is a name of at most 255 bytes, a target of at most 4096, both escaped, and some numbers. */
const MAX_BYTES = 64 * 1024 * 1024;

/** Reads the lines of a list. PAYLOAD_TOO_LARGE past `limit` of them. */
export async function fileEntriesOf(exchange: Exchange, limit: number): Promise<FileEntry[]> {
  const lines = (await exchange.readAll(MAX_BYTES)).toString().split('\n', limit + 2);
  if (lines.at(-1) === '') lines.pop();
  if (lines.length > limit) throw new AtollError('PAYLOAD_TOO_LARGE', `the directory has more than ${limit} entries`);
  try {
    return lines.map((line) => entry.parse(JSON.parse(line)));
  } catch (error) {
    throw new AtollError('INTERNAL_ERROR', 'the agent sent a list that is not understood', { cause: error });
  }
}
