import { mkdir } from 'node:fs/promises';
import { resolve } from 'node:path';
import { backup } from './backup/backup.js';
import { restore } from './backup/restore.js';
import type { Manifest } from './backup/manifest.js';
import { ConfigError } from './config/config.js';
import { offlineConfig } from './config/offline-config.js';
import { DataDirInUse } from './store/data-dir-lock.js';
import { UnfitDatabase } from './store/snapshot.js';

const USAGE = `bin/atoll backup FILE    writes a backup of the data directory to FILE (.tar.gz); the service may run meanwhile
bin/atoll restore FILE   puts one into a data directory without a database; the service must be stopped

In it: the embedded store, the output of commands, and the key that bin/up made. Not in it: files inside sandboxes, which the engine keeps.
Reads ATOLL_DATA_DIR. With DATABASE_URL the store is PostgreSQL: use pg_dump and pg_restore.
`;

/** What an operator does to a data directory, beside the service. */
async function main([command, file, ...rest]: string[]): Promise<string> {
  const isKnown = command === 'backup' || command === 'restore';
  if (command === '--help' || command === '-h') return USAGE;
  if (!isKnown || file === undefined || rest.length > 0) throw new Error(USAGE);
  const { dataDir, databaseUrl } = offlineConfig();
  if (databaseUrl !== undefined)
    throw new Error(
      'The store is PostgreSQL (DATABASE_URL): use pg_dump and pg_restore, and copy the folder output of the data directory.',
    );
  if (command === 'backup') return `Written: ${summary(await backup(dataDir, resolve(file)))}\n`;
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  const restored = summary(await restore(dataDir, resolve(file)));
  return (
    `Restored into ${dataDir}: ${restored}\n` +
    'This data directory is now the Atoll that the backup was taken of: never run both. What it does not know of its engine is adopted at the next start.\n'
  );
}

const summary = ({ sandboxes, commands, createdAt, version }: Manifest): string =>
  `${sandboxes} sandboxes and ${commands} commands as of ${createdAt}, by version ${version}.`;

/** Mistakes of the operator's and of the file system are a sentence; a bug has its stack. */
function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const isSaid =
    error instanceof ConfigError ||
    error instanceof DataDirInUse ||
    error instanceof UnfitDatabase ||
    error.constructor === Error;
  return isSaid ? error.message.trimEnd() : (error.stack ?? error.message);
}

try {
  process.stdout.write(await main(process.argv.slice(2)));
} catch (error) {
  process.stderr.write(`${explain(error)}\n`);
  process.exitCode = 1;
}
