import { createWriteStream } from 'node:fs';
import { mkdtemp, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { pack, type Pack } from 'tar-stream';
import { outputRoot } from '../common/data-layout.js';
import { VERSION } from '../common/version.js';
import { takeSnapshot } from '../store/snapshot.js';
import { DATABASE, KEY, MANIFEST, manifestText, OUTPUT, type Manifest } from './manifest.js';

/**
 * Writes a backup of a data directory with an embedded store to a file (mode 0600), whole or not at all, while the service works or not: the database as
 * it is at one moment, then the output of commands as it is then, which only ever grows, and the key that `bin/up` made. Throws UnfitDatabase, or what
 * the file system says.
 */
export async function backup(dataDir: string, file: string): Promise<Manifest> {
  const folder = await mkdtemp(join(dataDir, '.backup-'));
  const unfinished = join(dirname(file), `.${process.pid}.atoll-backup`);
  try {
    const snapshot = join(folder, DATABASE);
    const facts = takeSnapshot(dataDir, snapshot);
    const text = manifestText({ version: VERSION, createdAt: new Date().toISOString(), ...facts });
    const archive = pack();
    const written = pipeline(
      archive,
      createGzip({ level: 1 }),
      createWriteStream(unfinished, { mode: 0o600, flush: true }),
    );
    const filled = fill(archive, { text, snapshot, dataDir }).catch((error: unknown) =>
      archive.destroy(error as Error),
    );
    await Promise.all([written, filled]);
    await rename(unfinished, file);
    return JSON.parse(text) as Manifest;
  } finally {
    await rm(unfinished, { force: true });
    await rm(folder, { recursive: true, force: true });
  }
}

async function fill(archive: Pack, { text, snapshot, dataDir }: { text: string; snapshot: string; dataDir: string }) {
  archive.entry({ name: MANIFEST, mode: 0o600 }, text);
  await add(archive, DATABASE, snapshot);
  for (const path of await filesBelow(outputRoot(dataDir)))
    await add(archive, join(OUTPUT, path), join(outputRoot(dataDir), path));
  const key = await readFile(join(dataDir, KEY)).catch(() => undefined);
  if (key) archive.entry({ name: KEY, mode: 0o600 }, key);
  archive.finalize();
}

/** As much of a file as it has now: output is only ever appended to. One that went meanwhile is left out. */
async function add(archive: Pack, name: string, path: string): Promise<void> {
  const handle = await open(path).catch(orGone);
  if (!handle) return;
  try {
    const { size } = await handle.stat();
    if (size === 0) return void archive.entry({ name, mode: 0o600 }, '');
    const entry = archive.entry({ name, size, mode: 0o600 });
    await pipeline(handle.createReadStream({ end: size - 1, autoClose: false }), entry);
  } finally {
    await handle.close();
  }
}

async function filesBelow(folder: string): Promise<string[]> {
  const names = (await readdir(folder, { recursive: true }).catch(orGone)) ?? [];
  const sorted = names.sort();
  const kinds = await Promise.all(sorted.map(async (name) => (await stat(join(folder, name)).catch(orGone))?.isFile()));
  return sorted.filter((_, index) => kinds[index]);
}

function orGone(error: unknown): undefined {
  if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
  throw error;
}
