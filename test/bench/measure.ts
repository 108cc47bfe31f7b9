import { loadavg } from 'node:os';
import { performance } from 'node:perf_hooks';
import type { Case } from './cases.js';
import type { Side } from './side.js';
import { round, summaryOf, type Summary } from './statistics.js';

export interface Measured extends Summary {
  side: string;
  /** Our median as a part of the raw engine's. */
  ratio?: number;
  /** CPU milliseconds of the service for one run. */
  cpuMs?: number;
  samples: number[];
}

export interface Result {
  key: string;
  title: string;
  wanted?: number;
  bytes?: number;
  wantedRate?: Record<string, number>;
  /** One-minute load average before and after. */
  load: [number, number];
  sides: Measured[];
}

/** Of all sides, so that the engine has found its pace too. */
const WARM_UP = 3;

export interface Effort {
  iterations: number;
  /** Calls of one side in a row. */
  burst: number;
}

/** All sides in turn, in another order each round, so that whatever disturbs the machine disturbs all of them. */
export async function measure(one: Case, sides: Side[], { iterations, burst }: Effort): Promise<Result> {
  const rounds = Math.max(2, Math.round((iterations * one.share) / burst));
  const samples = new Map(sides.map((side) => [side, [] as number[]]));
  const cpu = new Map(sides.map((side) => [side, 0]));
  const before = loadavg()[0];
  for (const side of sides) {
    for (let turn = side.cpuMs() === undefined ? 0 : one.warmUp; turn > 0; turn--) await (await one.run(side))?.();
  }
  for (let turn = -Math.min(WARM_UP, rounds); turn < rounds; turn++) {
    for (const side of shuffled(sides)) {
      for (let call = 0; call < burst; call++) {
        const cpuBefore = side.cpuMs() ?? 0;
        const begun = performance.now();
        const cleanUp = await one.run(side);
        const took = performance.now() - begun;
        const cpuTook = (side.cpuMs() ?? 0) - cpuBefore;
        await cleanUp?.();
        if (turn < 0) continue;
        samples.get(side)!.push(round(took));
        cpu.set(side, cpu.get(side)! + cpuTook);
      }
    }
  }
  const measured = sides.map((side): Measured => {
    const own = samples.get(side)!;
    const cpuMs = side.cpuMs() === undefined ? undefined : round(cpu.get(side)! / own.length);
    return { side: side.name, ...summaryOf(own), cpuMs, samples: own };
  });
  const raw = measured[0];
  for (const ours of measured.slice(1)) ours.ratio = round(ours.p50 / raw.p50);
  const { key, title, wanted, bytes, wantedRate } = one;
  return { key, title, wanted, bytes, wantedRate, load: [round(before), round(loadavg()[0])], sides: measured };
}

function shuffled<T>(items: T[]): T[] {
  const copy = [...items];
  for (let last = copy.length - 1; last > 0; last--) {
    const other = Math.floor(Math.random() * (last + 1));
    [copy[last], copy[other]] = [copy[other], copy[last]];
  }
  return copy;
}
