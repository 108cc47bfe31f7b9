import { Controller, Get, Param } from '@nestjs/common';
import { ApiBearerAuth, ApiParam, ApiTags } from '@nestjs/swagger';
import { ApiErrors } from '../common/errors/api-errors.decorator.js';
import { ImageDetail, ImageList } from './dto/images.dto.js';
import { ImagesService } from './images.service.js';

@ApiTags('Images')
@ApiBearerAuth('ApiKeyAuth')
@Controller('v1/images')
export class ImagesController {
  constructor(private readonly images: ImagesService) {}

  /** List the images that are on the engine. */
  @Get()
  @ApiErrors('ENGINE_UNAVAILABLE', 'TIMEOUT')
  async list(): Promise<ImageList> {
    const images = await this.images.list();
    return { images: images.map(({ id, tags, size }) => ({ id, tags, size })) };
  }

  /** Inspect an image, by its id, short id or reference. A reference may hold slashes and colons, raw or percent-encoded. */
  @Get('*')
  @ApiParam({ name: 'id', type: String, description: 'Image id, short id or reference.', example: 'busybox:latest' })
  @ApiErrors('NOT_FOUND', 'ENGINE_UNAVAILABLE', 'TIMEOUT')
  async inspect(@Param('*') reference: string): Promise<ImageDetail> {
    const image = await this.images.get(reference);
    return {
      id: image.id,
      tags: image.tags,
      size: image.size,
      created: image.created,
      architecture: image.architecture,
      os: image.os,
    };
  }
}
