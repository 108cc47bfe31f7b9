import 'reflect-metadata';
import { Store } from '../../../src/store/store.js';
import { SandboxesRepository } from '../../../src/store/sandboxes.repository.js';
import { CommandsRepository } from '../../../src/store/commands.repository.js';
import { MetaRepository } from '../../../src/store/meta.repository.js';
import { newSandbox, newCommand } from './samples.js';
import { mkdtempSync, rmSync } from 'node:fs';
for (const url of [undefined, process.env.ATOLL_TEST_DATABASE_URL]) {
const dir = mkdtempSync('/tmp/sb-');
const t0 = performance.now();
const store = new Store({ dataDir: dir, databaseUrl: url }); await store.migrate();
const t1 = performance.now(); await store.migrate(); const t2 = performance.now();
console.log(store.kind, 'migrate', (t1-t0).toFixed(1), 'again', (t2-t1).toFixed(1), 'ms');
const s = new SandboxesRepository(store), c = new CommandsRepository(store), m = new MetaRepository(store);
async function time(name: string, n: number, f: (i: number) => Promise<unknown>) {
  for (let i = 0; i < 100; i++) await f(-1 - i);
  const ts: number[] = [];
  for (let i = 0; i < n; i++) { const a = performance.now(); await f(i); ts.push((performance.now() - a) * 1000); }
  ts.sort((a, b) => a - b);
  console.log(store.kind, name.padEnd(18), 'p50', ts[n >> 1].toFixed(0), 'p99', ts[Math.floor(n * 0.99)].toFixed(0), 'us');
}
const N = 2000;
await time('sandbox insert', N, () => s.insert(newSandbox({ env: [] } as never)));
let row = await s.insert(newSandbox());
await time('sandbox update', N, async () => { row = (await s.update(row.id, row.version, { status: 'running', expiresAt: Date.now() }))!; });
await time('sandbox find', N, () => s.find(row.id));
await time('sandbox due', N, () => s.due(1, 100));
const ids: string[] = [];
await time('command insert', N, async () => { const k = newCommand(row.id); ids.push(k.id); await c.insert(k); });
let k = 0;
await time('command finish', N, () => c.finish(ids[k++], { state: 'exited', exitCode: 0, finishedAt: Date.now() }));
await time('command get', N, () => c.get(row.id, ids[5]));
await time('prune (nothing)', 500, () => c.prune(row.id, 2500));
await time('meta get', N, () => m.get('x'));
await store.close(); rmSync(dir, { recursive: true });
}
