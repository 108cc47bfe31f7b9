import { setTimeout as sleep } from 'node:timers/promises';
import { repeat } from './repeat.js';

describe('repeat', () => {
  it('begins at once, waits for the work, and ends while it waits', async () => {
    const ended = new AbortController();
    let [under, most, times] = [0, 0, 0];
    const over = repeat(
      async () => {
        times++;
        most = Math.max(most, ++under);
        await sleep(5);
        under--;
        if (times === 3) ended.abort();
      },
      1,
      ended.signal,
    );
    expect(times).toBe(1);
    await over;
    expect([times, most]).toEqual([3, 1]);
  });

  it('does nothing where the end has come before, and leaves a long wait at the end', async () => {
    const work = vi.fn(() => Promise.resolve());
    await repeat(work, 60_000, AbortSignal.abort());
    expect(work).not.toHaveBeenCalled();
    const ended = new AbortController();
    const over = repeat(work, 60_000, ended.signal);
    await sleep(5);
    ended.abort();
    await over;
    expect(work).toHaveBeenCalledTimes(1);
  });
});
