import type { Measured, Result } from './measure.js';

/** What is printed: one line for each side of each case. */
export function tableOf(results: Result[]): string {
  const head = ['case', 'side', 'n', 'p50 ms', 'p99 ms', '× raw', 'wanted', 'CPU ms', 'MB/s', 'load'];
  const rows = results.flatMap((result) => result.sides.map((side, index) => rowOf(result, side, index)));
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column].length)));
  const line = (cells: string[]) =>
    cells.map((cell, column) => (column < 2 ? cell.padEnd(widths[column]) : cell.padStart(widths[column]))).join('  ');
  return [line(head), widths.map((width) => '─'.repeat(width)).join('  '), ...rows.map(line)].join('\n');
}

function rowOf(result: Result, side: Measured, index: number): string[] {
  const { title, bytes, load } = result;
  const rate = bytes === undefined ? undefined : bytes / 1000 / side.p50; // MB/s
  return [
    index === 0 ? title : '',
    side.side,
    String(side.n),
    side.p50.toFixed(2),
    side.p99.toFixed(2),
    side.ratio?.toFixed(3) ?? '',
    verdictOf(result, side, rate),
    side.cpuMs?.toFixed(2) ?? '',
    rate?.toFixed(0) ?? '',
    index === 0 ? load.map((one) => one.toFixed(1)).join(' → ') : '',
  ];
}

/** Of our own sides: whether what is wanted was reached. */
function verdictOf({ wanted, wantedRate }: Result, { side, ratio, cpuMs }: Measured, rate?: number): string {
  if (ratio === undefined || cpuMs === undefined) return '';
  const mark = (reached: boolean) => (reached ? '✓' : '✗');
  if (wanted !== undefined) return `${mark(ratio <= wanted)} ≤ ${wanted}`;
  const least = wantedRate?.[side];
  return least === undefined || rate === undefined ? '' : `${mark(rate >= least)} ≥ ${least} MB/s`;
}
