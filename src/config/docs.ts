import type { Variable } from './variable.js';
import { variables } from './variables.js';

const INTRODUCTION = `# Configuration

<!-- Made from src/config/variables.ts by \`npm run config:docs\`; a test fails when it differs. -->

Everything is set by environment variables, read once as the service boots. A wrong value, and a variable that begins
with \`ATOLL_\` but is not listed here, refuses to boot with a sentence that names the variable. An empty one counts as
unset. Numbers are plain digits: no sign, no unit. Paths may be relative to the working directory.
`;

/** The text of docs/configuration.md, laid out as prettier would. */
export function configurationDocs(): string {
  const entries: [string, Variable][] = Object.entries(variables);
  const groups = [...new Set(entries.map(([, variable]) => variable.group))];
  const sections = groups.map((group) => {
    const rows = entries
      .filter(([, variable]) => variable.group === group)
      .map(([name, variable]) => [`\`${name}\``, defaultOf(variable), variable.unit ?? '', variable.description]);
    return `## ${group}\n\n${table([['variable', 'default', 'unit', 'meaning'], ...rows])}`;
  });
  return [INTRODUCTION, ...sections].join('\n');
}

function defaultOf(variable: Variable): string {
  return variable.default === undefined ? (variable.absent ?? '') : `\`${variable.default}\``;
}

/** Columns as wide as their widest cell; a bar in a cell would end it. */
export function table(rows: string[][]): string {
  const cells = rows.map((row) => row.map((cell) => cell.replaceAll('|', String.raw`\|`)));
  const widths = cells[0].map((_, column) => Math.max(3, ...cells.map((row) => row[column].length)));
  const line = (row: string[]) => `| ${row.map((cell, column) => cell.padEnd(widths[column])).join(' | ')} |\n`;
  const rule = line(widths.map((width) => '-'.repeat(width)));
  return line(cells[0]) + rule + cells.slice(1).map(line).join('');
}

if (import.meta.main) process.stdout.write(configurationDocs());
