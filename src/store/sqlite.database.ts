import { chmodSync, closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';
import type { SqliteDatabase, SqliteStatement } from 'kysely';
import { StoreError, type StoreErrorKind } from './store.error.js';

/** More different statements than the repositories have; those with lists of any length are why there is a bound. */
const CACHED_STATEMENTS = 200;

/**
 * node:sqlite in the shape that Kysely expects of a database. The file is made with mode 0600, its folder with 0700.
 * `busyMs` blocks the whole process while another one writes: keep it short.
 */
export class NodeSqliteDatabase implements SqliteDatabase {
  private readonly statements = new Map<string, SqliteStatement>();

  private constructor(private readonly db: DatabaseSync) {}

  /** Throws StoreError `unavailable` when the file cannot be opened or is no database, `busy` when it is locked. */
  static open(file: string, busyMs: number): NodeSqliteDatabase {
    return translated(() => {
      mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
      // SQLite gives its -wal and -shm files the mode of the database.
      makeFile(file);
      chmodSync(file, 0o600);
      const db = new DatabaseSync(file, { timeout: busyMs, enableForeignKeyConstraints: true });
      try {
        // In WAL mode NORMAL loses nothing when the process dies; a power cut can lose the last commits, never the file.
        db.exec('pragma journal_mode = wal; pragma synchronous = normal; pragma journal_size_limit = 67108864');
        return new NodeSqliteDatabase(db);
      } catch (error) {
        db.close();
        throw error;
      }
    });
  }

  prepare(sql: string): SqliteStatement {
    const known = this.statements.get(sql);
    if (known) {
      // The map's order is the order of last use.
      this.statements.delete(sql);
      this.statements.set(sql, known);
      return known;
    }
    const statement = translated(() => adapt(this.db.prepare(sql)));
    this.statements.set(sql, statement);
    if (this.statements.size > CACHED_STATEMENTS) this.statements.delete(this.statements.keys().next().value!);
    return statement;
  }

  close(): void {
    this.statements.clear();
    this.db.close();
  }
}

/**
 * Only ever makes it: POSIX locks belong to a process, and closing any descriptor of a file drops all that the process has on it, those
 * of a database that is open already among them. Without them another process believes itself alone, and deletes the WAL.
 */
function makeFile(file: string): void {
  try {
    closeSync(openSync(file, 'ax', 0o600));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}

function adapt(statement: StatementSync): SqliteStatement {
  const values = (parameters: readonly unknown[]) => parameters as SQLInputValue[];
  return {
    reader: statement.columns().length > 0,
    all: (parameters) => translated(() => statement.all(...values(parameters))),
    run: (parameters) => translated(() => statement.run(...values(parameters))),
    // Never a cached cursor that two readers share: all rows at once, which is what a synchronous database does anyway.
    iterate: (parameters) => translated(() => statement.all(...values(parameters))).values(),
  };
}

function translated<T>(act: () => T): T {
  try {
    return act();
  } catch (error) {
    throw translate(error);
  }
}

const FOREIGN_KEY = 787;
/** SQLite's primary result codes. */
const KIND: Record<number, StoreErrorKind> = {
  5: 'busy',
  6: 'busy', // locked by another statement
  13: 'full',
  3: 'unavailable', // permission
  8: 'unavailable', // read-only
  10: 'unavailable', // I/O
  11: 'unavailable', // corrupt
  14: 'unavailable', // cannot open
  15: 'unavailable', // lock protocol
  26: 'unavailable', // not a database
};

function translate(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  if ('errcode' in error && typeof error.errcode === 'number') {
    const kind = error.errcode === FOREIGN_KEY ? 'no_parent' : KIND[error.errcode & 0xff];
    return kind ? new StoreError(kind, { cause: error }) : error;
  }
  // Making the folder or the file failed.
  if ('syscall' in error) {
    return new StoreError('code' in error && error.code === 'ENOSPC' ? 'full' : 'unavailable', { cause: error });
  }
  return error;
}
