import {
  CamelCasePlugin,
  DummyDriver,
  Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  sql,
} from 'kysely';
import { traceBy, type SpanStart } from '../common/traces/tracing.js';
import { observeQuery } from './observe-query.js';
import type { Tables } from './tables.js';

const spans: SpanStart[] = [];

/** Its queries go nowhere, but are observed as those of a store. */
const db = new Kysely<Tables>({
  dialect: {
    createAdapter: () => new PostgresAdapter(),
    createDriver: () => new DummyDriver(),
    createIntrospector: (of) => new PostgresIntrospector(of),
    createQueryCompiler: () => new PostgresQueryCompiler(),
  },
  plugins: [new CamelCasePlugin()],
  log: (event) => observeQuery(event, 'postgres'),
});

beforeAll(() => traceBy({ begin: (start) => (spans.push(start), { headers: {}, end: () => undefined }) }));
afterAll(() => traceBy(undefined));
beforeEach(() => spans.splice(0));

it.each([
  ['select sandboxes', () => db.selectFrom('sandboxes').selectAll().where('id', '=', 'a-secret').execute()],
  ['select pulled_images', () => db.selectFrom('pulledImages').selectAll().execute()],
  ['insert meta', () => db.insertInto('meta').values({ key: 'a-secret', value: 'x' }).execute()],
  ['update commands', () => db.updateTable('commands').set({ message: 'a-secret' }).execute()],
  ['delete idempotency', () => db.deleteFrom('idempotency').where('key', '=', 'a-secret').execute()],
  ['other', () => sql`select ${'a-secret'}`.execute(db)],
])('a query is the step "store: %s", and no value of it is told', async (name, query) => {
  await query();
  expect(spans.map((span) => span.name)).toEqual([`store: ${name}`]);
  const [operation, table] = name.split(' ');
  expect(spans[0].attributes).toEqual({
    'db.system.name': 'postgresql',
    'db.operation.name': operation,
    ...(table ? { 'db.collection.name': table } : {}),
  });
  expect(spans[0].ago).toBeGreaterThanOrEqual(0);
  expect(JSON.stringify(spans)).not.toContain('a-secret');
});
