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
  const { title, wanted, bytes, load } = result;
  const ours = side.ratio !== undefined && side.cpuMs !== undefined;
  const verdict = wanted === undefined || !ours ? '' : `${side.ratio! <= wanted ? '✓' : '✗'} ≤ ${wanted}`;
  return [
    index === 0 ? title : '',
    side.side,
    String(side.n),
    side.p50.toFixed(2),
    side.p99.toFixed(2),
    side.ratio?.toFixed(3) ?? '',
    verdict,
    side.cpuMs?.toFixed(2) ?? '',
    bytes === undefined ? '' : (bytes / 1000 / side.p50).toFixed(0),
    index === 0 ? load.map((one) => one.toFixed(1)).join(' → ') : '',
  ];
}
