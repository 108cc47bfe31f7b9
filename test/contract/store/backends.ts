import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { Store, type StoreLocation } from '../../../src/store/store.js';

/** A database that nobody else uses, empty, and gone after `drop`. */
export interface TestDatabase {
  location: StoreLocation;
  drop(): Promise<void>;
}

export interface Backend {
  name: 'sqlite' | 'postgres';
  create(): Promise<TestDatabase>;
}

export const sqlite: Backend = {
  name: 'sqlite',
  async create() {
    const folder = mkdtempSync(join(tmpdir(), 'atoll-store-'));
    return {
      location: { dataDir: join(folder, 'data') },
      drop: async () => rmSync(folder, { recursive: true, force: true }),
    };
  },
};

/** A schema of its own in the server of ATOLL_TEST_DATABASE_URL. */
export const postgres: Backend = {
  name: 'postgres',
  async create() {
    const url = postgresUrl();
    const schema = `atoll_test_${randomBytes(6).toString('hex')}`;
    await administer(`create schema ${schema}`);
    const inSchema = new URL(url);
    inSchema.searchParams.set('options', `-c search_path=${schema}`);
    inSchema.searchParams.set('application_name', schema);
    return {
      location: { dataDir: '/nonexistent', databaseUrl: inSchema.href },
      drop: async () => void (await administer(`drop schema ${schema} cascade`)),
    };
  },
};

export const backends = [sqlite, postgres];

/** A half of the contract that is quietly left out looks like one that holds. */
export function postgresUrl(): string {
  const url = process.env.ATOLL_TEST_DATABASE_URL;
  if (url) return url;
  throw new Error(
    'ATOLL_TEST_DATABASE_URL is not set: the store must pass on PostgreSQL too. Run these tests by `bin/test`, which starts one.',
  );
}

/** One statement in a connection of its own. */
export async function administer(sql: string): Promise<pg.QueryResult> {
  const client = new pg.Client({ connectionString: postgresUrl() });
  await client.connect();
  try {
    return await client.query(sql);
  } finally {
    await client.end();
  }
}

/** A migrated store for the tests of a `describe`, in a database of its own. */
export function useStore(backend: Backend): { readonly store: Store; readonly database: TestDatabase } {
  let store: Store | undefined;
  let database: TestDatabase | undefined;
  beforeAll(async () => {
    database = await backend.create();
    store = new Store(database.location);
    await store.migrate();
  });
  afterAll(async () => {
    await store?.close();
    await database?.drop();
  });
  return {
    get store() {
      return store!;
    },
    get database() {
      return database!;
    },
  };
}
