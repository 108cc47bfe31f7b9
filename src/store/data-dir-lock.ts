import { accessSync, constants, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/** Another service works with this data directory. */
export class DataDirInUse extends Error {
  constructor(dataDir: string) {
    super(
      `Another service is running with the data directory ${dataDir}: stop it first, or set ATOLL_DATA_DIR to another one.`,
    );
    this.name = 'DataDirInUse';
  }
}

const WHY: Record<string, string> = { EROFS: 'is read-only', ENOSPC: 'is full', EDQUOT: 'is full' };

/** It can not be written. */
export class DataDirUnusable extends Error {
  constructor(dataDir: string, cause: unknown) {
    const { code = 'unknown' } = cause as NodeJS.ErrnoException;
    const why = WHY[code] ?? `can not be made or written (${code})`;
    super(`ATOLL_DATA_DIR: ${dataDir} ${why}. Mend that, or set it to another directory.`, { cause });
    this.name = 'DataDirUnusable';
  }
}

/**
 * One service a data directory: sockets, output and the embedded store belong to it alone. The lock is SQLite's on a file of its own, held by the
 * kernel for this process, so one that is killed leaves none behind. (Nothing else may open and close that file in this process: that would let go of it.)
 */
export class DataDirLock {
  private constructor(private readonly db: DatabaseSync) {}

  /** Throws DataDirInUse, DataDirUnusable. */
  static take(dataDir: string): DataDirLock {
    try {
      mkdirSync(dataDir, { recursive: true, mode: 0o700 });
      accessSync(dataDir, constants.W_OK);
    } catch (error) {
      throw new DataDirUnusable(dataDir, error);
    }
    let db: DatabaseSync | undefined;
    try {
      db = new DatabaseSync(join(dataDir, 'service.lock'), { timeout: 0 });
      db.exec('begin exclusive');
      return new DataDirLock(db);
    } catch (error) {
      db?.close();
      const { errcode = 0, errstr } = error as { errcode?: number; errstr?: string };
      if (errcode === SQLITE_BUSY) throw new DataDirInUse(dataDir);
      const code = errcode === SQLITE_FULL ? 'ENOSPC' : errstr;
      throw new DataDirUnusable(dataDir, Object.assign(error as Error, { code }));
    }
  }

  release(): void {
    this.db.close();
  }
}

const SQLITE_BUSY = 5;
const SQLITE_FULL = 13;
