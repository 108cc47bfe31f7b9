import { Injectable, StreamableFile } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import type { Readable } from 'node:stream';
import { Config } from '../config/config.js';
import { FileStreams, type Unpacked } from '../guest/file-streams.js';
import { SandboxAccess } from '../sandboxes/sandbox-access.js';
import { takesGzip } from './accept.js';
import type { RequestHeaders } from './conditions.js';
import { disposition } from './disposition.js';
import type { UploadedFile } from './dto/files.dto.js';
import type { PlaceQuery } from './dto/place.query.dto.js';
import { textIn } from './file-view.js';
import { eachPart, partName } from './multipart.js';
import { askedBytes, targetOf } from './places.js';

/** Many files in one call: trees as tar archives both ways, and forms with several files. */
@Injectable()
export class FileTreesService {
  constructor(
    private readonly sandboxes: SandboxAccess,
    private readonly streams: FileStreams,
    private readonly config: Config,
  ) {}

  /** `packed`: as a .tar.gz; else a tar, for whom that is fine compressed on the way. */
  async read(
    idOrName: string,
    query: PlaceQuery,
    { packed, headers }: { packed: boolean; headers: RequestHeaders },
    reply: FastifyReply,
  ): Promise<StreamableFile> {
    const { row, guest } = await this.sandboxes.running(idOrName);
    const target = targetOf(row, query);
    const encoded = !packed && takesGzip(String(headers['accept-encoding'] ?? ''));
    const body = await this.streams.openTree(guest, target, packed || encoded);
    void reply.headers({
      vary: 'Accept, Accept-Encoding',
      'content-disposition': disposition(target.path, packed ? '.tar.gz' : '.tar'),
      ...(encoded ? { 'content-encoding': 'gzip' } : {}),
    });
    return new StreamableFile(body, { type: packed ? 'application/gzip' : 'application/x-tar' });
  }

  /** All of an archive, or nothing; given up when the caller leaves. */
  async write(
    idOrName: string,
    query: PlaceQuery,
    body: Readable,
    options: { keepLinks: boolean; signal: AbortSignal },
  ): Promise<Unpacked> {
    const { row, guest } = await this.sandboxes.running(idOrName);
    return this.streams.writeTree(guest, targetOf(row, query), body, options);
  }

  /** The files of a form into a directory, each of them all or nothing. */
  async upload(idOrName: string, query: PlaceQuery, body: Readable, contentType: string): Promise<UploadedFile[]> {
    const { row, guest } = await this.sandboxes.running(idOrName);
    const { path: folder, user } = targetOf(row, query);
    const at = askedBytes(query);
    const files: UploadedFile[] = [];
    const { maxUploadFiles, maxRawBytes } = this.config.files;
    const bounds = { files: maxUploadFiles, bytes: maxRawBytes, idleMs: this.config.agent.callTimeoutMs };
    await eachPart(body, contentType, bounds, async (given, content) => {
      const name = partName(given);
      const path = Buffer.concat([folder, Buffer.from(`/${name}`)]);
      const { size } = await this.streams.write(guest, { path, user }, content, {});
      files.push({ ...textIn(at, name), size });
    });
    return files;
  }
}
