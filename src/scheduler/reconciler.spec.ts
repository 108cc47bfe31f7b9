import { Logger } from '@nestjs/common';
import type { Compared, Comparison } from './comparison.js';
import { Reconciler } from './reconciler.js';

describe('comparing again', () => {
  vi.spyOn(Logger.prototype, 'warn').mockReturnValue();
  const make = vi.fn<() => Promise<Compared>>();
  let reconciler: Reconciler;

  beforeEach(() => {
    vi.useFakeTimers();
    make.mockReset().mockRejectedValue(new Error('no answer'));
    const none = undefined as never;
    reconciler = new Reconciler(none, none, none, none, { make } as unknown as Comparison);
    reconciler.soon();
  });
  afterEach(() => {
    reconciler.onModuleDestroy();
    vi.useRealTimers();
  });

  it('comes later and later while it fails, and at once when the engine is back', async () => {
    await vi.advanceTimersByTimeAsync(180_000);
    expect(make.mock.calls.length).toBeGreaterThan(6);
    expect(make.mock.calls.length).toBeLessThan(12);
    make.mockClear();
    reconciler.engineBack();
    await vi.advanceTimersByTimeAsync(3500);
    expect(make).toHaveBeenCalledTimes(3); // at once, after a second, after two more
  });

  it('comes soon when something is unfinished, whatever else failed', async () => {
    await vi.advanceTimersByTimeAsync(180_000);
    make.mockClear().mockResolvedValueOnce({ unfinished: true, failures: [new Error('busy')] });
    make.mockResolvedValue({ unfinished: false, failures: [] });
    reconciler.soon();
    await vi.advanceTimersByTimeAsync(1100);
    expect(make).toHaveBeenCalledTimes(2);
    await vi.advanceTimersByTimeAsync(120_000);
    expect(make).toHaveBeenCalledTimes(2);
  });
});
