import type { LayerProgress } from '../engine/images.js';

/** Of a layer's share this much is its download; the rest is extracting it. */
const DOWNLOAD = 0.7;

/** How much of a whole pull is done, in percent: never less than it was, and not 100 before it is over. */
export class PullPercent {
  private readonly totals = new Map<string, number>();
  private readonly done = new Map<string, number>();
  private last = 0;

  take({ layer, status, bytes, total }: LayerProgress): number {
    if (status === 'downloading' && total !== undefined) this.totals.set(layer, total);
    const share = bytes === undefined || !total ? undefined : bytes / total;
    this.done.set(layer, doneOf(status, share, this.done.get(layer) ?? 0));
    this.last = Math.max(this.last, Math.min(99.9, Math.floor(this.whole() * 1000) / 10));
    return this.last;
  }

  /** Layers weigh as much as they have bytes; those whose size is not known yet, as much as the others do on average. */
  private whole(): number {
    const known = [...this.totals.values()];
    const average = known.length === 0 ? 1 : known.reduce((sum, size) => sum + size, 0) / known.length;
    let [sum, all] = [0, 0];
    for (const [layer, done] of this.done) {
      const weight = this.totals.get(layer) ?? average;
      sum += done * weight;
      all += weight;
    }
    return all === 0 ? 0 : sum / all;
  }
}

function doneOf(status: LayerProgress['status'], share: number | undefined, before: number): number {
  switch (status) {
    case 'waiting':
    case 'retrying':
      return 0;
    case 'downloading':
      return share === undefined ? before : share * DOWNLOAD;
    case 'downloaded':
      return DOWNLOAD;
    case 'extracting':
      return share === undefined ? Math.max(before, DOWNLOAD) : DOWNLOAD + share * (1 - DOWNLOAD);
    case 'complete':
      return 1;
  }
}
