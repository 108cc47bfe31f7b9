import { Injectable, Logger } from '@nestjs/common';
import { Config } from '../config/config.js';
import { isEngineError } from '../engine/errors.js';
import { parseReference } from '../engine/image-reference.js';
import { Images } from '../engine/images.js';
import type { ImageInfo } from '../engine/types.js';
import type { PulledImage } from '../store/pulled-image.types.js';
import { PulledImagesRepository } from '../store/pulled-images.repository.js';
import { isSame } from './named.js';

const MB = 1_048_576;

/** Removes what this service pulled and nobody needs any more, by age and by size. What others brought is not its own to remove. */
@Injectable()
export class ImageUpkeep {
  private readonly logger = new Logger(ImageUpkeep.name);

  constructor(
    private readonly config: Config,
    private readonly images: Images,
    private readonly pulled: PulledImagesRepository,
  ) {}

  get wanted(): boolean {
    const { maxAgeS, maxSizeMb } = this.config.images;
    return maxAgeS > 0 || maxSizeMb > 0;
  }

  /** A sandbox is about to be made of it. */
  async used(imageId: string): Promise<void> {
    if (this.wanted) await this.pulled.use(imageId, Date.now());
  }

  /** Looks at all of them once. Throws when the engine or the store does not answer. */
  async run(): Promise<void> {
    const { maxAgeS, maxSizeMb } = this.config.images;
    const now = Date.now();
    const idle: { row: PulledImage; image: ImageInfo }[] = [];
    const sizes = new Map<string, number>();
    for (const row of await this.pulled.list()) {
      const image = await this.images.inspect(row.imageId);
      if (!image) {
        await this.pulled.forget(row);
        continue;
      }
      sizes.set(image.id, image.size);
      // A container of anybody's, in whatever state, needs it.
      if ((await this.images.usersOf(image.id)).length > 0) await this.pulled.use(image.id, now);
      else idle.push({ row, image });
    }
    let total = [...sizes.values()].reduce((sum, size) => sum + size, 0);
    for (const { row, image } of idle) {
      const old = maxAgeS > 0 && row.usedAt < now - maxAgeS * 1000;
      const tooMuch = maxSizeMb > 0 && total > maxSizeMb * MB;
      if ((old || tooMuch) && (await this.remove(row, image)) && !(await this.images.inspect(image.id)))
        total -= image.size;
    }
  }

  /** Whether it was removed: somebody may have begun to use it. */
  private async remove(row: PulledImage, { tags }: ImageInfo): Promise<boolean> {
    if (!(await this.pulled.forget(row))) return false;
    const tagged = tags.some((tag) => isSame(tag, parseReference(row.reference)));
    // Its tag means another image now, and somebody gave this one a tag of their own.
    if (!tagged && tags.length > 0) return false;
    try {
      await this.images.remove(tagged ? row.reference : row.imageId, false);
      this.logger.log({ image: row.reference, imageId: row.imageId }, 'removed an image that was not used');
      return true;
    } catch (error) {
      if (isEngineError(error, 'no_such_image')) return true;
      await this.pulled.record({ ...row, usedAt: Date.now() });
      if (isEngineError(error, 'conflict')) return false;
      throw error;
    }
  }
}
