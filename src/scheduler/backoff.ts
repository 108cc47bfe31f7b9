const FIRST_MS = 1000;
const MOST_MS = 60_000;

interface Failure {
  times: number;
  /** By `performance.now()`. */
  again: number;
}

/** How long to wait after so many failures, one after the other: 1 s, 2 s, 4 s and so on, a minute at most. */
export const pauseAfter = (failures: number): number => Math.min(MOST_MS, FIRST_MS * 2 ** (failures - 1));

/** Who of many failed of late, and when each may be tried again. */
export class Backoff {
  private readonly failures = new Map<string, Failure>();

  get size(): number {
    return this.failures.size;
  }

  isWaiting(id: string): boolean {
    return (this.failures.get(id)?.again ?? 0) > performance.now();
  }

  /** How many times it has failed now, one after the other. */
  failed(id: string): number {
    const times = (this.failures.get(id)?.times ?? 0) + 1;
    this.failures.set(id, { times, again: performance.now() + pauseAfter(times) });
    return times;
  }

  succeeded(id: string): void {
    this.failures.delete(id);
  }

  /** Forgets all but these. */
  keep(ids: ReadonlySet<string>): void {
    for (const id of this.failures.keys()) if (!ids.has(id)) this.failures.delete(id);
  }
}
