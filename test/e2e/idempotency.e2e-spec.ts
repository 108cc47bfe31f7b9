import fc from 'fast-check';
import { setTimeout as sleep } from 'node:timers/promises';
import { containersOf, rowsOf } from './support/engine-view.js';
import { eventually, IMAGE, Service, type Answer } from './support/service.js';

const ROUNDS = Number(process.env.ATOLL_TEST_KILL_ROUNDS ?? 12);
const SEED = Number(process.env.ATOLL_TEST_SEED ?? 20260402);

describe('Idempotency-Key', () => {
  let service: Service;

  beforeAll(async () => {
    service = await Service.start({ ATOLL_MAX_CPUS: '1024' });
    await service.sandbox(); // the agent is on the engine
  });
  afterAll(() => service.stop());

  const create = (key: string, body: unknown) =>
    service.call('POST', '/v1/sandboxes', body, { 'idempotency-key': key });

  /** As a client does that wants its sandbox: again, until it is there. */
  const insist = (key: string, body: unknown): Promise<Answer> =>
    eventually(
      () => create(key, body),
      ({ status }) => ![409, 503].includes(status),
    );

  it('creates once, after a restart too', async () => {
    const body = { image: IMAGE, timeout: 77 };
    const [first, second] = await Promise.all([create('key-1', body), create('key-1', { timeout: 77, image: IMAGE })]);
    expect([first.status, second.status].sort()).toEqual([201, 409]);
    const made = first.status === 201 ? first : second;
    expect(await create('key-1', body)).toMatchObject({ status: 201, body: made.body });
    expect(await create('key-1', { ...body, timeout: 78 })).toMatchObject({
      status: 422,
      body: { code: 'IDEMPOTENCY_KEY_REUSED' },
    });
    expect(await create('bad key', body)).toMatchObject({ status: 400 });
    await service.kill('SIGKILL');
    await service.boot();
    expect(await create('key-1', body)).toMatchObject({ status: 201, body: made.body });
    // Whatever became of the sandbox since.
    await service.delete(`/v1/sandboxes/${made.body.id}`);
    expect(await create('key-1', body)).toMatchObject({ status: 201, body: made.body });
  });

  it('is free again after a create that failed, for another body too', async () => {
    const body = { image: IMAGE };
    expect(await create('key-2', { image: 'no/such:image' })).toMatchObject({ status: 400 });
    // No engine has so many: this one fails after its intent has been stored.
    expect(await create('key-2', { ...body, resources: { cpus: 1024 } })).toMatchObject({ status: 400 });
    const made = await create('key-2', body);
    expect(made.status).toBe(201);
    expect(await create('key-2', body)).toMatchObject({ status: 201, body: made.body });
  });

  it(
    `makes at most one sandbox, whenever the service is killed, ${ROUNDS} times`,
    { timeout: ROUNDS * 20_000 },
    async () => {
      const seen = { nothing: 0, creating: 0, running: 0 };
      const delays = fc.sample(fc.integer({ min: 0, max: 500 }), { numRuns: ROUNDS, seed: SEED });
      for (const [round, delay] of delays.entries()) {
        const label = `round=r${round}`;
        const body = { image: IMAGE, labels: { round: `r${round}` } };
        const lost = create(`kill-${round}`, body).catch(() => undefined);
        await sleep(delay);
        await service.kill('SIGKILL');
        const answered = await lost;
        const row = rowsOf(service).at(-1)!;
        const mine = row.labels.includes(`"r${round}"`);
        seen[mine ? (row.status as 'creating' | 'running') : 'nothing'] += 1;
        await service.boot();
        const made = await insist(`kill-${round}`, body);
        expect(made.status).toBe(201);
        if (mine && row.status === 'running') expect(made.body.id).toBe(row.id);
        if (answered) expect(made.body).toEqual(answered.body);
        expect((await create(`kill-${round}`, body)).body).toEqual(made.body);
        expect(await create(`kill-${round}`, { ...body, timeout: 5 })).toMatchObject({ status: 422 });
        const { sandboxes } = (await service.get(`/v1/sandboxes?label=${label}`)).body;
        expect(sandboxes.map(({ id }: { id: string }) => id)).toEqual([made.body.id]);
        await eventually(
          async () => (await containersOf(service)).map(({ sandboxId }) => sandboxId).sort(),
          (ids) =>
            ids.join() ===
            rowsOf(service)
              .map(({ id }) => id)
              .sort()
              .join(),
        );
        if (round % 4 === 3) await clear();
      }
      console.log(
        `idempotency: seed ${SEED}, ${ROUNDS} kills, before the intent ${seen.nothing}, amid ${seen.creating}, after ${seen.running}`,
      );
    },
  );

  const clear = () => Promise.all(rowsOf(service).map(({ id }) => service.delete(`/v1/sandboxes/${id}`)));
});
