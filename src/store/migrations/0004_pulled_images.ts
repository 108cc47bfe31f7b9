import { sql } from 'kysely';
import type { StoreMigration } from './migration.js';

/** Which images this service pulled, and when each was used last. */
export const pulledImages: StoreMigration = {
  async up(db, kind) {
    const int = kind === 'sqlite' ? 'integer' : 'bigint';
    const table = db.schema.createTable('pulled_images');
    await (kind === 'sqlite' ? table.modifyEnd(sql`strict`) : table)
      .addColumn('reference', 'text', (column) => column.notNull())
      .addColumn('image_id', 'text', (column) => column.notNull())
      .addColumn('used_at', int, (column) => column.notNull())
      .addPrimaryKeyConstraint('pulled_images_pk', ['reference', 'image_id'])
      .execute();
  },
};
