import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { sql } from 'kysely';
import pg from 'pg';
import { migrationsFor } from '../../../src/store/migrations/migrate.js';
import { CommandsRepository } from '../../../src/store/commands.repository.js';
import { SandboxesRepository } from '../../../src/store/sandboxes.repository.js';
import { Store } from '../../../src/store/store.js';
import { backends, type Backend, type TestDatabase } from './backends.js';
import { newCommand, newSandbox, ODD_TEXT } from './samples.js';
import { columnsOf, contentOf, indexesOf, tablesOf } from './schemas/look.js';
import { dumpOf, makeMissing } from './schemas/make.js';

const STEPS = Object.keys(migrationsFor('sqlite'));

/** What a column that a later step adds holds in rows that were there before; null where nothing is said. */
const ADDED: Record<string, unknown> = {};

/** Rows that a later step means to forget: a create that nobody answered, of a service before 0003. */
const isForgotten = (step: string, table: string, row: Record<string, unknown>) =>
  step === '0002_claims_idempotency' && table === 'idempotency' && row.answer === null;

async function restore({ location }: TestDatabase, backend: Backend, step: string): Promise<void> {
  const dump = readFileSync(dumpOf(backend, step), 'utf8');
  if (backend.name === 'sqlite') {
    mkdirSync(location.dataDir, { recursive: true });
    const db = new DatabaseSync(join(location.dataDir, 'atoll.db'));
    db.exec(dump);
    db.close();
    return;
  }
  const client = new pg.Client({ connectionString: location.databaseUrl });
  await client.connect();
  await client.query(dump);
  await client.end();
}

describe.each(backends)('A store on $name', (backend) => {
  // A new step: ATOLL_TEST_MAKE_SCHEMAS=1 bin/test contract -- store/schemas
  beforeAll(async () => {
    if (process.env.ATOLL_TEST_MAKE_SCHEMAS) await makeMissing(backend, STEPS);
  });

  let database: TestDatabase;
  let store: Store;
  beforeEach(async () => {
    database = await backend.create();
    store = new Store(database.location);
  });
  afterEach(async () => {
    await store.close();
    await database.drop();
  });

  it('has a dump of every step, and of no other', () => {
    const dumps = readdirSync(join(import.meta.dirname, 'schemas/dumps')).filter((name) =>
      name.includes(`.${backend.name}.`),
    );
    expect(dumps.sort()).toEqual(STEPS.map((step) => `${step}.${backend.name}.sql`));
  });

  describe.each(STEPS)('as %s left it', (step) => {
    it('keeps every row, and has in new columns what they are to begin with', async () => {
      await restore(database, backend, step);
      const before = await contentOf(store);
      expect(before.sandboxes).toHaveLength(3);
      await store.migrate();
      const after = await contentOf(store);
      for (const [table, rows] of Object.entries(before)) {
        const kept = rows.filter((row) => !isForgotten(step, table, row));
        expect(after[table]).toHaveLength(kept.length);
        const columns = (await columnsOf(store, table)).map(({ name }) => name);
        const added = Object.fromEntries(columns.map((name) => [name, ADDED[`${table}.${name}`] ?? null]));
        expect(after[table]).toEqual(expect.arrayContaining(kept.map((row) => ({ ...added, ...row }))));
      }
      for (const [table, rows] of Object.entries(after)) if (!(table in before)) expect(rows).toEqual([]);
    });

    it('has the tables, columns and indexes of a new one', async () => {
      await restore(database, backend, step);
      await store.migrate();
      const other = await backend.create();
      const fresh = new Store(other.location);
      try {
        await fresh.migrate();
        expect(await tablesOf(store)).toEqual(await tablesOf(fresh));
        expect(await indexesOf(store)).toEqual(await indexesOf(fresh));
        for (const table of await tablesOf(fresh))
          expect(await columnsOf(store, table)).toEqual(await columnsOf(fresh, table));
        expect(await store.isUpToDate()).toBe(true);
      } finally {
        await fresh.close();
        await other.drop();
      }
    });

    it('is read and written by this build', async () => {
      await restore(database, backend, step);
      await store.migrate();
      const [sandboxes, commands] = [new SandboxesRepository(store), new CommandsRepository(store)];
      const [first, second] = await sandboxes.list();
      expect(first).toMatchObject({
        name: 'calm-otter-1',
        ports: ['3000/tcp', '53/udp'],
        portMap: { '3000/tcp': '32768' },
      });
      expect(first).toMatchObject({ cpus: 0.25, labels: { odd: ODD_TEXT.join('|') }, guest: { workingDir: '/srv' } });
      expect(second).toMatchObject({ status: 'stopped', endReason: 'oom', exitCode: 137, expiresAt: null });
      const known = await commands.list(first.id);
      expect(known.map(({ state }) => state)).toEqual(['exited', 'running', 'failed']);
      expect(known[0]).toMatchObject({ argv: ['sh', '-c', ...ODD_TEXT], outputLength: 5_000_000_000 });
      expect((await sandboxes.update(first.id, first.version, { status: 'paused' }))?.version).toBe(8);
      const inserted = await sandboxes.insert(newSandbox());
      expect(inserted.ordinal).toBeGreaterThan(Math.max(first.ordinal, second.ordinal));
      const command = await commands.insert(newCommand(first.id));
      expect(command.ordinal).toBeGreaterThan(known[2].ordinal);
    });
  });

  it('that a newer version has used is refused, in a sentence that says so, and is left as it was', async () => {
    await store.migrate();
    await sql`insert into kysely_migration (name, timestamp) values ('9999_future', '2099')`.execute(store.db);
    await sql`alter table sandboxes add column of_the_future text`.execute(store.db);
    const before = await columnsOf(store, 'sandboxes');
    await expect(new Store(database.location).migrate()).rejects.toMatchObject({
      kind: 'unavailable',
      message: 'The database was used by a newer version of the service; this one is too old for it.',
    });
    expect(await columnsOf(store, 'sandboxes')).toEqual(before);
    expect(await store.isUpToDate()).toBe(false);
  });
});
