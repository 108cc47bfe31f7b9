import { Injectable } from '@nestjs/common';
import type { Exchange } from './exchange.js';
import { within } from '../common/deadline.js';
import { AtollError } from '../common/errors/atoll-error.js';
import { Config } from '../config/config.js';
import type { Guest } from './guest.js';
import { fileEntriesOf } from './file-entries.js';
import type { FileEntry } from './types.js';

/** A file inside a sandbox, and as whom it is touched. */
export interface FileTarget {
  /** Absolute; any bytes but NUL. */
  path: Buffer;
  /** As an image's USER is written; empty is root. */
  user: string;
}

/** Files, as the agent offers them: by system calls, never by a shell. Throws AgentRefusal, GuestEnded, SessionLost, TIMEOUT. */
@Injectable()
export class AgentFiles {
  constructor(private readonly config: Config) {}

  /** The whole content; PAYLOAD_TOO_LARGE past `limit` bytes. */
  read(guest: Guest, target: FileTarget, limit: number): Promise<Buffer> {
    return this.call(guest, 'GET', `/files${query(target)}`, async (request) => {
      const headers = await request.ok();
      if (Number(headers['x-atoll-size'] ?? 0) > limit) throw tooLarge(limit);
      return request.readAll(limit);
    });
  }

  /** Replaces the content, all or nothing. */
  write(guest: Guest, target: FileTarget, content: Buffer): Promise<void> {
    const headers = { 'content-length': content.length };
    return this.call(
      guest,
      'PUT',
      `/files${query(target)}`,
      async (request) => {
        request.end(content);
        await request.ok();
        await request.readAll(4096);
      },
      headers,
    );
  }

  /** A directory goes with all that is in it. */
  remove(guest: Guest, target: FileTarget): Promise<void> {
    return this.call(guest, 'DELETE', `/files${query(target)}`, async (request) => {
      await request.ok();
      await request.readAll(4096);
    });
  }

  /** The entries of a directory, sorted by name's bytes; PAYLOAD_TOO_LARGE past `limit` of them. */
  list(guest: Guest, target: FileTarget, limit: number): Promise<FileEntry[]> {
    return this.call(guest, 'GET', `/files/list${query(target)}`, async (request) => {
      await request.ok();
      return fileEntriesOf(request, limit);
    });
  }

  private async call<T>(
    guest: Guest,
    method: 'GET' | 'PUT' | 'DELETE',
    path: string,
    work: (request: Exchange) => Promise<T>,
    headers = {},
  ): Promise<T> {
    const session = await guest.session();
    const request = session.request({ method, path, headers, endStream: method !== 'PUT' });
    try {
      return await within(work(request), this.config.agent.callTimeoutMs, 'the sandbox');
    } finally {
      request.drop();
    }
  }
}

const tooLarge = (limit: number) => new AtollError('PAYLOAD_TOO_LARGE', `the file is larger than ${limit} bytes`);

/** Bytes that are not unreserved in a URL are escaped, so that any path survives. */
function query({ path, user }: FileTarget): string {
  const escaped = path
    .toString('latin1')
    .replace(/[^\w.~/-]/g, (byte) => `%${byte.charCodeAt(0).toString(16).padStart(2, '0')}`);
  return `?path=${escaped}&user=${encodeURIComponent(user)}`;
}
