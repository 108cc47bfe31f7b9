import { DatabaseSync } from 'node:sqlite';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** Where the embedded store lies. */
export const databaseFile = (dataDir: string): string => join(dataDir, 'atoll.db');

/** The database is not what it is taken for: a sentence for the operator. */
export class UnfitDatabase extends Error {
  override readonly name = 'UnfitDatabase';
}

export interface SnapshotFacts {
  /** Which Atoll it is; see InstanceModule. */
  instance: string;
  /** The last migration that it has seen. */
  schema: string;
  sandboxes: number;
  commands: number;
}

/**
 * Writes a copy of a data directory's embedded store as it is at one moment, whole, also while a service works with it: in WAL mode a reader holds
 * nobody up. For a process of its own: in the service's it would drop the locks of the database (decision 0010). Throws UnfitDatabase.
 */
export function takeSnapshot(dataDir: string, target: string): SnapshotFacts {
  const file = databaseFile(dataDir);
  if (!existsSync(file)) throw new UnfitDatabase(`There is no database at ${file}.`);
  const db = new DatabaseSync(file, { readOnly: true, timeout: BUSY_MS });
  try {
    db.prepare('vacuum into ?').run(target);
  } finally {
    db.close();
  }
  return checkSnapshot(target);
}

/** That a file is a whole database of ours, and what it says of itself. Throws UnfitDatabase. */
export function checkSnapshot(file: string): SnapshotFacts {
  const db = open(file);
  try {
    const one = <T>(sql: string) => db.prepare(sql).get() as T | undefined;
    const verdict = one<{ integrity_check: string }>('pragma integrity_check')?.integrity_check;
    if (verdict !== 'ok') throw new UnfitDatabase(`The database is damaged: ${verdict}`);
    const count = (table: string) => one<{ rows: number }>(`select count(*) as rows from ${table}`)!.rows;
    return {
      instance: one<{ value: string }>("select value from meta where key = 'instance'")?.value ?? '',
      schema: one<{ name: string }>('select name from kysely_migration order by name desc limit 1')?.name ?? '',
      sandboxes: count('sandboxes'),
      commands: count('commands'),
    };
  } catch (error) {
    throw error instanceof UnfitDatabase
      ? error
      : new UnfitDatabase('The file is no database of Atoll.', { cause: error });
  } finally {
    db.close();
  }
}

function open(file: string): DatabaseSync {
  try {
    return new DatabaseSync(file, { readOnly: true });
  } catch (error) {
    throw new UnfitDatabase('The file is no database of Atoll.', { cause: error });
  }
}

const BUSY_MS = 60_000;
