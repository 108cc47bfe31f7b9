import { Injectable } from '@nestjs/common';
import { notFound } from '../common/errors/atoll-error.js';
import { Images } from '../engine/images.js';
import type { ImageInfo, ImageSummary } from '../engine/types.js';

@Injectable()
export class ImagesService {
  constructor(private readonly images: Images) {}

  list(): Promise<ImageSummary[]> {
    return this.images.list();
  }

  /** By id, short id or reference. 404 when there is none. */
  async get(reference: string): Promise<ImageInfo> {
    const image = await this.images.inspect(reference);
    if (!image) throw notFound(`no image "${reference}" on this engine`);
    return image;
  }
}
