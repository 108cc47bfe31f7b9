import { setTimeout as sleep } from 'node:timers/promises';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { Clock } from '../../../src/common/clock.js';
import { Transitions } from '../../../src/sandboxes/transitions.js';
import { IdempotencyRepository } from '../../../src/store/idempotency.repository.js';
import { MetaRepository } from '../../../src/store/meta.repository.js';
import { NameTakenError, SandboxesRepository } from '../../../src/store/sandboxes.repository.js';
import { Store } from '../../../src/store/store.js';
import { backends, sqlite, type TestDatabase } from './backends.js';
import { newSandbox } from './samples.js';

describe.each(backends)('Claims and keys on $name', (backend) => {
  let database: TestDatabase;
  let stores: Store[];
  beforeEach(async () => {
    database = await backend.create();
    stores = [new Store(database.location), new Store(database.location)];
    await stores[0].migrate();
  });
  afterEach(async () => {
    for (const store of stores) await store.close();
    await database.drop();
  });

  it('let one service at a time change a sandbox, and different sandboxes at once', async () => {
    const repositories = stores.map((store) => new SandboxesRepository(store));
    const services = repositories.map((repository) => new Transitions(repository, new Clock()));
    const rows = await Promise.all([1, 2].map(() => repositories[0].insert(newSandbox({ status: 'running' }))));
    const inside = new Map<string, number>();
    let most = 0;
    const turn = (service: Transitions, id: string) =>
      service.run(id, async ({ row, save }) => {
        inside.set(id, (inside.get(id) ?? 0) + 1);
        expect(inside.get(id)).toBe(1);
        most = Math.max(
          most,
          [...inside.values()].reduce((sum, one) => sum + one, 0),
        );
        await sleep(10);
        await save({ timeoutS: row.timeoutS + 1 });
        inside.set(id, inside.get(id)! - 1);
      });
    const before = rows[0].timeoutS;
    await Promise.all(Array.from({ length: 20 }, (_, n) => turn(services[n % 2], rows[(n >> 1) % 2].id)));
    expect((await repositories[0].find(rows[0].id))?.timeoutS).toBe(before + 10);
    expect((await repositories[0].find(rows[0].id))?.claim).toBeNull();
    expect(most).toBe(2);
  });

  it('are let go of when the work fails, and lapse when their holder has died', async () => {
    const repository = new SandboxesRepository(stores[0]);
    const transitions = new Transitions(repository, new Clock());
    const until = Date.now() + 1500;
    const row = await repository.insert(newSandbox({ status: 'running', claim: 'dead', claimUntil: until }));
    await expect(transitions.run(row.id, () => Promise.reject(new Error('work')))).rejects.toThrow('work');
    expect(Date.now()).toBeGreaterThanOrEqual(until);
    expect(await transitions.run(row.id, async () => 'done')).toBe('done');
    expect(await transitions.run('sb_none', async () => 'done')).toBeUndefined();
    await repository.update(row.id, (await repository.find(row.id))!.version, { claim: 'x', claimUntil: 9e15 });
    await repository.dropClaims();
    expect((await repository.find(row.id))?.claim).toBeNull();
  });

  it('do not lapse when the wall clock is set', async () => {
    const repository = new SandboxesRepository(stores[0]);
    const clock = new Clock();
    const [one, other] = [new Transitions(repository, clock), new Transitions(repository, clock)];
    const { id } = await repository.insert(newSandbox({ status: 'running' }));
    const order: string[] = [];
    vi.useFakeTimers({ toFake: ['Date'] });
    try {
      await one.run(id, async () => {
        vi.setSystemTime(Date.now() + 48 * 3_600_000);
        void other.run(id, async () => order.push('other'));
        await sleep(300);
        order.push('one');
      });
      await expect.poll(() => order).toEqual(['one', 'other']);
    } finally {
      vi.useRealTimers();
    }
  });

  it('find what ended long ago, the longest first', async () => {
    const repository = new SandboxesRepository(stores[0]);
    const add = (status: 'stopped' | 'error' | 'running', finishedAt: number | null) =>
      repository.insert(newSandbox({ status, finishedAt }));
    const [late, early] = [await add('stopped', 200), await add('error', 100)];
    await add('stopped', 301);
    await add('running', null);
    expect((await repository.endedBefore(300, 10)).map(({ id }) => id)).toEqual([early.id, late.id]);
    expect(await repository.endedBefore(300, 1)).toHaveLength(1);
  });

  it('give an Idempotency-Key to one request, and remember its answer', async () => {
    const keys = stores.map((store) => new IdempotencyRepository(store));
    const entry = { owner: 'o', key: 'k', bodyHash: 'h', createdAt: 1000, sandboxId: 'sb_1' };
    const taken = await Promise.all([0, 1, 0, 1].map((n) => keys[n].take(entry)));
    expect(taken.filter((one) => one)).toHaveLength(1);
    expect(await keys[1].find('o', 'k')).toEqual({ ...entry, answer: null });
    // What came to nothing gives its key to one other, and to no more.
    const second = { ...entry, bodyHash: 'other', sandboxId: 'sb_2' };
    expect(await keys[0].take(second, 'sb_other')).toBe(false);
    const again = await Promise.all([0, 1, 0].map((n) => keys[n].take(second, 'sb_1')));
    expect(again.filter((one) => one)).toHaveLength(1);
    await keys[0].answer('o', 'k', '{"id":1}');
    expect(await keys[0].take(entry, 'sb_2')).toBe(false);
    expect(await keys[1].find('o', 'k')).toEqual({ ...second, answer: '{"id":1}' });
    expect(await keys[0].take({ ...entry, owner: 'another' })).toBe(true);
    await keys[0].prune(1000);
    expect(await keys[0].find('o', 'k')).toMatchObject({ answer: '{"id":1}' });
    await keys[0].prune(1001);
    expect(await keys[0].find('o', 'k')).toBeUndefined();
  });

  it('hold together with what is written beside them, or not at all', async () => {
    const [store] = stores;
    const [keys, sandboxes] = [new IdempotencyRepository(store), new SandboxesRepository(store)];
    const entry = { owner: 'o', key: 'k', bodyHash: 'h', createdAt: 1000, sandboxId: 'sb_1' };
    const first = newSandbox();
    const make = (sandbox = newSandbox()) =>
      store.together(async (db) => {
        expect(await keys.take(entry, undefined, db)).toBe(true);
        return sandboxes.insert(sandbox, db);
      });
    await sandboxes.insert(first);
    await expect(make(newSandbox({ name: first.name }))).rejects.toThrow(NameTakenError);
    expect(await keys.find('o', 'k')).toBeUndefined();
    const { id } = await make();
    expect(await keys.find('o', 'k')).toBeDefined();
    expect(await sandboxes.find(id)).toBeDefined();
  });
});

it('The embedded store keeps its lock, though it is opened twice: without it another process would delete the WAL', async () => {
  const database = await sqlite.create();
  const store = new Store(database.location);
  await store.migrate();
  const meta = new MetaRepository(store);
  await meta.set('one', 'handle'); // from the first statement that reads on
  await store.migrate(); // with a handle of its own, which is closed again
  expect(await meta.get('one')).toBe('handle');
  const { ino } = statSync(join(database.location.dataDir, 'atoll.db'));
  const mine = readFileSync('/proc/locks', 'utf8')
    .split('\n')
    .filter((line) => line.includes(`:${ino} `));
  expect(mine.length).toBeGreaterThan(0);
  await store.close();
  await database.drop();
});
