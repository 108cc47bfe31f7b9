import { sql, type CreateTableBuilder, type Kysely } from 'kysely';
import type { DatabaseKind, StoreMigration } from './migration.js';

/** Times are unix milliseconds; JSON is text. */
export const sandboxesCommandsMeta: StoreMigration = {
  async up(db, kind) {
    const { int, real } = TYPES[kind];
    const table = (name: string) => newTable(db, kind, name);

    await numbered(kind, table('sandboxes'))
      .addColumn('id', 'text', (column) => column.notNull().unique())
      .addColumn('name', 'text', (column) => column.notNull().unique())
      .addColumn('owner', 'text', (column) => column.notNull())
      .addColumn('image', 'text', (column) => column.notNull())
      .addColumn('image_id', 'text', (column) => column.notNull())
      .addColumn('status', 'text', (column) => column.notNull())
      .addColumn('ports', 'text', (column) => column.notNull())
      .addColumn('port_map', 'text', (column) => column.notNull())
      .addColumn('memory_mb', int, (column) => column.notNull())
      .addColumn('cpus', real, (column) => column.notNull())
      .addColumn('timeout_s', int, (column) => column.notNull())
      .addColumn('expires_at', int)
      .addColumn('created_at', int, (column) => column.notNull())
      .addColumn('started_at', int)
      .addColumn('finished_at', int)
      .addColumn('end_reason', 'text')
      .addColumn('exit_code', int)
      .addColumn('guest', 'text', (column) => column.notNull())
      .addColumn('secret', 'text', (column) => column.notNull())
      .addColumn('transport', 'text', (column) => column.notNull())
      .addColumn('incarnation', 'text')
      .addColumn('labels', 'text', (column) => column.notNull())
      .addColumn('version', int, (column) => column.notNull().defaultTo(1))
      .execute();
    // The sweep's question: what runs and is due, the longest overdue first.
    await db.schema.createIndex('sandboxes_due').on('sandboxes').columns(['status', 'expires_at']).execute();

    await numbered(kind, table('commands'))
      .addColumn('id', 'text', (column) => column.notNull().unique())
      .addColumn('sandbox_id', 'text', (column) => column.notNull().references('sandboxes.id').onDelete('cascade'))
      .addColumn('argv', 'text', (column) => column.notNull())
      .addColumn('cwd', 'text', (column) => column.notNull())
      .addColumn('state', 'text', (column) => column.notNull())
      .addColumn('exit_code', int)
      .addColumn('signal', int)
      .addColumn('end_reason', 'text')
      .addColumn('message', 'text')
      .addColumn('incarnation', 'text', (column) => column.notNull())
      .addColumn('pid', int)
      .addColumn('started_at', int, (column) => column.notNull())
      .addColumn('finished_at', int)
      .addColumn('output_length', int, (column) => column.notNull())
      .addColumn('usage', 'text')
      .execute();
    await db.schema.createIndex('commands_in_order').on('commands').columns(['sandbox_id', 'ordinal']).execute();
    // What runs has no end yet; what finished first is pruned first.
    await db.schema
      .createIndex('commands_by_end')
      .on('commands')
      .columns(['sandbox_id', 'finished_at', 'ordinal'])
      .execute();

    await table('meta')
      .addColumn('key', 'text', (column) => column.notNull().primaryKey())
      .addColumn('value', 'text', (column) => column.notNull())
      .execute();
  },
};

/** The widest whole number and fraction of each database: both hold what a JavaScript number holds. */
const TYPES = {
  sqlite: { int: 'integer', real: 'real' },
  postgres: { int: 'bigint', real: 'double precision' },
} as const;

type Table = CreateTableBuilder<string>;

/** STRICT, so that SQLite refuses a value of a wrong type as PostgreSQL does. */
function newTable(db: Kysely<unknown>, kind: DatabaseKind, name: string): Table {
  const table = db.schema.createTable(name);
  return kind === 'sqlite' ? table.modifyEnd(sql`strict`) : table;
}

/** A number that grows with every row and is never given twice. */
function numbered(kind: DatabaseKind, table: Table): Table {
  return kind === 'sqlite'
    ? table.addColumn('ordinal', 'integer', (column) => column.primaryKey().autoIncrement())
    : table.addColumn('ordinal', 'bigint', (column) => column.primaryKey().generatedAlwaysAsIdentity());
}
