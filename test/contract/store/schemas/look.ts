import { sql } from 'kysely';
import type { Store } from '../../../../src/store/store.js';

type Row = Record<string, unknown>;

interface Column {
  name: string;
  type: string;
  nullable: boolean;
}

const query = async <T>(store: Store, text: string): Promise<T[]> =>
  (await sql.raw<T>(text).execute(store.db.withoutPlugins())).rows;

/** Sorted by name: a column that was added stands behind those that a new table has before it. */
export async function columnsOf(store: Store, table: string): Promise<Column[]> {
  const text =
    store.kind === 'sqlite'
      ? `select name, type, "notnull" = 0 and pk = 0 as nullable from pragma_table_info('${table}') order by name`
      : `select column_name as name, data_type as type, is_nullable = 'YES' as nullable from information_schema.columns
         where table_schema = current_schema() and table_name = '${table}' order by column_name`;
  return (await query<Column>(store, text)).map((column) => ({ ...column, nullable: Boolean(column.nullable) }));
}

export async function tablesOf(store: Store): Promise<string[]> {
  const text =
    store.kind === 'sqlite'
      ? `select name from sqlite_master where type = 'table' and name not like 'sqlite_%' order by name`
      : `select tablename as name from pg_tables where schemaname = current_schema() order by name`;
  return (await query<{ name: string }>(store, text))
    .map(({ name }) => name)
    .filter((name) => !name.startsWith('kysely_'));
}

/** Names of indexes that were asked for; those of constraints are the database's own affair. */
export async function indexesOf(store: Store): Promise<string[]> {
  const text =
    store.kind === 'sqlite'
      ? `select name from sqlite_master where type = 'index' and sql is not null order by name`
      : `select indexname as name from pg_indexes where schemaname = current_schema() order by name`;
  return (await query<{ name: string }>(store, text)).map(({ name }) => name);
}

/** Every row of every table, by the table's name. */
export async function contentOf(store: Store): Promise<Record<string, Row[]>> {
  const content: Record<string, Row[]> = {};
  for (const table of await tablesOf(store)) {
    const rows = await query<Row>(store, `select * from ${table}`);
    content[table] = rows.sort((one, other) => (JSON.stringify(one) < JSON.stringify(other) ? -1 : 1));
  }
  return content;
}
