import { createReadStream, createWriteStream, existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { extract } from 'tar-stream';
import { outputFolderOf } from '../common/data-layout.js';
import { DataDirLock } from '../store/data-dir-lock.js';
import { checkSnapshot, databaseFile } from '../store/snapshot.js';
import { DATABASE, KEY, MANIFEST, OUTPUT, parseManifest, type Manifest } from './manifest.js';

/** What a backup may hold, and nothing else: our own ids and positions. */
const ENTRY = new RegExp(`^(${MANIFEST}|${DATABASE}|${KEY}|${OUTPUT}/sb_\\w+/cmd_\\w+/\\d+\\.log)$`);

/**
 * Puts a backup into a data directory that has no database. Nothing that is there is replaced: output and key only come where there is none. Throws DataDirInUse, UnfitDatabase, or an Error with a sentence for the operator.
 */
export async function restore(dataDir: string, file: string): Promise<Manifest> {
  const lock = DataDirLock.take(dataDir);
  try {
    if (existsSync(databaseFile(dataDir)))
      throw new Error(
        `There is a database in ${dataDir} already: move it away first (atoll.db, atoll.db-wal, atoll.db-shm).`,
      );
    const folder = await mkdtemp(join(dataDir, '.restore-'));
    try {
      await unpack(file, folder).catch((error: Error) => {
        throw new Error(`${file} can not be read as a backup: ${error.message}`, { cause: error });
      });
      const manifest = parseManifest(await readFile(join(folder, MANIFEST), 'utf8').catch(() => ''));
      const facts = checkSnapshot(join(folder, DATABASE));
      if (facts.instance !== manifest.instance)
        throw new Error('The database in this backup is not the one that the backup speaks of.');
      await putInPlace(folder, dataDir);
      return manifest;
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  } finally {
    lock.release();
  }
}

async function unpack(file: string, folder: string): Promise<void> {
  const archive = extract();
  const read = pipeline(createReadStream(file), createGunzip(), archive);
  read.catch(() => undefined); // told by the loop
  for await (const entry of archive) {
    const { name, type } = entry.header;
    if (type !== 'file' || !ENTRY.test(name))
      throw new Error(`This is no backup of ours: it holds ${JSON.stringify(name)}.`);
    const target = join(folder, name);
    await mkdir(dirname(target), { recursive: true, mode: 0o700 });
    await pipeline(entry, createWriteStream(target, { flags: 'wx', mode: 0o600, flush: true }));
  }
  await read;
}

/**
 * The database last: without it there is nothing to start with, and the same restore can be tried again. Output that is there stays: it only ever
 * grows, so it is what the backup holds, and more.
 */
async function putInPlace(folder: string, dataDir: string): Promise<void> {
  for (const sandbox of await namesIn(join(folder, OUTPUT))) {
    const home = outputFolderOf(dataDir, sandbox);
    await mkdir(home, { recursive: true, mode: 0o700 });
    for (const command of await namesIn(join(folder, OUTPUT, sandbox)))
      if (!existsSync(join(home, command))) await rename(join(folder, OUTPUT, sandbox, command), join(home, command));
  }
  const key = join(dataDir, KEY);
  if (existsSync(join(folder, KEY)) && !existsSync(key)) await rename(join(folder, KEY), key);
  for (const old of ['-wal', '-shm']) await rm(`${databaseFile(dataDir)}${old}`, { force: true });
  await rename(join(folder, DATABASE), databaseFile(dataDir));
}

const namesIn = async (folder: string): Promise<string[]> => (existsSync(folder) ? readdir(folder) : []);
