import { queueLength } from '../common/metrics/metrics.js';

/** So many at once; the others stand in line, first come, first served. */
export class Slots {
  private readonly line: (() => void)[] = [];
  private taken = 0;

  constructor(private readonly count: number) {}

  /** Runs the work when there is a place. Throws the signal's reason when that fires while it waits; the work then does not begin. */
  async run<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    await this.place(signal);
    try {
      return await work();
    } finally {
      const next = this.line.shift();
      if (next) next();
      else this.taken -= 1;
    }
  }

  private async place(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (this.taken < this.count) {
      this.taken += 1;
      return;
    }
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const giveUp = () => {
      const at = this.line.indexOf(resolve);
      // It may have its place already, and not know it yet.
      if (at >= 0) this.line.splice(at, 1);
      reject(signal.reason as Error);
    };
    this.line.push(resolve);
    queueLength.inc({ queue: 'pulls' });
    signal.addEventListener('abort', giveUp, { once: true });
    try {
      await promise;
    } finally {
      queueLength.dec({ queue: 'pulls' });
      signal.removeEventListener('abort', giveUp);
    }
  }
}
