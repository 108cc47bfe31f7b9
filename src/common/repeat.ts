import { setTimeout as sleep } from 'node:timers/promises';

/** Does it now and again and again, each time so long after the last one is over, until the signal fires. Keeps no process alive. */
export async function repeat(work: () => Promise<void>, milliseconds: number, until: AbortSignal): Promise<void> {
  while (!until.aborted) {
    await work();
    await sleep(milliseconds, undefined, { signal: until, ref: false }).catch(() => undefined);
  }
}
