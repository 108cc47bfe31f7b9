import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { containersOf, ENGINE_STATE, rowsOf } from './support/engine-view.js';
import { engineHost, eventually, IMAGE, Service, type Answer, type Sandbox } from './support/service.js';

const ENGINE = resolve(import.meta.dirname, '../support/engine');
/** Says no in this time, while the engine is away: 2 s on a machine that has nothing else to do. A call's own deadline is 30 s. */
const REFUSED_MS = 10_000;
const BACK_MS = 10_000;

const dir = process.env.ATOLL_TEST_ENGINE_DIR ?? '';
const engine = (command: 'kill' | 'start') => execFileSync('bash', [ENGINE, command, dir], { timeout: 60_000 });
const signal = (name: NodeJS.Signals) => process.kill(Number(readFileSync(join(dir, 'docker.pid'), 'utf8')), name);

/** Takes the engine away and brings it back. Nobody else may need it meanwhile: bin/test runs one file at a time. */
describe('engine trouble', () => {
  let service: Service;
  let away: 'killed' | 'stopped' | undefined;
  let load = new AbortController();

  const restore = () => {
    if (away === 'killed') engine('start');
    if (away === 'stopped') signal('SIGCONT');
    away = undefined;
  };
  const detail = async (sandbox: Sandbox) => (await service.get(sandbox.path)).body;
  const post = (sandbox: Sandbox, call: string, body?: unknown) => service.post(`${sandbox.path}/${call}`, body);
  const healthIs = (status: number, within: number) =>
    eventually(
      () => service.get('/v1/health'),
      (answer) => answer.status === status,
      within,
    );

  beforeAll(async () => {
    // What runs on the engine belongs to this file alone, or a developer's shared engine would be taken from others.
    const { ATOLL_TEST_ENGINE_DIR, ATOLL_TEST_DOCKER_HOST } = process.env;
    expect(ATOLL_TEST_DOCKER_HOST, 'the engine can be taken away').toBe(`unix://${ATOLL_TEST_ENGINE_DIR}/docker.sock`);
    expect(others(), 'sandboxes of somebody else are on this engine').toEqual([]);
    service = await Service.start({ ATOLL_TRANSPORT: 'socket', ATOLL_SWEEP_INTERVAL: '200' });
  });
  afterEach(async () => {
    load.abort();
    restore();
    await healthIs(200, BACK_MS);
  });
  afterAll(() => service.stop());

  /** Everybody asks at once; 503 with Retry-After, in time. */
  async function expectRefused(calls: Promise<Answer>[]): Promise<void> {
    const begun = Date.now();
    const answers = await Promise.all(calls);
    expect(Date.now() - begun).toBeLessThan(REFUSED_MS);
    for (const { status, body, headers } of answers) {
      expect({ status, body }).toMatchObject({ status: 503, body: { code: 'ENGINE_UNAVAILABLE' } });
      expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
    }
  }

  const some = (count: number) =>
    Promise.all(Array.from({ length: count }, () => service.sandbox({ timeout: 3600, ports: ['80'] })));
  const needTheEngine = (running: Sandbox, stopped: Sandbox, doomed: Sandbox) => [
    service.post('/v1/sandboxes', { image: IMAGE }),
    service.get('/v1/images'),
    post(stopped, 'start'),
    post(running, 'restart'),
    post(running, 'stop'),
    service.delete(doomed.path),
  ];

  async function expectAgentGoesOn(sandbox: Sandbox): Promise<void> {
    const begun = Date.now();
    expect((await sandbox.sh('echo goes on')).stdout).toBe('goes on\n');
    expect((await sandbox.write('/root/while-away', 'written')).status).toBe(200);
    expect((await sandbox.read('/root/while-away')).body.content).toBe('written');
    expect((await post(sandbox, 'renew-expiration', { timeout: 800 })).status).toBe(200);
    expect((await service.get(`${sandbox.path}/stats`)).status).toBe(200);
    expect(Date.now() - begun).toBeLessThan(REFUSED_MS);
  }

  it('goes on without an engine that hangs', { timeout: 90_000 }, async () => {
    const [running, stopped, paused, doomed] = await some(4);
    await post(stopped, 'stop');
    await post(paused, 'pause');
    const expiring = await service.sandbox({ timeout: 3 });
    const command = await running.spawn('sleep', ['1000']);
    signal('SIGSTOP');
    away = 'stopped';
    // At once, before any ping can have told; and again when it is known.
    await expectRefused(needTheEngine(running, stopped, doomed));
    expect((await healthIs(503, REFUSED_MS)).body).toMatchObject({ status: 'unhealthy' });
    await expectRefused(needTheEngine(running, stopped, doomed));
    expect((await service.get(doomed.path)).status).toBe(404); // its delete was refused, but it is as good as gone
    await expectAgentGoesOn(running);
    // Past the time of one of them: not stopped, for nobody can, but not lost either.
    await eventually(
      async () => Date.now() - (rowOf(expiring).expires_at ?? 0),
      (past) => past > 500,
    );
    expect([running, stopped, paused, expiring].map((sandbox) => rowOf(sandbox).status)).toEqual([
      'running',
      'stopped',
      'paused',
      'running',
    ]);
    restore();
    await healthIs(200, BACK_MS);
    await expectTrue(BACK_MS);
    await expectDeleted(doomed); // refused, but not forgotten
    expect(
      await eventually(
        () => detail(expiring),
        ({ status }) => status === 'stopped',
        BACK_MS,
      ),
    ).toMatchObject({
      end_reason: 'expired',
    });
    expect((await service.get(`${running.path}/cmd/${command}`)).body.command.state).toBe('running');
    // It may have come to the start that was refused, or come to it just now: then it runs, and a start is a 409.
    expect([200, 409]).toContain((await post(stopped, 'start')).status);
    expect((await stopped.sh('echo runs')).stdout).toBe('runs\n');
    expect((await post(paused, 'resume')).status).toBe(200);
    expect((await paused.sh('echo thawed')).stdout).toBe('thawed\n');
    await clear();
  });

  it('finds the truth again after an engine that was killed under load', { timeout: 120_000 }, async () => {
    const [doomed, ...kept] = await some(4);
    await post(kept[1], 'stop');
    await post(kept[2], 'pause');
    load = new AbortController();
    const workers = Array.from({ length: 4 }, () => churn(load.signal));
    for (const worker of workers) void worker.catch(() => undefined); // awaited below, if nothing else fails before
    await eventually(
      async () => rowsOf(service).length,
      (rows) => rows > kept.length + 2,
      20_000,
    );
    engine('kill');
    away = 'killed';
    await healthIs(503, REFUSED_MS);
    await expectRefused(needTheEngine(kept[0], kept[1], doomed));
    // Its shims hold the sandboxes: those that ran before go on as long as nobody says otherwise.
    expect([kept[0], kept[1], kept[2]].map((sandbox) => rowOf(sandbox).status)).toEqual([
      'running',
      'stopped',
      'paused',
    ]);
    restore();
    await healthIs(200, BACK_MS);
    await expectRefusalsEnd();
    load.abort();
    const calls = (await Promise.all(workers)).flat();
    expect(calls.filter((status) => ![200, 201, 204, 404, 409, 503].includes(status))).toEqual([]);
    await expectTrue(BACK_MS);
    await expectDeleted(doomed); // refused, but not forgotten
    // An engine that dies takes what ran with it or finds it again; either is said, and nothing else.
    for (const [at, sandbox] of kept.entries()) {
      const { status, end_reason } = await detail(sandbox);
      if (status === 'stopped') expect(end_reason).toBe(at === 1 ? 'user' : 'engine_lost');
      if (status === 'paused') expect((await post(sandbox, 'resume')).status).toBe(200);
      if (status === 'stopped') expect((await post(sandbox, 'start')).status).toBe(200);
      expect((await sandbox.sh('echo again')).stdout).toBe('again\n');
    }
    await clear();
  });

  /** Creates and deletes for as long as it may; what it was answered. */
  async function churn(ended: AbortSignal): Promise<number[]> {
    const statuses: number[] = [];
    while (!ended.aborted) {
      const { status, body } = await service.post('/v1/sandboxes', { image: IMAGE });
      statuses.push(status);
      if (status === 201) {
        statuses.push((await service.post(`/v1/sandboxes/${body.id}/stop`)).status);
        statuses.push((await service.delete(`/v1/sandboxes/${body.id}`)).status);
      }
    }
    return statuses;
  }

  /** Nothing half made is left, and each row says what the engine says. */
  async function expectTrue(within: number): Promise<void> {
    await eventually(
      async () => {
        const states = new Map((await containersOf(service)).map(({ sandboxId, state }) => [sandboxId, state]));
        const rows = rowsOf(service);
        const wrong = rows.filter(({ id, status }) => states.get(id) !== ENGINE_STATE[status]);
        for (const { id } of rows) states.delete(id);
        return [...wrong.map(({ id, status }) => `${id} is not ${status}`), ...states.keys()];
      },
      (wrong) => wrong.length === 0,
      within,
    );
  }

  const expectDeleted = (sandbox: Sandbox) =>
    eventually(
      async () => [rowOf(sandbox)?.status, ...(await containersOf(service)).map(({ sandboxId }) => sandboxId)],
      ([status, ...ids]) => status === undefined && !ids.includes(sandbox.id),
      BACK_MS,
    );
  const expectRefusalsEnd = () =>
    eventually(
      () => service.get('/v1/images'),
      ({ status }) => status === 200,
      BACK_MS,
    );
  const rowOf = (sandbox: Sandbox) => rowsOf(service).find(({ id }) => id === sandbox.id)!;
  const clear = () => Promise.all(rowsOf(service).map(({ id }) => service.delete(`/v1/sandboxes/${id}`)));
});

/** Containers of any Atoll that are there before this file begins. */
function others(): string[] {
  const env = { ...process.env, DOCKER_HOST: engineHost() };
  const args = ['ps', '-q', '--filter', 'label=dev.atoll.instance'];
  return execFileSync('docker', args, { env }).toString().split('\n').filter(Boolean);
}
