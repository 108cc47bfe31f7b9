import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import { within } from '../common/deadline.js';
import { AtollError } from '../common/errors/atoll-error.js';
import { fileBytes } from '../common/metrics/metrics.js';
import { Config } from '../config/config.js';
import type { Exchange } from './exchange.js';
import { answerOf, fileEntry, fileListOf, misunderstood, type AnswerBounds, type FileList } from './file-entries.js';
import { fileQuery, type FileTarget } from './file-query.js';
import {
  found,
  foundBounds,
  replaced,
  type Found,
  type ReplaceWishes,
  type Replaced,
  type SearchWishes,
} from './file-search.js';
import { writtenFile, type WriteWishes, type WrittenFile } from './file-writes.js';
import type { Guest } from './guest.js';
import type { AgentRequest, Session } from './session.js';
import type { FileEntry } from './types.js';
import { untilAborted } from './until-aborted.js';
import { whileAlive } from './while-alive.js';

export type { FileTarget } from './file-query.js';

export interface ListWishes {
  /** Entries at most. */
  limit: number;
  recursive?: boolean;
  /** An earlier page ended with this path below the directory. */
  after?: Buffer;
}

/** What is changed; undefined stays. */
export interface AttributeWishes {
  /** Octal. */
  mode?: string;
  /** A name or a number of the sandbox's. */
  owner?: string;
  group?: string;
  recursive?: boolean;
}

const changed = z.object({ entries: z.number().int().nonnegative() });
const made = z.object({ created: z.boolean() });

/** Files, as the agent offers them: by system calls, never by a shell. Throws AgentRefusal, GuestEnded, SessionLost, TIMEOUT. */
@Injectable()
export class AgentFiles {
  constructor(private readonly config: Config) {}

  /** The whole content; PAYLOAD_TOO_LARGE past `limit` bytes. */
  read(guest: Guest, target: FileTarget, limit: number): Promise<Buffer> {
    return this.call(guest, 'GET', `/files${fileQuery(target)}`, async (request) => {
      const headers = await request.ok();
      if (Number(headers['x-atoll-size'] ?? 0) > limit) throw tooLarge(limit);
      const content = await request.readAll(limit);
      fileBytes.inc({ direction: 'read' }, content.length);
      return content;
    });
  }

  /** Replaces the content, all or nothing. */
  write(guest: Guest, target: FileTarget, content: Buffer, wishes: WriteWishes = {}): Promise<WrittenFile> {
    const work = async (request: Exchange) => {
      request.end(content);
      await request.ok();
      fileBytes.inc({ direction: 'write' }, content.length);
      return answerOf(request, writtenFile);
    };
    const headers = { 'content-length': content.length };
    return this.call(guest, 'PUT', `/files${fileQuery(target, { ...wishes })}`, work, headers);
  }

  /** A directory goes with all that is in it. */
  remove(guest: Guest, target: FileTarget): Promise<void> {
    return this.long(guest, 'DELETE', `/files${fileQuery(target)}`, nothing);
  }

  /** The entries of a directory, sorted by their names' bytes; with `recursive` of the whole tree, a directory before what is in it. */
  list(guest: Guest, target: FileTarget, { limit, recursive, after }: ListWishes): Promise<FileList> {
    const path = `/files/list${fileQuery(target, { limit, recursive, after })}`;
    return this.call(guest, 'GET', path, async (request) => {
      await request.ok();
      return fileListOf(request, limit);
    });
  }

  /** One entry; with `follow` what a link leads to. */
  stat(guest: Guest, target: FileTarget, follow = false): Promise<FileEntry> {
    return this.call(guest, 'GET', `/files/stat${fileQuery(target, { follow })}`, async (request) => {
      await request.ok();
      return answerOf(request, fileEntry);
    });
  }

  /** With its parents. Resolves to whether it was made; one that is there is left as it is. */
  async mkdir(guest: Guest, target: FileTarget, mode?: string): Promise<boolean> {
    const path = `/files/mkdir${fileQuery(target, { mode })}`;
    return (await this.call(guest, 'POST', path, (request) => said(request, made))).created;
  }

  symlink(guest: Guest, link: FileTarget, target: string, overwrite: boolean): Promise<void> {
    return this.call(guest, 'POST', `/files/symlink${fileQuery(link, { target, overwrite })}`, nothing);
  }

  /** Resolves to how many entries were changed. */
  async change(guest: Guest, target: FileTarget, wishes: AttributeWishes): Promise<number> {
    const path = `/files/attributes${fileQuery(target, { ...wishes })}`;
    return (await this.long(guest, 'POST', path, (request) => said(request, changed))).entries;
  }

  /** Renames, or copies and removes where that must be. CONFLICT when there is something and it is not to be overwritten. */
  move(guest: Guest, from: FileTarget, to: Buffer, overwrite: boolean): Promise<void> {
    return this.long(guest, 'POST', `/files/move${fileQuery(from, { to, overwrite })}`, nothing);
  }

  copy(guest: Guest, from: FileTarget, to: Buffer, overwrite: boolean): Promise<void> {
    return this.long(guest, 'POST', `/files/copy${fileQuery(from, { to, overwrite })}`, nothing);
  }

  /** Entries by their name, or lines by what they hold, in the tree below a directory. Given up at the signal, with its reason. */
  search(guest: Guest, target: FileTarget, wishes: SearchWishes, signal?: AbortSignal): Promise<Found> {
    const { limit } = wishes;
    const path = `/files/search${fileQuery(target, { ...wishes })}`;
    const work = async (request: Exchange) => {
      const outcome = await said(request, found, foundBounds(limit));
      if (outcome.matches.length > limit) throw misunderstood(new Error(`${outcome.matches.length} matches`));
      return outcome;
    };
    return untilAborted(signal, () => this.long(guest, 'GET', path, work, signal));
  }

  /** Replaces in a file, in one step. CONFLICT when it is not there as often as expected. */
  replace(guest: Guest, target: FileTarget, wishes: ReplaceWishes): Promise<Replaced> {
    return this.long(guest, 'PUT', `/files/replace${fileQuery(target)}`, (request) => {
      request.end(Buffer.from(JSON.stringify(wishes)));
      return said(request, replaced);
    });
  }

  /** Work on a tree: as long as the agent lives, within the bound for that. */
  private long<T>(guest: Guest, method: Method, path: string, work: Work<T>, signal?: AbortSignal): Promise<T> {
    const patience = { silenceMs: this.config.agent.callTimeoutMs, limitMs: this.config.files.timeoutMs };
    return this.asked(guest, { method, path, signal }, (request, session) =>
      whileAlive(session, work(request), patience),
    );
  }

  private call<T>(guest: Guest, method: Method, path: string, work: Work<T>, headers?: CallHeaders): Promise<T> {
    const { callTimeoutMs } = this.config.agent;
    return this.asked(guest, { method, path, headers }, (request) =>
      within(work(request), callTimeoutMs, 'the sandbox'),
    );
  }

  private async asked<T>(
    guest: Guest,
    call: Pick<AgentRequest, 'method' | 'path' | 'headers' | 'signal'>,
    work: (request: Exchange, session: Session) => Promise<T>,
  ): Promise<T> {
    const session = await guest.session();
    const request = session.request({ ...call, endStream: call.method !== 'PUT' });
    try {
      return await work(request, session);
    } finally {
      request.drop();
    }
  }
}

type Work<T> = (request: Exchange) => Promise<T>;

type CallHeaders = Record<string, string | number>;
type Method = 'GET' | 'PUT' | 'POST' | 'DELETE';

const tooLarge = (limit: number) => new AtollError('PAYLOAD_TOO_LARGE', `the file is larger than ${limit} bytes`);

async function said<T>(request: Exchange, schema: z.ZodType<T>, bounds?: AnswerBounds): Promise<T> {
  await request.ok();
  return answerOf(request, schema, bounds);
}

async function nothing(request: Exchange): Promise<void> {
  await request.ok();
  await request.readAll(4096);
}
