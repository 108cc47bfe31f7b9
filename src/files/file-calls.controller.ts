import { Body, Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiBearerAuth, ApiBody, ApiTags } from '@nestjs/swagger';
import { ApiFile } from './api-files.decorators.js';
import { MadeDirectory, MadeLink, MkdirRequest, MovedFile, SymlinkRequest, ToRequest } from './dto/change.dto.js';
import { TO } from './dto/change.examples.js';
import { DirectoryList, FileStat } from './dto/files.dto.js';
import { ListQuery } from './dto/list.query.dto.js';
import { PlaceQuery } from './dto/place.query.dto.js';
import { StatQuery } from './dto/stat.query.dto.js';
import { FileChangesService } from './file-changes.service.js';
import { FilesService } from './files.service.js';
import { shown, shownTo } from './places.js';
import { Unconditional } from './unconditional.js';

const BODY = ['UNSUPPORTED_MEDIA_TYPE', 'PAYLOAD_TOO_LARGE', 'INSUFFICIENT_STORAGE'] as const;

@ApiTags('Files')
@ApiBearerAuth('ApiKeyAuth')
@Controller('v1/sandboxes/:id/files')
export class FileCallsController {
  constructor(
    private readonly files: FilesService,
    private readonly changes: FileChangesService,
  ) {}

  /** List a directory, or with `recursive=true` all that is below it; with `limit` page by page. */
  @Get('list')
  @ApiFile('PAYLOAD_TOO_LARGE')
  async list(@Param('id') id: string, @Query() query: ListQuery): Promise<DirectoryList> {
    return this.files.list(id, query);
  }

  /** Ask about one file, directory or link. */
  @Get('stat')
  @ApiFile()
  async stat(@Param('id') id: string, @Query() { follow, ...query }: StatQuery): Promise<FileStat> {
    return this.files.stat(id, query, follow === 'true');
  }

  /** Make a directory with its parents. One that is there is left as it is. */
  @Post('mkdir')
  @HttpCode(200)
  @Unconditional()
  @ApiBody({ type: MkdirRequest, required: false })
  @ApiFile(...BODY)
  async mkdir(
    @Param('id') id: string,
    @Query() query: PlaceQuery,
    @Body() { mode }: MkdirRequest,
  ): Promise<MadeDirectory> {
    const created = await this.changes.mkdir(id, query, mode);
    return { ...shown(query), status: created ? 'created' : 'existing' };
  }

  /** Make a symbolic link at `path`. */
  @Post('symlink')
  @HttpCode(200)
  @Unconditional()
  @ApiFile(...BODY)
  async symlink(
    @Param('id') id: string,
    @Query() query: PlaceQuery,
    @Body() request: SymlinkRequest,
  ): Promise<MadeLink> {
    await this.changes.symlink(id, query, request);
    return { ...shown(query), status: 'created', target: request.target };
  }

  /** Move or rename a file or a directory. */
  @Post('move')
  @HttpCode(200)
  @Unconditional()
  @ApiBody({ type: ToRequest, examples: TO })
  @ApiFile(...BODY)
  async move(@Param('id') id: string, @Query() query: PlaceQuery, @Body() request: ToRequest): Promise<MovedFile> {
    await this.changes.move(id, query, request);
    return { ...shown(query), status: 'moved', ...shownTo(request) };
  }

  /** Copy a file, or a directory with all that is in it. */
  @Post('copy')
  @HttpCode(200)
  @Unconditional()
  @ApiBody({ type: ToRequest, examples: TO })
  @ApiFile(...BODY)
  async copy(@Param('id') id: string, @Query() query: PlaceQuery, @Body() request: ToRequest): Promise<MovedFile> {
    await this.changes.copy(id, query, request);
    return { ...shown(query), status: 'copied', ...shownTo(request) };
  }
}
