import { createReadStream, createWriteStream } from 'node:fs';
import { appendFile, mkdir, readdir, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip, gunzipSync } from 'node:zlib';
import { pack } from 'tar-stream';
import { tempFolder } from '../../test/support/temp-folder.js';
import { outputFolderOf } from '../common/data-layout.js';
import { DataDirInUse, DataDirLock } from '../store/data-dir-lock.js';
import { MetaRepository } from '../store/meta.repository.js';
import { databaseFile, UnfitDatabase } from '../store/snapshot.js';
import { Store } from '../store/store.js';
import { backup } from './backup.js';
import { restore } from './restore.js';

const temp = await tempFolder();
let count = 0;

async function folder(): Promise<string> {
  const path = join(temp, `d${++count}`);
  await mkdir(path);
  return path;
}

/** A data directory whose store is open, as a service's is, with output of one command. */
async function dataDirectory() {
  const dataDir = await folder();
  const store = new Store({ dataDir });
  await store.migrate();
  const meta = new MetaRepository(store);
  await meta.putIfAbsent('instance', 'instance-1');
  const output = join(outputFolderOf(dataDir, 'sb_1'), 'cmd_1');
  await mkdir(output, { recursive: true });
  await writeFile(join(output, '0.log'), 'said');
  await writeFile(join(output, '4.log'), '');
  return { dataDir, store, meta, output };
}

/** A file that claims to be a backup and holds these. */
async function forged(entries: Parameters<ReturnType<typeof pack>['entry']>[0][]): Promise<string> {
  const file = join(await folder(), 'forged.tar.gz');
  const archive = pack();
  for (const entry of entries) {
    if (entry.type === 'symlink') archive.entry(entry);
    else archive.entry(entry, 'x');
  }
  archive.finalize();
  await pipeline(archive, createGzip(), createWriteStream(file));
  return file;
}

it('brings back what was there, of a store that is open and goes on', async () => {
  const { dataDir, store, meta } = await dataDirectory();
  await writeFile(join(dataDir, 'api-key'), 'the-key');
  const file = join(await folder(), 'backup.tar.gz');
  const manifest = await backup(dataDir, file);
  await meta.set('later', 'is not in it');
  await store.close();
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  expect((await readdir(dataDir)).filter((name) => name.startsWith('.'))).toEqual([]);

  const other = await folder();
  expect(await restore(other, file)).toEqual(manifest);
  expect(manifest).toMatchObject({ instance: 'instance-1', sandboxes: 0, commands: 0 });
  expect(await readFile(join(other, 'api-key'), 'utf8')).toBe('the-key');
  expect(await readFile(join(outputFolderOf(other, 'sb_1'), 'cmd_1', '0.log'), 'utf8')).toBe('said');
  expect(await readFile(join(outputFolderOf(other, 'sb_1'), 'cmd_1', '4.log'), 'utf8')).toBe('');
  const restored = new Store({ dataDir: other });
  expect(await new MetaRepository(restored).get('instance')).toBe('instance-1');
  expect(await new MetaRepository(restored).get('later')).toBeUndefined();
  await restored.close();
  expect((await stat(databaseFile(other))).mode & 0o777).toBe(0o600);
});

it('leaves output and the key that are there', async () => {
  const { dataDir, store } = await dataDirectory();
  await writeFile(join(dataDir, 'api-key'), 'the-key');
  const file = join(await folder(), 'backup.tar.gz');
  await backup(dataDir, file);
  await store.close();
  const other = await dataDirectory();
  await other.store.close();
  await appendFile(join(other.output, '0.log'), ' and more');
  await writeFile(join(other.dataDir, 'api-key'), 'another');
  await expect(restore(other.dataDir, file)).rejects.toThrow('There is a database in');
  await rename(databaseFile(other.dataDir), join(other.dataDir, 'away'));
  await restore(other.dataDir, file);
  expect(await readFile(join(other.output, '0.log'), 'utf8')).toBe('said and more');
  expect(await readFile(join(other.dataDir, 'api-key'), 'utf8')).toBe('another');
});

it('does not touch a data directory that a service works with', async () => {
  const { dataDir, store } = await dataDirectory();
  const file = join(await folder(), 'backup.tar.gz');
  await backup(dataDir, file);
  await store.close();
  const other = await folder();
  const lock = DataDirLock.take(other);
  await expect(restore(other, file)).rejects.toThrow(DataDirInUse);
  lock.release();
  await restore(other, file);
});

it('writes no backup of what is not there, and leaves an older one as it is', async () => {
  const dataDir = await folder();
  const file = join(await folder(), 'backup.tar.gz');
  await writeFile(file, 'older');
  await expect(backup(dataDir, file)).rejects.toThrow(UnfitDatabase);
  expect(await readFile(file, 'utf8')).toBe('older');
  expect(await readdir(dataDir)).toEqual([]);
});

it.each([
  ['a way out', { name: '../escaped' }],
  ['an absolute name', { name: '/etc/escaped' }],
  ['a way out below output', { name: 'output/sb_1/../../../escaped' }],
  ['a link', { name: 'output/sb_1/cmd_1/0.log', type: 'symlink' as const, linkname: '/etc/passwd' }],
  ['something else', { name: 'notes.txt' }],
  ['no manifest', { name: 'atoll.db' }],
])('refuses a file that holds %s, and leaves nothing', async (_what, entry) => {
  const dataDir = await folder();
  await expect(restore(dataDir, await forged([entry]))).rejects.toThrow('no backup');
  expect(await readdir(dataDir)).toEqual(['service.lock']);
});

it('refuses half a file', async () => {
  const { dataDir, store } = await dataDirectory();
  const file = join(await folder(), 'backup.tar.gz');
  await backup(dataDir, file);
  await store.close();
  const half = join(await folder(), 'half.tar.gz');
  const { size } = await stat(file);
  await pipeline(createReadStream(file, { end: Math.floor(size / 2) }), createWriteStream(half));
  await expect(restore(await folder(), half)).rejects.toThrow();
  const cut = await readFile(half);
  expect(() => gunzipSync(cut)).toThrow('unexpected end of file');
});
