import { Injectable } from '@nestjs/common';
import type { PulledImage } from './pulled-image.types.js';
import { Store } from './store.js';

/** The images that this service pulled: what it may remove by itself. All methods may throw StoreError. */
@Injectable()
export class PulledImagesRepository {
  constructor(private readonly store: Store) {}

  /** It was pulled, or pulled again: it counts as used now. */
  async record(image: PulledImage): Promise<void> {
    await this.store.db
      .insertInto('pulledImages')
      .values(image)
      .onConflict((conflict) => conflict.columns(['reference', 'imageId']).doUpdateSet({ usedAt: image.usedAt }))
      .execute();
  }

  /** Nothing happens for an image that was not pulled here. */
  async use(imageId: string, usedAt: number): Promise<void> {
    await this.store.db.updateTable('pulledImages').set({ usedAt }).where('imageId', '=', imageId).execute();
  }

  /** Those that were not used for longest first. */
  list(): Promise<PulledImage[]> {
    return this.store.db.selectFrom('pulledImages').selectAll().orderBy('usedAt').orderBy('reference').execute();
  }

  /** Forgets it if it was not used since. False: it was, or somebody else forgot it. */
  async forget({ reference, imageId, usedAt }: PulledImage): Promise<boolean> {
    const { numDeletedRows } = await this.store.db
      .deleteFrom('pulledImages')
      .where('reference', '=', reference)
      .where('imageId', '=', imageId)
      .where('usedAt', '=', usedAt)
      .executeTakeFirst();
    return numDeletedRows === 1n;
  }
}
