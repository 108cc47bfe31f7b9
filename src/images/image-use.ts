import { Injectable } from '@nestjs/common';
import { badRequest } from '../common/errors/atoll-error.js';
import { checkImageName } from '../engine/image-reference.js';
import { Images } from '../engine/images.js';
import type { ImageInfo } from '../engine/types.js';
import { ImagePolicy } from './image-policy.js';

/** Images as sandboxes are made of them. */
@Injectable()
export class ImageUse {
  constructor(
    private readonly images: Images,
    private readonly policy: ImagePolicy,
  ) {}

  /** 400 where it is not on the engine, or can't be; 403 where it may not be used. */
  async find(name: string): Promise<ImageInfo> {
    checkImageName(name);
    const image = await this.images.inspect(name);
    if (!image) throw noImage(name);
    this.policy.checkUse(name, image);
    return image;
  }
}

export const noImage = (name: string) =>
  badRequest(
    `image "${name}" is not on this engine; pull it there first: POST /v1/images/pull, or docker pull ${name}`,
    {
      field: 'image',
    },
  );
