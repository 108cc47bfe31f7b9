import { SERIES, type Reading, type Series } from './readings.js';

const WIDTH = 420;
const HEIGHT = 150;
const LEFT = 50;
const COLUMNS = 2;
const INK = 'font-family="sans-serif" font-size="11" fill="#333"';

/** One small picture for each series over time, as SVG. */
export function plotOf(readings: Reading[], title: string): string {
  const names = Object.keys(SERIES) as Series[];
  const rows = Math.ceil(names.length / COLUMNS);
  const charts = names.map((name, index) => {
    const x = (index % COLUMNS) * (WIDTH + LEFT) + LEFT;
    const y = Math.floor(index / COLUMNS) * (HEIGHT + 50) + 50;
    return `<g transform="translate(${x} ${y})">${chart(name, readings)}</g>`;
  });
  const size = `width="${COLUMNS * (WIDTH + LEFT) + 20}" height="${rows * (HEIGHT + 50) + 30}"`;
  return `<svg xmlns="http://www.w3.org/2000/svg" ${size}><rect width="100%" height="100%" fill="#fff"/><text x="10" y="18" ${INK}>${title}</text>${charts.join('')}</svg>\n`;
}

function chart(name: Series, readings: Reading[]): string {
  const top = Math.max(1, ...readings.map((one) => one[name])) * 1.1;
  const last = Math.max(1, readings.at(-1)?.second ?? 1);
  const points = readings
    .map((one) => `${(one.second / last) * WIDTH},${HEIGHT - (one[name] / top) * HEIGHT}`)
    .join(' ');
  const { title, unit } = SERIES[name];
  return [
    `<text x="0" y="-6" ${INK}>${title}${unit ? ` (${unit})` : ''}</text>`,
    `<path d="M0 0V${HEIGHT}H${WIDTH}" fill="none" stroke="#999"/>`,
    `<text x="-4" y="8" text-anchor="end" ${INK}>${Math.round(top)}</text><text x="-4" y="${HEIGHT}" text-anchor="end" ${INK}>0</text>`,
    `<text x="${WIDTH}" y="${HEIGHT + 14}" text-anchor="end" ${INK}>${last} s</text>`,
    `<polyline points="${points}" fill="none" stroke="#1f6feb" stroke-width="1.5"/>`,
  ].join('');
}
