import { toAtollError } from '../common/errors/to-atoll-error.js';
import { render } from '../common/errors/error.filter.js';
import type { LayerProgress } from '../engine/images.js';
import type { PullEvent } from './dto/pull-image.dto.js';
import { PullPercent } from './pull-percent.js';
import type { Pull } from './pull.js';

/**
 * What happens to a pull, for one who follows it: at most one line waits for each layer, the newest, however slowly it is read. What fails before
 * the first line is thrown, so that the answer has its true status; after it, it is the last line. Not a generator: a client that goes away
 * must not leave one suspended.
 */
export class PullStream implements AsyncIterableIterator<PullEvent> {
  private readonly fresh: Map<string, LayerProgress>;
  private readonly percent = new PullPercent();
  private readonly leave: () => void;
  private wake?: () => void;
  private state: 'pulling' | 'pulled' | 'ended' = 'pulling';
  private failure?: unknown;
  private begun = false;

  constructor(
    private readonly image: string,
    pull: Pull,
  ) {
    // Who joins late begins with what is known of all layers.
    this.fresh = new Map(pull.layers);
    this.leave = pull.join((progress) => {
      this.fresh.set(progress.layer, progress);
      this.wake?.();
    });
    pull.done
      .catch((error: unknown) => (this.failure = error))
      .finally(() => {
        if (this.state === 'pulling') this.state = 'pulled';
        this.wake?.();
      });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async next(): Promise<IteratorResult<PullEvent>> {
    while (this.fresh.size === 0 && this.state === 'pulling') await new Promise<void>((wake) => (this.wake = wake));
    if (this.state === 'ended') return { done: true, value: undefined };
    const [progress] = this.fresh.values();
    if (progress && this.failure === undefined) return { done: false, value: this.layer(progress) };
    this.end();
    if (this.failure === undefined)
      return { done: false, value: { type: 'pulled', status: 'pulled', image: this.image, percent: 100 } };
    if (!this.begun) throw toAtollError(this.failure);
    return { done: false, value: { type: 'error', ...render(toAtollError(this.failure)) } };
  }

  return(): Promise<IteratorResult<PullEvent>> {
    this.end();
    this.wake?.();
    return Promise.resolve({ done: true, value: undefined });
  }

  private layer(progress: LayerProgress): PullEvent {
    this.begun = true;
    this.fresh.delete(progress.layer);
    return { type: 'layer', ...progress, percent: this.percent.take(progress) };
  }

  private end(): void {
    this.state = 'ended';
    this.leave();
  }
}
