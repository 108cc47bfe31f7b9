import type { StoreMigration } from './migration.js';

/** Which sandbox an Idempotency-Key stands for from its first moment on, and two limits of a sandbox that may be asked for. */
export const idempotentSandboxLimits: StoreMigration = {
  async up(db, kind) {
    const int = kind === 'sqlite' ? 'integer' : 'bigint';
    await db.schema.alterTable('idempotency').addColumn('sandbox_id', 'text').execute();
    // What was not answered is of a service that is no more, and says nothing: it named no sandbox.
    await db
      .deleteFrom('idempotency' as never)
      .where('answer' as never, 'is', null)
      .execute();
    // Null: the configured limit for pids, none for the disk.
    await db.schema.alterTable('sandboxes').addColumn('pids', int).execute();
    await db.schema.alterTable('sandboxes').addColumn('disk_mb', int).execute();
  },
};
