import { Injectable } from '@nestjs/common';
import type { Readable } from 'node:stream';
import { z } from 'zod';
import { within } from '../common/deadline.js';
import { fileBytes } from '../common/metrics/metrics.js';
import { spent } from '../common/spent.js';
import { Config } from '../config/config.js';
import type { Exchange, ResponseHeaders } from './exchange.js';
import { answerOf, clampTime, etag, misunderstood } from './file-entries.js';
import { fileQuery, type FileTarget } from './file-query.js';
import { writtenFile, type WriteWishes, type WrittenFile } from './file-writes.js';
import type { Guest } from './guest.js';
import { bodyOf } from './stream-body.js';
import { untilAborted } from './until-aborted.js';
import { whileAlive } from './while-alive.js';

/** An open file, or a part of it. */
export interface OpenFile {
  /** Of the whole file; undefined where only reading tells (/proc). */
  size?: number;
  /** Where the part begins; undefined when it is the whole. */
  from?: number;
  /** Bytes of the body. */
  length?: number;
  etag?: string;
  /** Unix ms. */
  mtime: number;
  /** Destroy it to give up; an error is what a stream that was cut off ends with. */
  body: Readable;
}

/** Contents of any length, as streams with backpressure. Throws AgentRefusal, GuestEnded, SessionLost, TIMEOUT. */
@Injectable()
export class FileStreams {
  constructor(private readonly config: Config) {}

  /** Opens a regular file for reading. `range`, `ifRange`: as HTTP's headers have them. */
  async open(guest: Guest, target: FileTarget, range: { range?: string; ifRange?: string } = {}): Promise<OpenFile> {
    const headers = {
      ...(range.range === undefined ? {} : { range: range.range }),
      ...(range.ifRange === undefined ? {} : { 'if-range': range.ifRange }),
    };
    return this.get(guest, `/files${fileQuery(target)}`, headers, (answer, request) => {
      const about = aboutOf(answer);
      return { ...about, body: this.bodyOf(request, about.length) };
    });
  }

  /** A directory as a tar archive, compressed on demand. */
  async openTree(guest: Guest, target: FileTarget, gzip: boolean): Promise<Readable> {
    // The answer begins with the first bytes, which are a while in coming where much packs into little.
    const { timeoutMs } = this.config.files;
    const path = `/files/tree${fileQuery(target, { gzip })}`;
    return this.get(guest, path, {}, (_answer, request) => this.bodyOf(request), timeoutMs);
  }

  /** Unpacks a tar archive, compressed or not, into a directory: all of it, or nothing. Given up at the signal, with its reason. */
  async writeTree(
    guest: Guest,
    target: FileTarget,
    source: Readable,
    { keepLinks, signal }: { keepLinks: boolean; signal?: AbortSignal },
  ): Promise<Unpacked> {
    const { maxArchiveBytes: max_bytes, maxArchiveEntries: max_entries } = this.config.files;
    const path = `/files/tree${fileQuery(target, { max_bytes, max_entries, keep_links: keepLinks })}`;
    const read = (request: Exchange) => answerOf(request, unpacked);
    return untilAborted(signal, () => this.send(guest, path, source, read, signal));
  }

  /** Replaces the content by all of `source`, or changes nothing. PAYLOAD_TOO_LARGE past `limit` bytes. */
  async write(guest: Guest, target: FileTarget, source: Readable, wishes: WriteWishes): Promise<WrittenFile> {
    const path = `/files${fileQuery(target, { ...wishes })}`;
    return this.send(guest, path, source, (request) => answerOf(request, writtenFile));
  }

  /** What is made of the answer's headers lives on; where that fails, nothing of the request does. */
  private async get<T>(
    guest: Guest,
    path: string,
    headers: Record<string, string>,
    make: (answer: ResponseHeaders, request: Exchange) => T,
    limitMs?: number,
  ): Promise<T> {
    const { callTimeoutMs: silenceMs } = this.config.agent;
    const session = await guest.session();
    const request = session.request({ method: 'GET', path, headers, endStream: true });
    try {
      const answer = request.ok();
      const begun =
        limitMs === undefined
          ? within(answer, silenceMs, 'the sandbox')
          : whileAlive(session, answer, { silenceMs, limitMs });
      return make(await begun, request);
    } catch (error) {
      request.drop();
      throw error;
    }
  }

  private bodyOf(request: Exchange, length?: number): Readable {
    return bodyOf(request, this.config.agent.callTimeoutMs, length);
  }

  private async send<T>(
    guest: Guest,
    path: string,
    source: Readable,
    read: (request: Exchange) => Promise<T>,
    signal?: AbortSignal,
  ): Promise<T> {
    const session = await guest.session();
    const request = session.request({ method: 'PUT', path, signal });
    try {
      const bounds = { limit: this.config.files.maxRawBytes, idleMs: this.config.agent.callTimeoutMs, onBytes };
      const answer = request.ok().then(() => read(request));
      answer.catch(() => undefined); // it is awaited below, unless the source fails first
      await request.pour(source, bounds);
      const patience = { silenceMs: bounds.idleMs, limitMs: this.config.files.timeoutMs };
      return await whileAlive(session, answer, patience);
    } finally {
      request.drop();
    }
  }
}

const bytesWritten = fileBytes.labels({ direction: 'write' });
const onBytes = (bytes: number): void => {
  bytesWritten.inc(bytes);
  spent(bytes);
};

const unpacked = z.object({ entries: z.number().int().nonnegative(), bytes: z.number().int().nonnegative() });

/** What an archive held. */
export type Unpacked = z.infer<typeof unpacked>;

/** Exact: of a file with a hole, sums of these are past what a number of ours can hold. */
const count = z
  .string()
  .regex(/^\d{1,19}$/)
  .transform(BigInt);
const about = z
  .object({
    'x-atoll-size': count.optional(),
    'x-atoll-from': count.optional(),
    'content-length': count.optional(),
    'x-atoll-etag': etag.optional(),
    'x-atoll-mtime': z
      .string()
      .regex(/^-?\d{1,19}$/)
      .transform((time) => clampTime(Number(time))),
  })
  .refine((of) => isPart(of['x-atoll-from'], of['content-length'], of['x-atoll-size']));

/** Whether they can be said of one file: a part lies within it, and without one it is the whole. */
function isPart(from: bigint | undefined, length: bigint | undefined, size: bigint | undefined): boolean {
  if (from === undefined) return length === undefined || size === undefined || length === size;
  return length !== undefined && length > 0n && size !== undefined && from + length <= size;
}

const number = (count: bigint | undefined): number | undefined => (count === undefined ? undefined : Number(count));

function aboutOf(headers: ResponseHeaders): Omit<OpenFile, 'body'> {
  const read = about.safeParse(headers);
  if (!read.success) throw misunderstood(read.error);
  const { data } = read;
  return {
    size: number(data['x-atoll-size']),
    from: number(data['x-atoll-from']),
    length: number(data['content-length']),
    etag: data['x-atoll-etag'],
    mtime: data['x-atoll-mtime'],
  };
}
