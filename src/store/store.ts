import { join } from 'node:path';
import { CamelCasePlugin, Kysely, sql, type Dialect } from 'kysely';
import { observeQuery } from './observe-query.js';
import { isUpToDate, migrate } from './migrations/migrate.js';
import type { DatabaseKind } from './migrations/migration.js';
import { AtollPostgresDialect } from './postgres.dialect.js';
import { NodeSqliteDialect } from './sqlite.dialect.js';
import type { Tables } from './tables.js';

/** Where the database is: PostgreSQL if there is a URL, else a file in the data directory. */
export interface StoreLocation {
  dataDir: string;
  databaseUrl?: string;
}

/** What queries are made on: the database, or a transaction on it. */
export type Db = Kysely<Tables>;

/** How long one statement may take or wait: in a request, and while migrating, when nobody is served yet. */
const REQUEST = { statementMs: 15_000, busyMs: 1_000 };
const BOOT = { statementMs: 600_000, busyMs: 50 };

/** The database. Does nothing before the first query; `migrate` should be that. */
export class Store {
  readonly kind: DatabaseKind;
  readonly db: Db;

  constructor(private readonly location: StoreLocation) {
    this.kind = location.databaseUrl === undefined ? 'sqlite' : 'postgres';
    this.db = new Kysely<Tables>({
      dialect: this.dialect(REQUEST),
      plugins: [new CamelCasePlugin()],
      log: (event) => observeQuery(event, this.kind),
    });
  }

  /** Brings the schema up to date. Safe to call twice, and from two services at once. Throws StoreError. */
  async migrate(): Promise<void> {
    const db = new Kysely<unknown>({ dialect: this.dialect(BOOT) });
    try {
      await migrate(db, this.kind);
    } finally {
      await db.destroy();
    }
  }

  /** Whether the schema is that of this build still: a newer one may have come along. Throws StoreError. */
  isUpToDate(): Promise<boolean> {
    return isUpToDate(this.db);
  }

  /** What is written through the `db` that the work is given holds together: all of it, or nothing when it throws. Only queries belong in it. */
  together<T>(work: (db: Db) => Promise<T>): Promise<T> {
    return this.db.transaction().execute(work);
  }

  /** Throws StoreError `unavailable` when the database does not answer. */
  async ping(): Promise<void> {
    await sql`select 1`.execute(this.db);
  }

  async close(): Promise<void> {
    await this.db.destroy();
  }

  private dialect({ statementMs, busyMs }: typeof REQUEST): Dialect {
    const { databaseUrl, dataDir } = this.location;
    if (databaseUrl !== undefined) return new AtollPostgresDialect(databaseUrl, statementMs);
    return new NodeSqliteDialect(join(dataDir, 'atoll.db'), busyMs);
  }
}
