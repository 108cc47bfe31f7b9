import type { LayerProgress } from '../engine/images.js';

export type Listener = (progress: LayerProgress) => void;

/** One pull that is under way, and all who wait for it. When the last one has gone it is given up. */
export class Pull {
  /** The last that was heard of each layer. */
  readonly layers = new Map<string, LayerProgress>();
  /** Settles with it; never unhandled. */
  readonly done: Promise<void>;
  private readonly controller = new AbortController();
  private readonly listeners = new Set<Listener>();
  private waiting = 0;

  constructor(work: (onProgress: Listener, signal: AbortSignal) => Promise<void>) {
    this.done = work((progress) => this.heard(progress), this.controller.signal);
    this.done.catch(() => undefined);
  }

  /** Nobody may join any more. */
  get givenUp(): boolean {
    return this.controller.signal.aborted;
  }

  /** Returns how to leave; leaving twice is leaving once. */
  join(listener?: Listener): () => void {
    this.waiting += 1;
    if (listener) this.listeners.add(listener);
    let there = true;
    return () => {
      if (!there) return;
      there = false;
      if (listener) this.listeners.delete(listener);
      this.waiting -= 1;
      if (this.waiting === 0) this.giveUp(new Error('nobody waits for this pull any more'));
    };
  }

  giveUp(reason: Error): void {
    this.controller.abort(reason);
  }

  private heard(progress: LayerProgress): void {
    this.layers.set(progress.layer, progress);
    for (const listener of this.listeners) listener(progress);
  }
}
