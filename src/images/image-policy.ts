import { Injectable } from '@nestjs/common';
import { AtollError } from '../common/errors/atoll-error.js';
import { Config } from '../config/config.js';
import { fullName, type ImageReference, isReference, parseReference } from '../engine/image-reference.js';
import type { ImageInfo } from '../engine/types.js';
import { allows } from './image-globs.js';
import { referenceBy } from './named.js';

/** Which images may be pulled, and which sandboxes may be made of. */
@Injectable()
export class ImagePolicy {
  constructor(private readonly config: Config) {}

  /** Throws FORBIDDEN. */
  check(reference: ImageReference): void {
    if (!this.isAllowed(reference)) throw forbidden(fullName(reference));
  }

  /** An image that is on the engine, by the name that was asked for. By its id it may be used if it may be by one of its tags. Throws FORBIDDEN. */
  checkUse(name: string, image: Pick<ImageInfo, 'tags'>): void {
    const reference = referenceBy(name, image);
    if (reference) return this.check(reference);
    if (this.config.images.allowed === undefined) return;
    if (!image.tags.some((tag) => isReference(tag) && this.isAllowed(parseReference(tag)))) throw forbidden(name);
  }

  private isAllowed(reference: ImageReference): boolean {
    const { allowed } = this.config.images;
    return allowed === undefined || allowed.some((glob) => allows(glob, reference));
  }
}

const forbidden = (name: string) =>
  new AtollError('FORBIDDEN', `image ${name} is not among those that ATOLL_ALLOWED_IMAGES allows here`);
