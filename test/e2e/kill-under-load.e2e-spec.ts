import fc from 'fast-check';
import { setTimeout as sleep } from 'node:timers/promises';
import { containersOf, ENGINE_STATE, rowsOf, runningCommandsOf } from './support/engine-view.js';
import { eventually, IMAGE, Service } from './support/service.js';

const ROUNDS = Number(process.env.ATOLL_TEST_KILL_ROUNDS ?? 20);
const SEED = Number(process.env.ATOLL_TEST_SEED ?? 20260402);
const WORKERS = 5;
/** Quiet machines take 2.5 s, busy ones have taken 8.5. */
const READY_MS = 20_000;
const SETTLED_MS = 20_000;

/** When the service is killed in each round, and what each of the load's workers does until then. */
interface Round {
  killAfterMs: number;
  draws: number[][];
}

const round: fc.Arbitrary<Round> = fc.record({
  killAfterMs: fc.integer({ min: 20, max: 2500 }),
  draws: fc.array(fc.array(fc.nat(99), { minLength: 60, maxLength: 60 }), { minLength: WORKERS, maxLength: WORKERS }),
});

describe('a service that is killed at any moment, under load', () => {
  let service: Service;
  /** Nobody deletes or stops these, and their time never comes: whatever happens they live. */
  let live: { id: string; command: string }[];

  beforeAll(async () => {
    service = await Service.start({ ATOLL_SWEEP_INTERVAL: '100', ATOLL_SHUTDOWN_GRACE: '60000' });
    live = await Promise.all(
      [3600, 7200].map(async (timeout) => {
        const sandbox = await service.sandbox({ timeout });
        return { id: sandbox.id, command: await sandbox.spawn('sleep', ['100000']) };
      }),
    );
  });
  afterAll(() => service.stop());

  it(`finds everything whole again, ${ROUNDS} times`, { timeout: 30_000 + ROUNDS * 40_000 }, async () => {
    const begun = Date.now();
    const boots: number[] = [];
    const counts = { creating: 0, deleting: 0, calls: 0 };
    for (const { killAfterMs, draws } of fc.sample(round, { numRuns: ROUNDS, seed: SEED })) {
      const killed = new AbortController();
      const workers = draws.map((numbers) => load(service, new Set(live.map(({ id }) => id)), numbers, killed.signal));
      await sleep(killAfterMs);
      await service.kill('SIGKILL');
      killed.abort();
      counts.calls += (await Promise.all(workers)).reduce((sum, calls) => sum + calls, 0);
      for (const { status } of rowsOf(service)) if (status === 'creating' || status === 'deleting') counts[status] += 1;
      boots.push(await service.boot());
      await eventually(
        () => troubles(service),
        (found) => found.length === 0,
        SETTLED_MS,
      ).catch((error: Error) => {
        throw new Error(`round ${boots.length}, seed ${SEED}: ${error.message}\n${service.logs()}`, { cause: error });
      });
      // What was deleted or never came to be must not come to life again as something that has lost its row.
      expect(service.logs()).not.toContain('adopted a sandbox');
      await expectAlive();
      await keepFew(service, live);
    }
    const seconds = ((Date.now() - begun) / 1000).toFixed(1);
    console.log(
      `kill under load: seed ${SEED}, ${ROUNDS} rounds in ${seconds} s, ${counts.calls} calls, killed amid ${counts.creating} creates and ` +
        `${counts.deleting} deletes; ready in ${Math.max(...boots)} ms at most`,
    );
    expect(Math.max(...boots)).toBeLessThan(READY_MS);
  });

  it('lets what is under way end when it is asked to stop', async () => {
    await service.sandbox(); // the agent is on the engine
    const created = Array.from({ length: 4 }, () => service.post('/v1/sandboxes', { image: IMAGE }));
    await eventually(
      async () => rowsOf(service).filter(({ status }) => status === 'creating').length,
      (few) => few > 2,
    );
    const begun = Date.now();
    expect(await service.kill('SIGTERM')).toBe(0);
    const endedAfter = Date.now() - begun;
    for (const { status } of await Promise.all(created)) expect(status).toBe(201);
    expect(endedAfter).toBeLessThan(45_000); // by itself, and not by its grace
    await service.boot();
    await eventually(
      () => troubles(service),
      (found) => found.length === 0,
      SETTLED_MS,
    );
    await expectAlive();
  });

  async function expectAlive(): Promise<void> {
    for (const { id, command } of live) {
      expect((await service.get(`/v1/sandboxes/${id}`)).body).toMatchObject({ status: 'running' });
      expect((await service.get(`/v1/sandboxes/${id}/cmd/${command}`)).body.command.state).toBe('running');
      const { status } = await service.post(`/v1/sandboxes/${id}/cmd?wait=true`, { command: 'true' });
      expect(status).toBe(200);
    }
  }
});

/** One client that does what comes to its mind until the service is killed. Returns how many of its calls were answered. */
async function load(service: Service, spared: Set<string>, draws: number[], killed: AbortSignal): Promise<number> {
  let calls = 0;
  for (const draw of draws) {
    if (killed.aborted) return calls;
    try {
      const { body } = await service.get('/v1/sandboxes');
      const ids = (body.sandboxes as { id: string }[]).map(({ id }) => id).filter((id) => !spared.has(id));
      const { status } = await act(service, ids[draw % Math.max(1, ids.length)], draw);
      // 503 with Retry-After is what a command gets whose sandbox is stopped under it in the middle of its start.
      expect(status).toBeOneOf([200, 201, 204, 404, 409, 503]);
      calls += 2;
    } catch (error) {
      if (!killed.aborted && !/fetch failed|terminated|other side closed/.test((error as Error).message)) throw error;
      return calls;
    }
  }
  return calls;
}

function act(service: Service, id: string | undefined, draw: number) {
  const path = `/v1/sandboxes/${id}`;
  if (id === undefined || draw < 35)
    return service.post('/v1/sandboxes', { image: IMAGE, timeout: 1800, ports: draw % 2 ? ['80'] : [] });
  if (draw < 55) return service.delete(path);
  if (draw < 65) return service.post(`${path}/stop`);
  if (draw < 75) return service.post(`${path}/start`);
  if (draw < 80) return service.post(`${path}/${draw % 2 ? 'pause' : 'resume'}`);
  if (draw < 85) return service.post(`${path}/restart`);
  if (draw < 93) return service.post(`${path}/cmd`, { command: 'sleep', args: ['1000'] });
  return service.post(`${path}/cmd?wait=true`, { command: 'echo', args: ['x'] });
}

/** All that store and engine disagree in, or that can't be. */
async function troubles(service: Service): Promise<string[]> {
  const containers = new Map((await containersOf(service)).map((container) => [container.sandboxId, container]));
  const rows = rowsOf(service);
  const found: string[] = [];
  for (const { id, status, end_reason, finished_at, expires_at } of rows) {
    const container = containers.get(id);
    containers.delete(id);
    const is = `${id} is ${status} (${end_reason})`;
    if (!container && end_reason === null) found.push(`${is} without a container`);
    if (status === 'error') found.push(`${is}, though nobody took it from us`);
    else if (container?.state !== ENGINE_STATE[status])
      found.push(`${is}, its container ${container?.state ?? 'is not there'}`);
    const up = status === 'running' || status === 'paused';
    if (up && expires_at === null) found.push(`${is} for ever`);
    if (!up && (end_reason === null || finished_at === null)) found.push(`${is} without a reason or a time`);
    if (end_reason === 'expired') found.push(`${is}, long before its time`);
  }
  for (const [id, { state }] of containers) found.push(`a container of ${id} (${state}) has no row`);
  for (const { id, status } of runningCommandsOf(service))
    if (status !== 'running' && status !== 'paused') found.push(`${id} runs in a sandbox that is ${status}`);
  return found;
}

/** Leaves room for the next round. */
async function keepFew(service: Service, live: { id: string }[]): Promise<void> {
  const rows = rowsOf(service).filter(({ id }) => !live.some((one) => one.id === id));
  await Promise.all(rows.slice(4).map(({ id }) => service.delete(`/v1/sandboxes/${id}`)));
}
