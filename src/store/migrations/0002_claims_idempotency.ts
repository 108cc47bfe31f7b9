import { sql } from 'kysely';
import type { StoreMigration } from './migration.js';

/** Who is changing a sandbox now, and which create an Idempotency-Key stands for. */
export const claimsIdempotency: StoreMigration = {
  async up(db, kind) {
    const int = kind === 'sqlite' ? 'integer' : 'bigint';
    await db.schema.alterTable('sandboxes').addColumn('claim', 'text').execute();
    await db.schema.alterTable('sandboxes').addColumn('claim_until', int).execute();
    // The retention's question: what ended long ago.
    await db.schema.createIndex('sandboxes_ended').on('sandboxes').columns(['status', 'finished_at']).execute();

    const table = db.schema.createTable('idempotency');
    await (kind === 'sqlite' ? table.modifyEnd(sql`strict`) : table)
      .addColumn('owner', 'text', (column) => column.notNull())
      .addColumn('key', 'text', (column) => column.notNull())
      .addColumn('body_hash', 'text', (column) => column.notNull())
      .addColumn('created_at', int, (column) => column.notNull())
      .addColumn('answer', 'text')
      .addPrimaryKeyConstraint('idempotency_key', ['owner', 'key'])
      .execute();
    await db.schema.createIndex('idempotency_age').on('idempotency').columns(['created_at']).execute();
  },
};
