import { Body, Controller, Delete, Get, HttpCode, Param, Patch, Post, Put, Query, Req, Res } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import { ApiBearerAuth, ApiBody, ApiExtraModels, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Readable } from 'node:stream';
import { AtollError } from '../common/errors/atoll-error.js';
import { clientGone } from '../common/http/client-gone.js';
import { isStreamed, mediaType } from '../common/http/stream-body.js';
import { validated } from '../common/validation/validation.pipe.js';
import { formOf } from './accept.js';
import { ApiFile, ApiRead, ApiUpload, ApiWrite } from './api-files.decorators.js';
import { refuseConditions, writeConditions } from './conditions.js';
import { AttributesRequest, ChangedFiles } from './dto/change.dto.js';
import { MODE } from './dto/change.examples.js';
import { FileContent, UploadedFiles, WriteFileRequest, WrittenTree } from './dto/files.dto.js';
import { PlaceQuery } from './dto/place.query.dto.js';
import { ReadQuery } from './dto/read.query.dto.js';
import { WriteQuery } from './dto/write.query.dto.js';
import { FileBytesService } from './file-bytes.service.js';
import { FileChangesService } from './file-changes.service.js';
import { FileTreesService } from './file-trees.service.js';
import { FilesService } from './files.service.js';
import { shown } from './places.js';
import { Unconditional } from './unconditional.js';
import { refuseUnused } from './write-fields.js';

const ARCHIVES = ['application/x-tar', 'application/gzip'];

@ApiTags('Files')
@ApiBearerAuth('ApiKeyAuth')
@ApiExtraModels(FileContent, WriteFileRequest)
@Controller('v1/sandboxes/:id/files')
export class FilesController {
  constructor(
    private readonly files: FilesService,
    private readonly bytes: FileBytesService,
    private readonly trees: FileTreesService,
    private readonly changes: FileChangesService,
  ) {}

  /**
   * Read a file: as JSON text, or with `Accept: application/octet-stream` its bytes, of any length; or a whole directory with
   * `Accept: application/x-tar` (or `application/gzip`). `HEAD` gets the headers of a file's bytes.
   */
  @Get()
  @RouteConfig({ head: true })
  @ApiRead()
  async read(
    @Param('id') id: string,
    @Query() { encoding = 'utf8', ...query }: ReadQuery,
    @Req() { method, headers }: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<unknown> {
    const form = method === 'HEAD' ? 'application/octet-stream' : formOf(headers.accept);
    if (form === 'application/x-tar' || form === 'application/gzip')
      return this.trees.read(id, query, { packed: form === 'application/gzip', headers }, reply);
    if (form === 'application/octet-stream') return this.bytes.read(id, query, { method, headers }, reply);
    void reply.header('vary', 'Accept');
    const content = await this.files.read(id, query, encoding);
    return { ...shown(query), content, ...(encoding === 'base64' ? { encoding } : {}) } satisfies FileContent;
  }

  /**
   * Write a file: as JSON text, or with `Content-Type: application/octet-stream` its bytes, of any length; or unpack a tar
   * archive into a directory with `Content-Type: application/x-tar` (or `application/gzip`). All or nothing. Parent directories are made; an existing file keeps its mode and owner.
   */
  @Put()
  @RouteConfig({ streams: ['application/octet-stream', ...ARCHIVES] })
  @ApiWrite()
  async write(
    @Param('id') id: string,
    @Query() { encoding, mode, uid, gid, append, links, ...query }: WriteQuery,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<WrittenTree> {
    const isArchive = ARCHIVES.includes(mediaType(request.headers['content-type']));
    const form = isArchive ? 'archive' : isStreamed(request) ? 'bytes' : 'text';
    refuseUnused(form, { encoding, mode, uid, gid, append, links });
    if (isArchive) {
      refuseConditions(request.headers);
      const options = { keepLinks: links === 'keep', signal: clientGone(reply.raw) };
      const done = await this.trees.write(id, query, request.body as Readable, options);
      return { ...shown(query), status: 'written', ...done };
    }
    const number = (text?: string) => (text === undefined ? undefined : Number(text));
    const wishes = {
      ...{ mode, uid: number(uid), gid: number(gid), append: append === 'true' },
      ...writeConditions(request.headers),
    };
    const write = async () => {
      if (form === 'bytes') return this.bytes.write(id, query, request.body as Readable, wishes);
      const body = await validated(WriteFileRequest, request.body);
      const text = { content: body.content, encoding: body.encoding ?? encoding ?? 'utf8' };
      return this.files.write(id, query, text, wishes);
    };
    const { etag } = await write();
    void reply.header('etag', `"${etag}"`);
    return { ...shown(query), status: 'written' };
  }

  /** Upload several files of a form (`multipart/form-data`) into the directory `path`, each all or nothing. */
  @Post()
  @HttpCode(200)
  @Unconditional()
  @RouteConfig({ streams: ['multipart/form-data'] })
  @ApiUpload()
  async upload(
    @Param('id') id: string,
    @Query() query: PlaceQuery,
    @Req() request: FastifyRequest,
  ): Promise<UploadedFiles> {
    if (!isStreamed(request)) throw new AtollError('UNSUPPORTED_MEDIA_TYPE', 'this call takes multipart/form-data');
    const type = request.headers['content-type']!;
    return {
      ...shown(query),
      status: 'written',
      files: await this.trees.upload(id, query, request.body as Readable, type),
    };
  }

  /** Change mode, owner or group of a file, or of a whole tree. */
  @Patch()
  @Unconditional()
  @ApiBody({ type: AttributesRequest, examples: MODE })
  @ApiFile('PAYLOAD_TOO_LARGE', 'UNSUPPORTED_MEDIA_TYPE', 'INSUFFICIENT_STORAGE')
  async change(
    @Param('id') id: string,
    @Query() query: PlaceQuery,
    @Body() request: AttributesRequest,
  ): Promise<ChangedFiles> {
    return { ...shown(query), status: 'changed', entries: await this.changes.change(id, query, request) };
  }

  /** Delete a file, or a directory with all that is in it. */
  @Delete()
  @HttpCode(204)
  @Unconditional()
  @ApiFile('PAYLOAD_TOO_LARGE', 'UNSUPPORTED_MEDIA_TYPE', 'INSUFFICIENT_STORAGE')
  async remove(@Param('id') id: string, @Query() query: PlaceQuery): Promise<void> {
    await this.files.remove(id, query);
  }
}
