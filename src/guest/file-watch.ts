import { Injectable } from '@nestjs/common';
import { within } from '../common/deadline.js';
import { AtollError } from '../common/errors/atoll-error.js';
import { Config } from '../config/config.js';
import { boundedJson } from './bounded-json.js';
import type { Exchange } from './exchange.js';
import { misunderstood } from './file-entries.js';
import { fileQuery, type FileTarget } from './file-query.js';
import { fileEvent, type FileEvent } from './file-search.js';
import type { Guest } from './guest.js';
import { Pieces } from './pieces.js';

/** A line is two paths, twice each, and little more. */
const MAX_LINE = 8 * 1_048_576;
const NEWLINE = 10;

export interface OpenWatch {
  /** The first one is `started`. Throws what breaks the connection. */
  events: AsyncGenerator<FileEvent>;
  /** Ends it, at the agent too. */
  stop(): void;
}

/** Follows what happens in a directory. Throws AgentRefusal, GuestEnded, SessionLost, TIMEOUT. */
@Injectable()
export class FileWatch {
  constructor(private readonly config: Config) {}

  /** Resolves when the agent watches: all that happens from then on is told. */
  async open(guest: Guest, target: FileTarget, recursive: boolean): Promise<OpenWatch> {
    const parameters = { recursive, max_directories: this.config.files.maxWatchedDirectories };
    const session = await guest.session();
    const path = `/files/watch${fileQuery(target, parameters)}`;
    const request = session.request({ method: 'GET', path, endStream: true, spanEnd: 'response' });
    try {
      await within(request.ok(), this.config.agent.callTimeoutMs, 'the sandbox');
      return { events: eventsOf(request), stop: () => request.drop() };
    } catch (error) {
      request.drop();
      throw error;
    }
  }
}

async function* eventsOf(request: Exchange): AsyncGenerator<FileEvent> {
  const begun = new Pieces(); // joined once, at the line's end: a long one comes in hundreds of pieces
  for await (const chunk of request.body()) {
    let from = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, from)) {
      begun.add(chunk.subarray(from, end));
      from = end + 1;
      yield parse(begun.takeAll());
    }
    begun.add(chunk.subarray(from));
    if (begun.bytes > MAX_LINE) throw new AtollError('INTERNAL_ERROR', 'the agent sent a line that is too long');
  }
}

function parse(line: Buffer): FileEvent {
  try {
    return fileEvent.parse(boundedJson(line));
  } catch (error) {
    throw misunderstood(error);
  }
}
