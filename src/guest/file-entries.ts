import { z } from 'zod';
import { AtollError } from '../common/errors/atoll-error.js';
import { boundedJson, MAX_FIELDS } from './bounded-json.js';
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

/** A name of at most 255 bytes and a target of at most 4096, both escaped, the names of two accounts, and some numbers. */
const SMALL_ANSWER = 64 * 1024;
/** In a list there is a path, too, as long as the tree is deep. */
const MAX_LINE = 1_048_576;
const MAX_LIST = 64 * 1_048_576;
const NEWLINE = 10;

export interface FileList {
  entries: FileEntry[];
  /** There are more behind the last one. */
  more: boolean;
}

/** Reads the lines of a list of which at most `limit` entries were asked for. */
export async function fileListOf(exchange: Exchange, limit: number): Promise<FileList> {
  const body = await exchange.readAll(Math.min(MAX_LIST, (limit + 1) * MAX_LINE));
  try {
    const lines = linesOf(body, limit + 1);
    const { more } = listEnd.parse(boundedJson(lines.pop()!));
    return { entries: lines.map((line) => fileEntry.parse(boundedJson(line))), more };
  } catch (error) {
    throw misunderstood(error);
  }
}

/** Throws past so many; there is one at least, if only an empty one. */
function linesOf(body: Buffer, most: number): Buffer[] {
  const lines: Buffer[] = [];
  for (let from = 0; from < body.length || lines.length === 0;) {
    const newline = body.indexOf(NEWLINE, from);
    const end = newline < 0 ? body.length : newline;
    if (end - from > MAX_LINE) throw new Error(`a line of ${end - from} bytes`);
    if (lines.push(body.subarray(from, end)) > most) throw new Error(`more than ${most} lines`);
    from = end + 1;
  }
  return lines;
}

/** What an answer of one JSON object may be: small, unless more was asked for. */
export interface AnswerBounds {
  bytes: number;
  /** Those in objects and arrays, together. */
  values: number;
}

const SMALL: AnswerBounds = { bytes: SMALL_ANSWER, values: MAX_FIELDS };

/** Reads an answer of one JSON object. */
export async function answerOf<T>(exchange: Exchange, schema: z.ZodType<T>, { bytes, values } = SMALL): Promise<T> {
  const body = await exchange.readAll(bytes);
  try {
    return schema.parse(boundedJson(body, values));
  } catch (error) {
    throw misunderstood(error);
  }
}

export const misunderstood = (cause: unknown) =>
  new AtollError('INTERNAL_ERROR', 'the agent sent an answer that is not understood', { cause });
