import { Injectable } from '@nestjs/common';
import { notFound } from '../common/errors/atoll-error.js';
import { checkImageName } from '../engine/image-reference.js';
import { Images } from '../engine/images.js';
import type { ImageInfo, ImageSummary } from '../engine/types.js';

@Injectable()
export class ImagesService {
  constructor(private readonly images: Images) {}

  list(): Promise<ImageSummary[]> {
    return this.images.list();
  }

  /** By id, short id or reference. 400 for what can't be one, 404 when there is none, 409 for a short id of several. */
  async get(name: string): Promise<ImageInfo> {
    checkImageName(name);
    const image = await this.images.inspect(name);
    if (!image) throw notFound(`no image "${name}" on this engine`);
    return image;
  }
}
