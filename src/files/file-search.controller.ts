import { Body, Controller, Get, Header, HttpCode, Param, Post, Query, Res } from '@nestjs/common';
import { ApiBearerAuth, ApiBody, ApiExtraModels, ApiOkResponse, ApiTags, getSchemaPath } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { clientGone } from '../common/http/client-gone.js';
import { NDJSON } from '../common/ndjson.js';
import { ApiFile, WRITTEN_HEADERS } from './api-files.decorators.js';
import { REPLACE } from './dto/change.examples.js';
import { PlaceQuery } from './dto/place.query.dto.js';
import {
  FileEventLine,
  ReplacedFile,
  ReplaceRequest,
  SearchQuery,
  SearchResult,
  WatchQuery,
} from './dto/search.dto.js';
import { FileSearchService } from './file-search.service.js';
import { shown } from './places.js';
import { Unconditional } from './unconditional.js';

@ApiTags('Files')
@ApiBearerAuth('ApiKeyAuth')
@ApiExtraModels(FileEventLine)
@Controller('v1/sandboxes/:id/files')
export class FileSearchController {
  constructor(private readonly files: FileSearchService) {}

  /** Search the tree below a directory: entries by their name, lines by what they hold, or both. */
  @Get('search')
  @ApiFile('PAYLOAD_TOO_LARGE')
  async search(
    @Param('id') id: string,
    @Query() query: SearchQuery,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<SearchResult> {
    const found = await this.files.search(id, query, clientGone(reply.raw));
    return { ...shown(query), ...found };
  }

  /** Replace in a file, in one step. */
  @Post('replace')
  @HttpCode(200)
  @Unconditional()
  @ApiBody({ type: ReplaceRequest, examples: REPLACE })
  @ApiOkResponse({ type: ReplacedFile, headers: WRITTEN_HEADERS })
  @ApiFile('UNSUPPORTED_MEDIA_TYPE', 'PAYLOAD_TOO_LARGE', 'INSUFFICIENT_STORAGE')
  async replace(
    @Param('id') id: string,
    @Query() query: PlaceQuery,
    @Body() request: ReplaceRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ReplacedFile> {
    const { replacements, etag } = await this.files.replace(id, query, request);
    void reply.header('etag', `"${etag}"`);
    return { ...shown(query), status: replacements > 0 ? 'replaced' : 'unchanged', replacements };
  }

  /** Follow what happens in a directory, as ND-JSON: a line `started`, then one for each event, until the client goes. */
  @Get('watch')
  @Header('cache-control', 'no-store')
  @ApiOkResponse({
    description: 'One event a line.',
    content: { [NDJSON]: { schema: { $ref: getSchemaPath(FileEventLine) } } },
  })
  @ApiFile('PAYLOAD_TOO_LARGE')
  async watch(@Param('id') id: string, @Query() query: WatchQuery): Promise<unknown> {
    return this.files.watch(id, query);
  }
}
