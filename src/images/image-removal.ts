import { Injectable } from '@nestjs/common';
import { conflict, notFound } from '../common/errors/atoll-error.js';
import { isEngineError } from '../engine/errors.js';
import { checkImageName, type ImageReference } from '../engine/image-reference.js';
import { Images, type ImageUser } from '../engine/images.js';
import type { ImageInfo } from '../engine/types.js';
import { goesWith, referenceBy } from './named.js';
import { SandboxesRepository } from '../store/sandboxes.repository.js';

/** Removing images, and never one that somebody needs. */
@Injectable()
export class ImageRemoval {
  constructor(
    private readonly images: Images,
    private readonly sandboxes: SandboxesRepository,
  ) {}

  /**
   * By a reference: takes that tag off, and removes the image if it was its last. By an id: removes the image. 409 while a sandbox uses it, forced or
   * not; while a container of other software does, unless forced.
   */
  async remove(name: string, force: boolean): Promise<void> {
    checkImageName(name);
    const image = await this.images.inspect(name);
    if (!image) throw noImage(name);
    const reference = referenceBy(name, image);
    const users = await this.images.usersOf(image.id);
    await this.expectNoSandbox(users, image, reference);
    if (!force && isLast(image, reference)) expectNoContainer(users);
    try {
      await this.images.remove(name, force);
    } catch (error) {
      if (isEngineError(error, 'no_such_image')) throw noImage(name);
      if (isEngineError(error, 'conflict')) throw inUse(image, reference);
      throw error;
    }
  }

  /** One of several tags is nothing that a sandbox needs, unless it was made by that very one. */
  private async expectNoSandbox(
    users: ImageUser[],
    image: ImageInfo,
    reference: ImageReference | undefined,
  ): Promise<void> {
    for (const { sandboxId } of users) {
      if (sandboxId === undefined) continue;
      const row = await this.sandboxes.find(sandboxId);
      if (!row || (reference && !isLast(image, reference) && !goesWith(row.image, reference))) continue;
      throw conflict(`the image is used by sandbox "${row.name}" (${row.id}): delete that first`);
    }
  }
}

/** Whether nothing of the image would be left. */
const isLast = ({ tags }: ImageInfo, reference: ImageReference | undefined) =>
  reference === undefined || tags.every((one) => goesWith(one, reference));

function expectNoContainer(users: ImageUser[]): void {
  if (users.length > 0)
    throw conflict(
      `the image is used by container "${users[0].name}" of other software; force=true removes it all the same`,
    );
}

function inUse(image: ImageInfo, reference: ImageReference | undefined): Error {
  return reference === undefined && image.tags.length > 1
    ? conflict(`the image has ${image.tags.length} tags: remove them one by one, or all with force=true`)
    : conflict('the image is in use: by a container, or as the base of another image');
}

const noImage = (name: string) => notFound(`no image "${name}" on this engine`);
