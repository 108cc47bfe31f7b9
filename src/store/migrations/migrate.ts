import { sql, type Kysely } from 'kysely';
import { DEFAULT_MIGRATION_TABLE, Migrator } from 'kysely/migration';
import type { Tables } from '../tables.js';
import { StoreError } from '../store.error.js';
import { sandboxesCommandsMeta } from './0001_sandboxes_commands_meta.js';
import { claimsIdempotency } from './0002_claims_idempotency.js';
import { idempotentSandboxLimits } from './0003_idempotent_sandbox_limits.js';
import { pulledImages } from './0004_pulled_images.js';
import type { DatabaseKind, StoreMigration } from './migration.js';

/** In order of their names. */
const MIGRATIONS: Record<string, StoreMigration> = {
  '0001_sandboxes_commands_meta': sandboxesCommandsMeta,
  '0002_claims_idempotency': claimsIdempotency,
  '0003_idempotent_sandbox_limits': idempotentSandboxLimits,
  '0004_pulled_images': pulledImages,
};

/** Any number, as long as all Atolls of all versions use the same. */
const LOCK = 4_720_113_915;

/**
 * Brings the database to the newest schema: all steps or none, one service at a time (the transaction is the lock in
 * SQLite). Throws StoreError when a newer version of the service has been here.
 */
export async function migrate(db: Kysely<unknown>, kind: DatabaseKind): Promise<void> {
  await db.transaction().execute(async (transaction) => {
    if (kind === 'postgres') await sql`select pg_advisory_xact_lock(${sql.lit(LOCK)})`.execute(transaction);
    const { error } = await new Migrator({
      db: transaction,
      provider: { getMigrations: async () => migrationsFor(kind) },
      migrationTableSchema: kind === 'postgres' ? await currentSchema(transaction) : undefined,
    }).migrateToLatest();
    if (error instanceof Error && error.message.startsWith('corrupted migrations')) {
      const message = 'The database was used by a newer version of the service; this one is too old for it.';
      throw new StoreError('unavailable', { message, cause: error });
    }
    if (error) throw error as Error;
  });
}

/** Whether these migrations were made, and no others. */
export async function isUpToDate(db: Kysely<Tables>): Promise<boolean> {
  const { rows } = await sql<{
    name: string;
  }>`select name from ${sql.table(DEFAULT_MIGRATION_TABLE)} order by name`.execute(db);
  return rows.map(({ name }) => name).join() === Object.keys(MIGRATIONS).join();
}

/** By name, in their order, as Kysely takes them. */
export function migrationsFor(kind: DatabaseKind) {
  const steps = Object.entries(MIGRATIONS);
  return Object.fromEntries(steps.map(([name, step]) => [name, { up: (db: Kysely<unknown>) => step.up(db, kind) }]));
}

/** Kysely would take the tables of another schema for ours. */
async function currentSchema(db: Kysely<unknown>): Promise<string> {
  const { rows } = await sql<{ name: string | null }>`select current_schema() as name`.execute(db);
  return rows[0]?.name ?? 'public';
}
