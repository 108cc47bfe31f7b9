import { Injectable, StreamableFile } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import type { Readable } from 'node:stream';
import { isCode } from '../common/errors/is-code.js';
import type { FileTarget } from '../guest/file-query.js';
import { FileStreams, type OpenFile } from '../guest/file-streams.js';
import type { Guest } from '../guest/guest.js';
import type { WriteWishes, WrittenFile } from '../guest/file-writes.js';
import { SandboxAccess } from '../sandboxes/sandbox-access.js';
import { checkState, isConditional, isKnown, rangeOf, type AskedRead } from './conditions.js';
import { disposition } from './disposition.js';
import type { PlaceQuery } from './dto/place.query.dto.js';
import { targetOf } from './places.js';

/** Files of a running sandbox as the bytes that they are, streamed both ways. */
@Injectable()
export class FileBytesService {
  constructor(
    private readonly sandboxes: SandboxAccess,
    private readonly streams: FileStreams,
  ) {}

  /** The bytes, or the part that `Range` asks for, with the headers about them; undefined is a 304. */
  async read(
    idOrName: string,
    query: PlaceQuery,
    request: AskedRead,
    reply: FastifyReply,
  ): Promise<StreamableFile | undefined> {
    const { headers } = request;
    const { row, guest } = await this.sandboxes.running(idOrName);
    const target = targetOf(row, query);
    const file = await this.open(guest, target, request);
    describe(reply, file);
    giveUpOn(file, () => checkState(file, headers));
    if (isKnown(file, headers)) {
      file.body.destroy();
      void reply.status(304);
      return undefined;
    }
    void reply.header('content-disposition', disposition(target.path));
    if (file.from !== undefined) {
      const last = file.from + file.length! - 1;
      void reply.status(206).header('content-range', `bytes ${file.from}-${last}/${file.size}`);
    }
    return new StreamableFile(file.body, { type: 'application/octet-stream', length: file.length });
  }

  private async open(guest: Guest, target: FileTarget, request: AskedRead): Promise<OpenFile> {
    const { headers } = request;
    try {
      return await this.streams.open(guest, target, rangeOf(request));
    } catch (error) {
      if (!isCode(error, 'RANGE_NOT_SATISFIABLE') || !isConditional(headers)) throw error;
      // The state that the request names comes before its range: RFC 9110, 13.2.2.
      const whole = await this.streams.open(guest, target);
      giveUpOn(whole, () => checkState(whole, headers));
      if (isKnown(whole, headers)) return whole;
      whole.body.destroy();
      throw error;
    }
  }

  /** Replaces the content by all that comes, or changes nothing. */
  async write(idOrName: string, query: PlaceQuery, body: Readable, wishes: WriteWishes): Promise<WrittenFile> {
    const { row, guest } = await this.sandboxes.running(idOrName);
    return this.streams.write(guest, targetOf(row, query), body, wishes);
  }
}

/** A check that fails leaves nothing open. */
function giveUpOn(file: OpenFile, check: () => void): void {
  try {
    check();
  } catch (error) {
    file.body.destroy();
    throw error;
  }
}

function describe(reply: FastifyReply, { etag, mtime }: OpenFile): void {
  void reply.headers({ vary: 'Accept', 'cache-control': 'private, no-cache' });
  if (etag === undefined) return; // what the kernel makes up as it is read has no state to name
  const date = new Date(mtime);
  void reply.headers({ etag: `"${etag}"`, 'accept-ranges': 'bytes' });
  if (!Number.isNaN(date.getTime())) void reply.header('last-modified', date.toUTCString());
}
