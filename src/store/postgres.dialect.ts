import { PostgresAdapter, PostgresDialect } from 'kysely';
import { openPostgres } from './postgres.pool.js';

/** Kysely over pg; connects by the first query. */
export class AtollPostgresDialect extends PostgresDialect {
  constructor(url: string, statementMs: number) {
    super({ pool: async () => openPostgres(url, statementMs) });
  }

  override createAdapter(): PostgresAdapter {
    return new UnlockedAdapter();
  }
}

/**
 * Without Kysely's own lock for migrations: we hold one already, for the transaction. Giving theirs back fails in a
 * transaction that an error has ended, and hides that error.
 */
class UnlockedAdapter extends PostgresAdapter {
  override async acquireMigrationLock(): Promise<void> {}
  override async releaseMigrationLock(): Promise<void> {}
}
