import { createServer, type Server, type Socket } from 'node:net';
import { once } from 'node:events';
import { sql } from 'kysely';
import { MetaRepository } from '../../../src/store/meta.repository.js';
import { Store } from '../../../src/store/store.js';
import { administer, postgres, postgresUrl, sqlite, useStore } from './backends.js';

const UNAVAILABLE = { kind: 'unavailable', code: 'ENGINE_UNAVAILABLE', retryAfter: 2 };
const closed = <T>(store: Store, act: (store: Store) => Promise<T>) => act(store).finally(() => store.close());

describe('A PostgreSQL that goes away', () => {
  const context = useStore(postgres);
  const applicationName = () => new URL(context.database.location.databaseUrl!).searchParams.get('application_name');
  const kick = (where: string) =>
    administer(
      `select pg_terminate_backend(pid) from pg_stat_activity where application_name = '${applicationName()}' and ${where}`,
    );

  it('is connected to again after it has cut all idle connections', async () => {
    const meta = new MetaRepository(context.store);
    await Promise.all(Array.from({ length: 10 }, () => meta.get('x')));
    await kick('true');
    await new Promise((resolve) => setTimeout(resolve, 100));
    await meta.set('x', '1');
    expect(await meta.get('x')).toBe('1');
  });

  it('is a StoreError for the query that it hits, and nothing worse', async () => {
    const slow = sql`select pg_sleep(10)`.execute(context.store.db);
    const failure = expect(slow).rejects.toMatchObject(UNAVAILABLE);
    while ((await kick(`query like '%pg_sleep%'`)).rowCount === 0)
      await new Promise((resolve) => setTimeout(resolve, 20));
    await failure;
    await context.store.ping();
  });

  it('does not end the process when it cuts a transaction between two statements', async () => {
    const transaction = context.store.db.transaction().execute(async (db) => {
      await sql`select 1`.execute(db);
      await kick(`state = 'idle in transaction'`);
      await new Promise((resolve) => setTimeout(resolve, 100));
      await sql`select 1`.execute(db);
    });
    await expect(transaction).rejects.toMatchObject(UNAVAILABLE);
    await context.store.ping();
  });

  it('ends a statement that takes longer than the URL allows', async () => {
    const url = new URL(context.database.location.databaseUrl!);
    url.searchParams.set('statement_timeout', '300');
    const store = new Store({ ...context.database.location, databaseUrl: url.href });
    await closed(store, async () => {
      await expect(sql`select pg_sleep(20)`.execute(store.db)).rejects.toMatchObject(UNAVAILABLE);
      await store.ping();
    });
  });
});

describe('A PostgreSQL that cannot be reached', () => {
  let server: Server;
  const sockets: Socket[] = [];
  beforeAll(async () => {
    // Takes connections and never says a word.
    server = createServer((socket) => sockets.push(socket)).listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  afterAll(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const at = (change: (url: URL) => void) => {
    const url = new URL(postgresUrl());
    change(url);
    return new Store({ dataDir: '/nonexistent', databaseUrl: url.href });
  };

  it.each([
    ['nobody listens', (url: URL) => (url.port = '1')],
    ['there is no such host', (url: URL) => (url.hostname = 'no-such-host.invalid')],
    ['there is no such database', (url: URL) => (url.pathname = '/no_such_database')],
    ['there is no such user', (url: URL) => (url.username = 'nobody_at_all')],
    ['it is silent', (url: URL) => (url.port = String((server.address() as { port: number }).port))],
  ])('is a StoreError within seconds when %s', async (_, change) => {
    const ping = closed(at(change), (store) => expect(store.ping()).rejects.toMatchObject(UNAVAILABLE));
    await Promise.all([ping, expect(at(change).migrate()).rejects.toMatchObject(UNAVAILABLE)]);
  });

  it('never says its password or its address', async () => {
    const secret = (url: URL) => Object.assign(url, { port: '1', password: 'hunter2' });
    const error = await closed(at(secret), (store) => store.ping().catch((cause: unknown) => cause as Error));
    expect(String(error)).not.toMatch(/hunter2|127\.0\.0\.1/);
  });
});

describe('An embedded store that cannot be used', () => {
  it('is a StoreError', async () => {
    const store = new Store({ dataDir: '/dev/null/nowhere' });
    await expect(store.migrate()).rejects.toMatchObject(UNAVAILABLE);
    await expect(store.ping()).rejects.toMatchObject(UNAVAILABLE);
  });

  it('says that it is full, in the middle of a transaction too, and goes on when there is space', async () => {
    const database = await sqlite.create();
    const store = new Store(database.location);
    await store.migrate();
    const meta = new MetaRepository(store);
    const { rows } = await sql<{ pages: number }>`select page_count as pages from pragma_page_count`.execute(store.db);
    await sql`pragma max_page_count = ${sql.lit(rows[0].pages + 2)}`.execute(store.db);
    const large = 'x'.repeat(100_000);
    const full = { kind: 'full', code: 'INSUFFICIENT_STORAGE' };
    await expect(meta.set('large', large)).rejects.toMatchObject(full);
    const both = store.db.transaction().execute(async (db) => {
      await db.insertInto('meta').values({ key: 'small', value: '1' }).execute();
      await db.insertInto('meta').values({ key: 'large', value: large }).execute();
    });
    await expect(both).rejects.toMatchObject(full);
    expect(await meta.get('small')).toBeUndefined();
    await sql`pragma max_page_count = 100000`.execute(store.db);
    await meta.set('large', large);
    expect(await meta.get('large')).toBe(large);
    await store.close();
    await database.drop();
  });

  it('leaves a bug what it is', async () => {
    const database = await sqlite.create();
    const store = new Store(database.location);
    await expect(sql`select * from no_such_table`.execute(store.db)).rejects.toThrow(/no such table/);
    await store.close();
    await database.drop();
  });
});
