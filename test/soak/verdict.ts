import { SERIES, type Reading, type Series } from './readings.js';

/**
 * How much higher a series may end than it began: its median in the last quarter over that in the second one. The first quarter is for warming up: Node
 * compiles and grows its heap then. Counts follow the workers, of whom each has one sandbox at most.
 */
const SLACK: Record<Series, { part: number; absolute: number }> = {
  memory: { part: 0.1, absolute: 10 },
  heap: { part: 0.15, absolute: 10 },
  handles: { part: 0.05, absolute: 5 },
  containers: { part: 0, absolute: 2 },
  sessions: { part: 0, absolute: 2 },
  sandboxes: { part: 0, absolute: 2 },
  commands: { part: 0, absolute: 12 },
  folders: { part: 0, absolute: 4 },
};

export interface Verdict {
  series: Series;
  begin: number;
  end: number;
  flat: boolean;
}

export function verdictsOf(readings: Reading[]): Verdict[] {
  const quarter = Math.floor(readings.length / 4);
  return (Object.keys(SERIES) as Series[]).map((series) => {
    const begin = median(readings.slice(quarter, 2 * quarter).map((one) => one[series]));
    const end = median(readings.slice(-quarter).map((one) => one[series]));
    const { part, absolute } = SLACK[series];
    return { series, begin, end, flat: end <= begin + Math.max(begin * part, absolute) };
  });
}

function median(values: number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}
