import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { containersOf, rowsOf } from './support/engine-view.js';
import { compare, newSlot, stepOf, take, type Lane, type Step } from './support/sandbox-model.js';
import { Service } from './support/service.js';

const LANES = 8;
const SLOTS = 3;
const STEPS = Number(process.env.ATOLL_TEST_STEPS ?? 2400);
/** The same walk each time; ATOLL_TEST_SEED takes another. */
const SEED = Number(process.env.ATOLL_TEST_SEED ?? 20260401);

/**
 * Random walks through all calls against a model that is told only what was asked: what each call answers, and after
 * each the engine's own word on the state. Walks go side by side, each on sandboxes of its own.
 */
describe('the state machine', () => {
  let service: Service;

  beforeAll(async () => {
    service = await Service.start();
  });
  afterAll(() => service.stop());

  it(`does as its model, ${STEPS} steps`, { timeout: 240_000 + STEPS * 100 }, async () => {
    const each = Math.ceil(STEPS / LANES);
    const walk = fc.array(stepOf(SLOTS), { minLength: each, maxLength: each });
    const walks = fc.sample(fc.array(walk, { minLength: LANES, maxLength: LANES }), { numRuns: 1, seed: SEED })[0];
    const lanes = walks.map((_, lane) => ({
      service,
      label: `l${lane}`,
      slots: Array.from({ length: SLOTS }, newSlot),
    }));
    const begun = Date.now();
    const taken = new Map<string, number>();
    await Promise.all(walks.map((steps, lane) => walkAlong(lanes[lane], steps, taken)));
    const seconds = (Date.now() - begun) / 1000;
    console.log(`state machine: seed ${SEED}, ${each * LANES} steps in ${seconds.toFixed(1)} s; ${summary(taken)}`);
    const there = lanes.flatMap(({ slots }) => slots).filter(({ state }) => state !== 'gone');
    expect((await containersOf(service)).map(({ sandboxId }) => sandboxId).sort()).toEqual(
      there.map(({ id }) => id).sort(),
    );
    expect(rowsOf(service)).toHaveLength(there.length);
  });
});

async function walkAlong(lane: Lane, steps: Step[], taken: Map<string, number>): Promise<void> {
  for (const [at, step] of steps.entries()) {
    const { id, state } = lane.slots[step.slot];
    try {
      const kind = await take(lane, step);
      taken.set(kind, (taken.get(kind) ?? 0) + 1);
      await agrees(lane);
    } catch (error) {
      const trail = steps.slice(0, at + 1).filter(({ slot }) => slot === step.slot);
      const calls = trail.slice(-12).map(({ call }) => call);
      const where = `seed ${SEED}, lane ${lane.label}, step ${at} ${JSON.stringify(step)} on ${id} (${state})`;
      throw new Error(`${where}, after ${calls.join(' ')}: ${(error as Error).message}`, { cause: error });
    }
  }
}

/**
 * An engine that was asked to pause and to resume in quick succession may call a running container paused for a moment, when containerd's late
 * "paused" comes in after the resume: it has two seconds to make up its mind.
 */
async function agrees(lane: Lane): Promise<void> {
  for (const until = Date.now() + 2000; ;) {
    try {
      return compare(lane, await containersOf(lane.service));
    } catch (error) {
      if (Date.now() > until) throw error;
      await sleep(50);
    }
  }
}

function summary(taken: Map<string, number>): string {
  const states = { running: 0, paused: 0, stopped: 0, gone: 0 };
  for (const [kind, count] of taken) states[kind.split(' ')[1] as keyof typeof states] += count;
  return `calls in each state ${JSON.stringify(states)}, ${taken.size} of 72 combinations of call and state`;
}
