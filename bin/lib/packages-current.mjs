// Exits 0 when node_modules holds just what package-lock.json says. Runs on any Node: it decides whether ours is there.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const root = process.argv[2];

function versions(file) {
  try {
    return JSON.parse(readFileSync(join(root, file), 'utf8')).packages;
  } catch {
    return undefined;
  }
}

const wanted = versions('package-lock.json');
// npm writes this one last, when everything else is in place.
const there = versions('node_modules/.package-lock.json');

function isCurrent() {
  if (!wanted || !there) return false;
  const missing = Object.entries(wanted).filter(
    // Optional ones are for other processors, or failed to install, which npm allows: those may be absent.
    ([path, entry]) => path && there[path]?.version !== entry.version && !(entry.optional && !there[path]),
  );
  const extra = Object.keys(there).filter((path) => !wanted[path]);
  return missing.length === 0 && extra.length === 0;
}

process.exit(isCurrent() ? 0 : 1);
