import { Body, Controller, Delete, Get, HttpCode, Param, Put, Query } from '@nestjs/common';
import { ApiBearerAuth, ApiTags } from '@nestjs/swagger';
import { ApiErrors } from '../common/errors/api-errors.decorator.js';
import { DirectoryList, FileContent, ListQuery, PathQuery, WriteFileRequest, WrittenFile } from './dto/files.dto.js';
import { toEntry } from './file-view.js';
import { FilesService } from './files.service.js';
import { formatList } from './ls-format.js';

@ApiTags('Files')
@ApiBearerAuth('ApiKeyAuth')
@Controller('v1/sandboxes/:id/files')
export class FilesController {
  constructor(private readonly files: FilesService) {}

  /** Read a text file. */
  @Get()
  @ApiErrors(
    'NOT_FOUND',
    'CONFLICT',
    'FORBIDDEN',
    'NOT_ACCEPTABLE',
    'PAYLOAD_TOO_LARGE',
    'ENGINE_UNAVAILABLE',
    'TIMEOUT',
  )
  async read(@Param('id') id: string, @Query() { path }: PathQuery): Promise<FileContent> {
    return { path, content: await this.files.read(id, path) };
  }

  /** Write a text file: all or nothing. Parent directories are made; an existing file keeps its mode and owner. */
  @Put()
  @ApiErrors(
    'NOT_FOUND',
    'CONFLICT',
    'FORBIDDEN',
    'PAYLOAD_TOO_LARGE',
    'UNSUPPORTED_MEDIA_TYPE',
    'INSUFFICIENT_STORAGE',
    'ENGINE_UNAVAILABLE',
    'TIMEOUT',
  )
  async write(
    @Param('id') id: string,
    @Query() { path }: PathQuery,
    @Body() { content }: WriteFileRequest,
  ): Promise<WrittenFile> {
    await this.files.write(id, path, content);
    return { path, status: 'written' };
  }

  /** Delete a file, or a directory with all that is in it. */
  @Delete()
  @HttpCode(204)
  @ApiErrors('NOT_FOUND', 'CONFLICT', 'FORBIDDEN', 'ENGINE_UNAVAILABLE', 'TIMEOUT')
  async remove(@Param('id') id: string, @Query() { path }: PathQuery): Promise<void> {
    await this.files.remove(id, path);
  }

  /** List a directory. */
  @Get('list')
  @ApiErrors('NOT_FOUND', 'CONFLICT', 'FORBIDDEN', 'PAYLOAD_TOO_LARGE', 'ENGINE_UNAVAILABLE', 'TIMEOUT')
  async list(@Param('id') id: string, @Query() { path = '/' }: ListQuery): Promise<DirectoryList> {
    const entries = await this.files.list(id, path);
    return { path, output: formatList(entries), entries: entries.map(toEntry) };
  }
}
