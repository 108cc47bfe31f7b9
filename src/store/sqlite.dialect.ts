import { setTimeout as sleep } from 'node:timers/promises';
import {
  CompiledQuery,
  SqliteAdapter,
  SqliteDialect,
  SqliteDriver,
  type DatabaseConnection,
  type Driver,
} from 'kysely';
import { NodeSqliteDatabase } from './sqlite.database.js';
import { isStoreError } from './store.error.js';

const BEGIN_PATIENCE_MS = 60_000;
const BEGIN_RETRY_MS = 20;

/** Kysely over node:sqlite; the file is opened by the first query. */
export class NodeSqliteDialect extends SqliteDialect {
  private readonly open: () => Promise<NodeSqliteDatabase>;

  constructor(file: string, busyMs: number) {
    const open = () => patiently(() => NodeSqliteDatabase.open(file, busyMs));
    super({ database: open });
    this.open = open;
  }

  override createDriver(): Driver {
    return new ImmediateSqliteDriver({ database: this.open });
  }

  override createAdapter(): SqliteAdapter {
    return new TransactionalDdlAdapter();
  }
}

/**
 * Takes the write lock when a transaction begins. One that first reads and then writes could find the lock taken in
 * the middle, and SQLite does not wait there. Waits without blocking, so that two handles in one process get along.
 */
class ImmediateSqliteDriver extends SqliteDriver {
  override async beginTransaction(connection: DatabaseConnection): Promise<void> {
    await patiently(() => connection.executeQuery(CompiledQuery.raw('begin immediate')));
  }

  /** On a full disk SQLite has rolled back by itself, and what went wrong is what the transaction threw. */
  override async rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    await super.rollbackTransaction(connection).catch((error: Error) => {
      if (!error.message.includes('no transaction is active')) throw error;
    });
  }
}

/** SQLite's DDL is transactional; with that Kysely's Migrator runs inside a transaction, which is the lock as well. */
class TransactionalDdlAdapter extends SqliteAdapter {
  override get supportsTransactionalDdl(): boolean {
    return true;
  }
}

async function patiently<T>(act: () => T | Promise<T>): Promise<T> {
  const deadline = performance.now() + BEGIN_PATIENCE_MS;
  while (true) {
    try {
      return await act();
    } catch (error) {
      if (!isStoreError(error, 'busy') || performance.now() > deadline) throw error;
    }
    await sleep(BEGIN_RETRY_MS);
  }
}
