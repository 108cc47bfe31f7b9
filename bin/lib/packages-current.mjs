// Exits 0 when node_modules holds just what package-lock.json says, else 1, with what differs in short.
// Runs on any Node: it decides whether ours is there.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const root = process.argv[2];

function versions(file) {
  try {
    return JSON.parse(readFileSync(join(root, file), 'utf8')).packages;
  } catch {
    return {};
  }
}

const wanted = versions('package-lock.json');
// npm writes this one last, when everything else is in place.
const there = versions('node_modules/.package-lock.json');

const names = (list, mine) => !list || [].concat(list).includes(mine);

// npm shrugs when an optional package fails to arrive. One that is made for this very machine is needed all the same;
// others may be absent: they are for other machines, or would have to be compiled.
function mayBeAbsent(entry) {
  if (!entry.optional) return false;
  const forHere = names(entry.os, process.platform) && names(entry.cpu, process.arch) && names(entry.libc, 'glibc');
  return !forHere || !entry.os;
}

const differences = [
  ...Object.entries(wanted)
    .filter(([path, entry]) => path && (there[path] ? there[path].version !== entry.version : !mayBeAbsent(entry)))
    .map(([path]) => path),
  ...Object.keys(there).filter((path) => !wanted[path]),
];

if (differences.length > 0) {
  console.log(`differ from package-lock.json: ${differences.slice(0, 5).join(', ')} (${differences.length} in all)`);
  process.exit(1);
}
