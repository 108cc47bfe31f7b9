import { Body, Controller, Delete, Get, HttpCode, Param, Post, Query, Req, Res } from '@nestjs/common';
import {
  ApiBearerAuth,
  ApiBody,
  ApiExtraModels,
  ApiOkResponse,
  ApiParam,
  ApiTags,
  getSchemaPath,
} from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ApiErrors } from '../common/errors/api-errors.decorator.js';
import { clientGone } from '../common/http/client-gone.js';
import { acceptsNdjson, NDJSON } from '../common/ndjson.js';
import { ImageRemoval } from './image-removal.js';
import { ImagesService } from './images.service.js';
import { PullsService } from './pulls.service.js';
import { ImageDetail, ImageList } from './dto/images.dto.js';
import { PulledImage, PullEvent, PullImageRequest, PullQuery } from './dto/pull-image.dto.js';
import { RemoveImageQuery } from './dto/remove-image.query.dto.js';

/** What Swagger UI proposes: with all its members filled in, no registry would take it. */
const PULL = {
  public: { summary: 'From a public registry', value: { image: 'busybox:latest' } },
  private: {
    summary: 'With credentials',
    value: { image: 'registry.example:5000/team/app:1', auth: { username: 'robot', password: 'secret' } },
  },
};

const ApiName = () =>
  ApiParam({ name: 'id', type: String, description: 'Image id, short id or reference.', example: 'busybox:latest' });

@ApiTags('Images')
@ApiBearerAuth('ApiKeyAuth')
@ApiExtraModels(PulledImage, PullEvent)
@Controller('v1/images')
export class ImagesController {
  constructor(
    private readonly images: ImagesService,
    private readonly pulls: PullsService,
    private readonly removal: ImageRemoval,
  ) {}

  /** List the images that are on the engine. */
  @Get()
  @ApiErrors('TIMEOUT')
  async list(): Promise<ImageList> {
    const images = await this.images.list();
    return { images: images.map(({ id, tags, size }) => ({ id, tags, size })) };
  }

  /** Pull an image from its registry. It answers once the image is there, or with `stream=true` as ND-JSON with its progress. */
  @Post('pull')
  @HttpCode(200)
  @ApiBody({ type: PullImageRequest, examples: PULL })
  @ApiOkResponse({
    description: 'It is there; as ND-JSON, what happens to each layer before.',
    content: {
      'application/json': { schema: { $ref: getSchemaPath(PulledImage) } },
      [NDJSON]: { schema: { $ref: getSchemaPath(PullEvent) } },
    },
  })
  @ApiErrors('FORBIDDEN', 'NOT_FOUND', 'BAD_GATEWAY', 'RATE_LIMITED', 'INSUFFICIENT_STORAGE')
  @ApiErrors('TIMEOUT', 'UNSUPPORTED_MEDIA_TYPE', 'PAYLOAD_TOO_LARGE')
  async pull(
    @Body() request: PullImageRequest,
    @Query() { stream }: PullQuery,
    @Req() { headers }: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<unknown> {
    void reply.header('vary', 'Accept');
    if (stream === 'true' || (stream === undefined && acceptsNdjson(headers.accept))) return this.pulls.follow(request);
    await this.pulls.pull(request, clientGone(reply.raw));
    return { status: 'pulled', image: request.image } satisfies PulledImage;
  }

  /** Inspect an image, by its id, short id or reference. A reference may hold slashes and colons, raw or percent-encoded. */
  @Get('*')
  @ApiName()
  @ApiErrors('NOT_FOUND', 'CONFLICT', 'TIMEOUT')
  async inspect(@Param('*') name: string): Promise<ImageDetail> {
    const image = await this.images.get(name);
    return {
      id: image.id,
      tags: image.tags,
      size: image.size,
      created: image.created,
      architecture: image.architecture,
      os: image.os,
    };
  }

  /** Remove an image by its id, or take a tag off it; with its last tag the image goes. */
  @Delete('*')
  @HttpCode(204)
  @ApiName()
  @ApiErrors('NOT_FOUND', 'CONFLICT', 'TIMEOUT')
  async remove(@Param('*') name: string, @Query() { force }: RemoveImageQuery): Promise<void> {
    await this.removal.remove(name, force === 'true');
  }
}
