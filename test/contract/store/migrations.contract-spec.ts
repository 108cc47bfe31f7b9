import { existsSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Kysely } from 'kysely';
import { sql } from 'kysely';
import { MetaRepository } from '../../../src/store/meta.repository.js';
import { SandboxesRepository } from '../../../src/store/sandboxes.repository.js';
import { Store } from '../../../src/store/store.js';
import { backends, sqlite, type TestDatabase } from './backends.js';
import { ended, startChild } from './children.js';
import { newSandbox } from './samples.js';

const STEPS = [
  '0001_sandboxes_commands_meta',
  '0002_claims_idempotency',
  '0003_idempotent_sandbox_limits',
  '0004_pulled_images',
];

describe.each(backends)('The schema on $name', (backend) => {
  let database: TestDatabase;
  const open: Store[] = [];
  beforeEach(async () => {
    database = await backend.create();
  });
  afterEach(async () => {
    for (const store of open.splice(0)) await store.close();
    await database?.drop();
  });
  const connect = () => {
    const store = new Store(database.location);
    open.push(store);
    return store;
  };
  const steps = async (store: Store) => {
    const db = store.db as unknown as Kysely<{ kysely_migration: { name: string } }>;
    return (await db.selectFrom('kysely_migration').select('name').orderBy('name').execute()).map((row) => row.name);
  };

  it('comes to an empty database', async () => {
    const store = connect();
    await store.migrate();
    expect(await steps(store)).toEqual(STEPS);
    await store.ping();
  });

  it('stays as it is the second time, with what is in it', async () => {
    const store = connect();
    await store.migrate();
    const row = await new SandboxesRepository(store).insert(newSandbox({ labels: { a: 'ż' } }));
    await store.migrate();
    await store.close();
    const again = connect();
    await again.migrate();
    expect(await new SandboxesRepository(again).find(row.id)).toEqual(row);
    expect(await steps(again)).toEqual(STEPS);
  });

  it('is made once by several services in one process', async () => {
    const stores = Array.from({ length: 4 }, connect);
    await Promise.all(stores.map((store) => store.migrate()));
    const values = await Promise.all(stores.map((store, i) => new MetaRepository(store).putIfAbsent('id', String(i))));
    expect(new Set(values).size).toBe(1);
    expect(await steps(stores[0])).toEqual(STEPS);
  });

  it('is made once by two processes', async () => {
    const children = [1, 2, 3].map(() => ended(startChild('migrate', database.location)));
    for (const { code, stderr } of await Promise.all(children))
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(await steps(connect())).toEqual(STEPS);
  });

  it('refuses a database that a newer version has used', async () => {
    const store = connect();
    await store.migrate();
    await sql`insert into kysely_migration (name, timestamp) values ('9999_future', '2099')`.execute(store.db);
    await expect(connect().migrate()).rejects.toThrow('newer version');
  });

  it('is left untouched by a step that fails', async () => {
    const store = connect();
    // Something that is not ours has the name of the last table.
    await sql`create table meta (x text)`.execute(store.db);
    await expect(connect().migrate()).rejects.toThrow(/already exists/);
    await sql`drop table meta`.execute(store.db);
    await connect().migrate();
    expect(await steps(store)).toEqual(STEPS);
  });
});

describe('The file of the embedded store', () => {
  let database: TestDatabase;
  beforeEach(async () => {
    database = await sqlite.create();
  });
  afterEach(() => database.drop());
  const mode = (path: string) => (statSync(path).mode & 0o777).toString(8);

  it('is for its owner alone, its folder and its logs too', async () => {
    const { dataDir } = database.location;
    const store = new Store(database.location);
    expect(existsSync(dataDir)).toBe(false);
    await store.migrate();
    await new MetaRepository(store).set('a', 'b');
    expect(mode(dataDir)).toBe('700');
    for (const name of ['atoll.db', 'atoll.db-wal', 'atoll.db-shm']) expect(mode(join(dataDir, name))).toBe('600');
    await store.close();
    expect(existsSync(join(dataDir, 'atoll.db-wal'))).toBe(false);
  });

  it('is told from what is no database', async () => {
    mkdirSync(database.location.dataDir);
    writeFileSync(
      join(database.location.dataDir, 'atoll.db'),
      'Not a database, and long enough to be sure of it. '.repeat(99),
    );
    const failure = new Store(database.location).migrate();
    await expect(failure).rejects.toMatchObject({ kind: 'unavailable', code: 'ENGINE_UNAVAILABLE', retryAfter: 2 });
  });

  it('has foreign keys on and a write-ahead log', async () => {
    const store = new Store(database.location);
    const pragma = async (name: string) => (await sql.raw(`pragma ${name}`).execute(store.db)).rows[0];
    expect(await pragma('journal_mode')).toEqual({ journalMode: 'wal' });
    expect(await pragma('synchronous')).toEqual({ synchronous: 1 });
    expect(await pragma('foreign_keys')).toEqual({ foreignKeys: 1 });
    await store.close();
  });
});
