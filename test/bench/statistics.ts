export interface Summary {
  n: number;
  /** Milliseconds. */
  p50: number;
  p99: number;
  min: number;
  mean: number;
}

export function summaryOf(samples: number[]): Summary {
  const sorted = [...samples].sort((a, b) => a - b);
  return {
    n: sorted.length,
    p50: round(percentile(sorted, 0.5)),
    // Of fewer than 100 samples that is the worst one.
    p99: round(percentile(sorted, 0.99)),
    min: round(sorted[0]),
    mean: round(sorted.reduce((sum, one) => sum + one, 0) / sorted.length),
  };
}

/** Nearest rank. */
function percentile(sorted: number[], part: number): number {
  return sorted[Math.max(0, Math.ceil(part * sorted.length) - 1)];
}

export const round = (value: number): number => Math.round(value * 1000) / 1000;
