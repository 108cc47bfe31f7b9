import { z } from 'zod';
import { AtollError } from '../common/errors/atoll-error.js';
import type { Exchange } from './exchange.js';
import type { FileEntry } from './types.js';

const whole = z.number().int();

/** What a Date can hold; a file can be touched to any time, and its name must be listed all the same. */
const MAX_TIME = 8.64e15;
export const clampTime = (ms: number): number => Math.trunc(Math.min(Math.max(ms, -MAX_TIME), MAX_TIME));

/** In bytes. Past 2^53 it is no exact integer any more, but a file with a hole has it all the same. */
export const fileSize = z.number().nonnegative();

/** From the sandbox's own /etc/passwd and /etc/group, where any nonsense may stand. */
const accountName = z.string().transform((name) => name.slice(0, 256));

/** Below a directory; a deep tree has paths longer than any call can name. */
const treePath = z.string().max(1_048_576);

/** As the agent makes them. */
export const etag = z.string().regex(/^[0-9a-f-]{1,128}$/);

/** One entry, checked: the agent is not believed. */
export const fileEntry = z.object({
  name: z.string().max(1024),
  name_base64: z.string().max(512).optional(),
  path: treePath.optional(),
  path_base64: treePath.optional(),
  type: z.enum(['file', 'directory', 'symlink', 'fifo', 'socket', 'char', 'block']),
  size: fileSize,
  mode: whole.min(0).max(0o7777),
  nlink: whole.nonnegative(),
  uid: whole.nonnegative(),
  gid: whole.nonnegative(),
  owner: accountName,
  group: accountName,
  mtime: z.number().transform(clampTime),
  target: z.string().max(8192).optional(),
  target_base64: z.string().max(8192).optional(),
  etag: etag.optional(),
});

const listEnd = z.object({ end: z.literal(true), more: z.boolean() });

/** A line is a name of at most 255 bytes, a target of at most 4096, both escaped, and some numbers. */
const MAX_BYTES = 64 * 1024 * 1024;

export interface FileList {
  entries: FileEntry[];
  /** There are more behind the last one. */
  more: boolean;
}

/** Reads the lines of a list of which at most `limit` entries were asked for. */
export async function fileListOf(exchange: Exchange, limit: number): Promise<FileList> {
  const lines = (await exchange.readAll(MAX_BYTES)).toString().split('\n', limit + 3);
  if (lines.at(-1) === '') lines.pop();
  try {
    const { more } = listEnd.parse(JSON.parse(lines.pop() ?? ''));
    if (lines.length > limit) throw new Error(`${lines.length} entries`);
    return { entries: lines.map((line) => fileEntry.parse(JSON.parse(line))), more };
  } catch (error) {
    throw misunderstood(error);
  }
}

/** Reads a small answer of one JSON object. */
export async function answerOf<T>(exchange: Exchange, schema: z.ZodType<T>): Promise<T> {
  const body = await exchange.readAll(MAX_BYTES);
  try {
    return schema.parse(JSON.parse(body.toString()));
  } catch (error) {
    throw misunderstood(error);
  }
}

export const misunderstood = (cause: unknown) =>
  new AtollError('INTERNAL_ERROR', 'the agent sent an answer that is not understood', { cause });
