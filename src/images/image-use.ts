import { Injectable } from '@nestjs/common';
import { badRequest } from '../common/errors/atoll-error.js';
import { checkImageName, isImageId, parseReference } from '../engine/image-reference.js';
import { Images } from '../engine/images.js';
import type { ImageInfo } from '../engine/types.js';
import { ImagePolicy } from './image-policy.js';
import { ImagePulls } from './image-pulls.js';
import { ImageUpkeep } from './image-upkeep.js';
import type { PullStream } from './pull-stream.js';

/** When an image is pulled before a sandbox is made of it. */
export const PULL_MODES = ['never', 'missing', 'always'] as const;
export type PullMode = (typeof PULL_MODES)[number];

/** Images as sandboxes are made of them. */
@Injectable()
export class ImageUse {
  constructor(
    private readonly images: Images,
    private readonly policy: ImagePolicy,
    private readonly pulls: ImagePulls,
    private readonly upkeep: ImageUpkeep,
  ) {}

  /** 400 where it is not on the engine, or can't be; 403 where it may not be used. */
  async find(name: string): Promise<ImageInfo> {
    checkImageName(name);
    const image = await this.images.inspect(name);
    if (!image) throw noImage(name);
    this.policy.checkUse(name, image);
    await this.upkeep.used(image.id);
    return image;
  }

  /** Pulls it, if that is to be. The signal: nobody waits for it any more. Throws what `ImagePulls.pull` does. */
  async ensure(name: string, mode: PullMode, signal: AbortSignal): Promise<void> {
    if (await this.isToBePulled(name, mode)) await this.pulls.pull({ image: name }, signal);
  }

  /** The same, with its progress; undefined where nothing is to be pulled. */
  async follow(name: string, mode: PullMode): Promise<PullStream | undefined> {
    return (await this.isToBePulled(name, mode)) ? this.pulls.follow({ image: name }) : undefined;
  }

  private async isToBePulled(name: string, mode: PullMode): Promise<boolean> {
    if (mode === 'never') return false;
    checkImageName(name);
    if (mode === 'missing' && (await this.images.inspect(name))) return false;
    if (isImageId(name)) {
      if (mode === 'missing') throw noImage(name);
      throw badRequest('image is an id, and nothing can be pulled by an id: name it by its reference', {
        field: 'image',
      });
    }
    parseReference(name);
    return true;
  }
}

export const noImage = (name: string) =>
  badRequest(
    `image "${name}" is not on this engine; pull it there first: "pull":"missing", POST /v1/images/pull, or docker pull ${name}`,
    { field: 'image' },
  );
