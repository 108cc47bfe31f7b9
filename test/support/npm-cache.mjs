// npm-cache.mjs FROM TO LOCKFILE: of one npm cache, what a lockfile needs, into another one. Contents are linked where that can be.
// What is not there is left out: npm fetches it, or says what it lacks.
import { copyFileSync, linkSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const [from, to, lockfile] = process.argv.slice(2);
const INDEX = '_cacache/index-v5';

const { packages } = JSON.parse(readFileSync(lockfile, 'utf8'));
/** Of what is fetched: `name` for the description of a package, `name/-/file` for itself. */
const wanted = new Set();
for (const [path, { version, optional, name }] of Object.entries(packages)) {
  if (!path || optional) continue;
  const id = name ?? path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
  wanted.add(id).add(`${id}/-/${id.split('/').at(-1)}-${version}.tgz`);
}

for (const file of readdirSync(join(from, INDEX), { recursive: true, withFileTypes: true })) {
  if (!file.isFile()) continue;
  const path = join(file.parentPath, file.name).slice(from.length);
  const entries = readFileSync(join(from, path), 'utf8').split('\n').flatMap(entryOf).filter(isWanted);
  if (entries.length === 0) continue;
  for (const { integrity } of entries) if (integrity) place(contentOf(integrity));
  place(path);
}

function entryOf(line) {
  try {
    return [JSON.parse(line.slice(line.indexOf('\t') + 1))];
  } catch {
    return [];
  }
}

function isWanted({ key }) {
  const url = key?.split('request-cache:')[1];
  if (!url) return false;
  const path = decodeURIComponent(new URL(url).pathname).slice(1);
  // The registry may lie below a path of its host.
  return wanted.has(path) || [...path.matchAll(/\//g)].some(({ index }) => wanted.has(path.slice(index + 1)));
}

function contentOf(integrity) {
  const [algorithm, digest] = integrity.split(' ')[0].split(/-(.*)/s);
  const hex = Buffer.from(digest, 'base64').toString('hex');
  return join('_cacache/content-v2', algorithm, hex.slice(0, 2), hex.slice(2, 4), hex.slice(4));
}

function place(path) {
  mkdirSync(dirname(join(to, path)), { recursive: true });
  try {
    linkSync(join(from, path), join(to, path));
  } catch (error) {
    if (error.code === 'EXDEV') copyFileSync(join(from, path), join(to, path));
    else if (error.code !== 'EEXIST' && error.code !== 'ENOENT') throw error;
  }
}
