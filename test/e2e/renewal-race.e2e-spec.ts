import fc from 'fast-check';
import { setTimeout as sleep } from 'node:timers/promises';
import { containersOf } from './support/engine-view.js';
import { eventually, Service, type Sandbox } from './support/service.js';

const SANDBOXES = 12;
const ROUNDS = Number(process.env.ATOLL_TEST_RENEWAL_ROUNDS ?? 500);
const SEED = Number(process.env.ATOLL_TEST_SEED ?? 20260403);
const SWEEP_MS = 100;
/** A sandbox that nobody renewed is stopped within this after its time. */
const LATE_MS = 10_000;

/** The renewal that races: this much before (-) or after (+) the expiration, seconds that it asks for. */
interface Race {
  jitterMs: number;
  timeout: number;
}

const race: fc.Arbitrary<Race> = fc.record({
  // Most of them where the sweep comes by: it looks every 100 ms, and a renewal takes a few.
  jitterMs: fc.oneof({ weight: 3, arbitrary: fc.integer({ min: -60, max: 120 }) }, fc.integer({ min: -250, max: 300 })),
  timeout: fc.constantFrom(1, 1, 1, 2),
});

describe('a renewal that races the sweep', () => {
  let service: Service;
  const counts = { renewed: 0, tooLate: 0, latestStop: 0 };

  beforeAll(async () => {
    service = await Service.start({ ATOLL_SWEEP_INTERVAL: String(SWEEP_MS) });
  });
  afterAll(() => service.stop());

  it(`wins or loses, ${ROUNDS} times, and never both`, { timeout: 60_000 + ROUNDS * 1000 }, async () => {
    const races = fc.sample(race, { numRuns: ROUNDS, seed: SEED });
    const begun = Date.now();
    // Each sandbox takes the next race as soon as its last one is decided.
    await Promise.all(
      Array.from({ length: SANDBOXES }, async () => {
        const sandbox = await service.sandbox({ timeout: 3 });
        let expiresAt = await expiryOf(sandbox);
        for (let next = races.shift(); next; next = races.shift()) expiresAt = await run(sandbox, next, expiresAt);
        await expectStopped(sandbox, expiresAt);
      }),
    );
    const { renewed, tooLate, latestStop } = counts;
    console.log(
      `renewal race: seed ${SEED}, ${renewed + tooLate} rounds in ${((Date.now() - begun) / 1000).toFixed(1)} s, ${renewed} renewed in time, ` +
        `${tooLate} too late; stopped at most ${latestStop} ms after its time`,
    );
    expect(renewed + tooLate).toBe(ROUNDS);
    expect(Math.min(renewed, tooLate)).toBeGreaterThan(ROUNDS / 50); // else nothing raced
    expect((await containersOf(service)).map(({ state }) => state)).toEqual(Array(SANDBOXES).fill('exited'));
  });

  /** One race; returns the expiration that holds after it. */
  async function run(sandbox: Sandbox, { jitterMs, timeout }: Race, expiresAt: number): Promise<number> {
    await sleep(Math.max(0, expiresAt + jitterMs - Date.now()));
    const { status, body } = await service.post(`${sandbox.path}/renew-expiration`, { timeout });
    if (status === 200) {
      counts.renewed += 1;
      const renewedUntil = Date.parse(body.expires_at);
      expect(renewedUntil).toBeGreaterThan(expiresAt);
      await expectRunningUntil(sandbox, renewedUntil - 300);
      return renewedUntil;
    }
    // Refused: then its time had come, and it is stopped for that and nothing else.
    counts.tooLate += 1;
    expect({ status, body }).toMatchObject({ status: 409, body: { message: expect.stringContaining('stopped') } });
    await expectStopped(sandbox, expiresAt);
    const started = await service.post(`${sandbox.path}/start`);
    expect(started.status).toBe(200);
    return Date.parse(started.body.expires_at);
  }

  async function expectRunningUntil(sandbox: Sandbox, until: number): Promise<void> {
    for (;;) {
      const asked = Date.now();
      const { body } = await service.get(sandbox.path);
      // An answer that came late may tell of a stop that came in time.
      if (Date.now() > until + 250) return;
      expect(body, `${asked - until} ms before its time`).toMatchObject({ status: 'running' });
      if (asked > until) return;
      await sleep(Math.min(150, Math.max(1, until - asked)));
    }
  }

  /** By its own record: stopped as expired, not before its time and not long after. */
  async function expectStopped(sandbox: Sandbox, expiresAt: number): Promise<void> {
    const ended = await eventually(
      async () => (await service.get(sandbox.path)).body,
      ({ status }) => status === 'stopped',
      Math.max(0, expiresAt - Date.now()) + LATE_MS + 3000,
    );
    expect(ended).toMatchObject({ end_reason: 'expired' });
    const late = Date.parse(ended.finished_at) - expiresAt;
    expect(late).toBeGreaterThanOrEqual(0);
    expect(late).toBeLessThan(LATE_MS);
    counts.latestStop = Math.max(counts.latestStop, late);
  }

  async function expiryOf(sandbox: Sandbox): Promise<number> {
    return Date.parse((await service.get(sandbox.path)).body.expires_at);
  }
});
