import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { DatabaseSync } from 'node:sqlite';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { sql, type Kysely } from 'kysely';
import { Migrator } from 'kysely/migration';
import { migrationsFor } from '../../../../src/store/migrations/migrate.js';
import { Store } from '../../../../src/store/store.js';
import type { Backend, TestDatabase } from '../backends.js';
import { columnsOf } from './look.js';
import { ROWS } from './rows.js';

/** The dump of a store as that step of the schema left it. */
export const dumpOf = ({ name }: Backend, step: string) => join(import.meta.dirname, 'dumps', `${step}.${name}.sql`);

/**
 * Writes the dumps that are missing, by the migrations of this build. What is there is never made anew: a published schema is what it was,
 * whatever becomes of the code that once made it.
 */
export async function makeMissing(backend: Backend, steps: string[]): Promise<void> {
  for (const step of steps.filter((name) => !existsSync(dumpOf(backend, name)))) {
    const database = await backend.create();
    try {
      await fill(database, backend, step);
      const dump = backend.name === 'sqlite' ? sqliteDump(database) : await postgresDump(database);
      await writeFile(dumpOf(backend, step), dump);
    } finally {
      await database.drop();
    }
  }
}

async function fill({ location }: TestDatabase, { name }: Backend, step: string): Promise<void> {
  const store = new Store(location);
  const db = store.db.withoutPlugins() as unknown as Kysely<Record<string, Record<string, unknown>>>;
  const schema =
    name === 'postgres' ? (await sql<{ s: string }>`select current_schema() as s`.execute(db)).rows[0].s : undefined;
  const provider = { getMigrations: async () => migrationsFor(name) };
  const { error } = await new Migrator({ db, provider, migrationTableSchema: schema }).migrateTo(step);
  if (error) throw error as Error;
  for (const [table, rows] of Object.entries(ROWS)) {
    const columns = (await columnsOf(store, table)).map((column) => column.name);
    if (columns.length === 0) continue; // not in this schema yet
    for (const row of rows) {
      const known = Object.fromEntries(Object.entries(row).filter(([column]) => columns.includes(column)));
      await db.insertInto(table).values(known).execute();
    }
  }
  await store.close();
}

/** As `sqlite3 .dump` would: tables with their rows, then indexes. */
function sqliteDump({ location }: TestDatabase): string {
  const db = new DatabaseSync(join(location.dataDir, 'atoll.db'));
  const made = db.prepare(
    "select type, name, sql from sqlite_master where sql is not null and name not like 'sqlite_%'",
  );
  const parts = made.all() as { type: string; name: string; sql: string }[];
  const lines: string[] = [];
  for (const { name, sql: create } of parts.filter(({ type }) => type === 'table')) {
    const columns = db
      .prepare(`select name from pragma_table_info('${name}')`)
      .all()
      .map((column) => `"${String(column.name)}"`);
    const values = columns.map((column) => `quote(${column})`).join(" || ', ' || ");
    const rows = db.prepare(`select ${values} as row from "${name}"`).all();
    lines.push(
      `${create};`,
      ...rows.map(({ row }) => `insert into "${name}" (${columns.join(', ')}) values (${String(row)});`),
    );
  }
  lines.push(...parts.filter(({ type }) => type !== 'table').map(({ sql: create }) => `${create};`));
  db.close();
  return `${lines.join('\n')}\n`;
}

/** For a schema of any name, and without what only psql understands. */
async function postgresDump({ location }: TestDatabase): Promise<string> {
  const url = new URL(location.databaseUrl!);
  const schema = /search_path=(\w+)/.exec(url.searchParams.get('options') ?? '')![1];
  url.search = '';
  const args = ['--inserts', '--no-owner', '--no-privileges', `--schema=${schema}`, url.href];
  const { stdout } = await promisify(execFile)('pg_dump', args);
  const lines = stdout.replaceAll(`${schema}.`, '').split('\n');
  return (
    lines.filter((line) => !/^(\\|--|SET |CREATE SCHEMA|SELECT pg_catalog\.set_config|$)/.test(line)).join('\n') + '\n'
  );
}
