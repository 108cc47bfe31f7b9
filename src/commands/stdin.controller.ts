import { Controller, HttpCode, Param, Put, Query, Req, Res } from '@nestjs/common';
import { ApiBearerAuth, ApiBody, ApiConsumes, ApiExtraModels, ApiTags, getSchemaPath } from '@nestjs/swagger';
import { RouteConfig } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Readable } from 'node:stream';
import { bytesOf } from '../common/base64.js';
import { ApiErrors } from '../common/errors/api-errors.decorator.js';
import { badRequest } from '../common/errors/atoll-error.js';
import { isStreamed } from '../common/http/stream-body.js';
import { validated } from '../common/validation/validation.pipe.js';
import { CommandsService } from './commands.service.js';
import { StdinQuery, StdinWritten, WriteStdinRequest } from './dto/stdin.dto.js';

const BYTES = 'application/octet-stream';

@ApiTags('Commands')
@ApiBearerAuth('ApiKeyAuth')
@ApiExtraModels(WriteStdinRequest)
@Controller('v1/sandboxes/:id/cmd/:cmdId/stdin')
export class StdinController {
  constructor(private readonly commands: CommandsService) {}

  /**
   * Write to a command's standard input, which `open_stdin` left open: as JSON text, or with `Content-Type: application/octet-stream` bytes, of any
   * length, as they come. It answers when the command's pipe has taken all; a client that goes away stops it there. Several writers at once take turns.
   */
  @Put()
  @HttpCode(200)
  @RouteConfig({ streams: [BYTES] })
  @ApiConsumes('application/json', BYTES)
  @ApiBody({ schema: { oneOf: [{ $ref: getSchemaPath(WriteStdinRequest) }, { type: 'string', format: 'binary' }] } })
  @ApiErrors('NOT_FOUND', 'CONFLICT', 'TIMEOUT', 'UNSUPPORTED_MEDIA_TYPE', 'PAYLOAD_TOO_LARGE', 'RATE_LIMITED')
  async write(
    @Param('id') id: string,
    @Param('cmdId') cmdId: string,
    @Query() query: StdinQuery,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<StdinWritten> {
    const left = new AbortController();
    if (reply.raw.closed) left.abort();
    else reply.raw.once('close', () => left.abort());
    const { body, close } = isStreamed(request)
      ? { body: request.body as Readable, close: false }
      : await inJson(request);
    const options = { close: close || query.close === 'true', signal: left.signal };
    try {
      return await this.commands.writeStdin(id, cmdId, body, options);
    } catch (error) {
      throw left.signal.aborted ? badRequest('the client went away') : error; // which is nobody's bug, as the log would say
    }
  }
}

async function inJson({ body }: FastifyRequest): Promise<{ body: Buffer; close: boolean }> {
  const { data = '', encoding, close = false } = await validated(WriteStdinRequest, body ?? {});
  return { body: bytesOf(data, encoding, 'data'), close };
}
