import { runTool, withScratchProject } from './scratch.js';

/** A rule, a file, and what in that file breaks it. */
const BREAKS: [rule: string, file: string, text: string][] = [
  ['@typescript-eslint/no-floating-promises', 'src/a.ts', `Promise.resolve(1);`],
  ['@typescript-eslint/no-floating-promises', 'test/a.ts', `Promise.resolve(1);`],
  ['@typescript-eslint/no-misused-promises', 'src/b.ts', `[1].forEach(async () => { await Promise.resolve(); });`],
  ['@typescript-eslint/await-thenable', 'src/c.ts', `export async function c() { await 1; }`],
  [
    '@typescript-eslint/switch-exhaustiveness-check',
    'src/d.ts',
    `export function d(x: 'a' | 'b') { switch (x) { case 'a': return 1; } return 2; }`,
  ],
  ['@typescript-eslint/no-explicit-any', 'src/e.ts', `export const e = (x: any) => String(x);`],
  ['@typescript-eslint/no-unused-vars', 'src/f.ts', `const f = 1;`],
  ['@typescript-eslint/consistent-type-imports', 'src/g.ts', `import { Dep } from './dep.js'; export let g: Dep;`],
  ['@typescript-eslint/only-throw-error', 'src/h.ts', `export function h() { throw 'h'; }`],
  ['@typescript-eslint/no-unsafe-return', 'src/i.ts', `export const i = (x: string): string => JSON.parse(x);`],
  ['no-restricted-properties', 'src/j.ts', `export const j = process.env.J;`],
  ['no-restricted-imports', 'src/k.ts', `import { env } from 'node:process'; export const k = env.K;`],
  ['no-console', 'src/l.ts', `console.log('l');`],
  ['eqeqeq', 'src/m.ts', `export const m = (x: number) => x == 1;`],
  ['max-lines', 'src/n.ts', 'export {};\n'.repeat(301)],
  ['max-lines', 'test/n.ts', 'export {};\n'.repeat(301)],
  ['no-empty', 'src/o.ts', `export function o() { try { o(); } catch {} }`],
];

const CLEAN: Record<string, string> = {
  'src/dep.ts': `export class Dep {}`,
  // Nest injects by the class itself: an import of its type alone would be gone at run time.
  'src/injected.ts': `import { Injectable } from '@nestjs/common';
import { Dep } from './dep.js';

@Injectable()
export class Injected {
  constructor(readonly dep: Dep) {}
}
`,
  'src/main.ts': `console.log('a plain word before there is a logger');`,
  'src/config/read.ts': `export const port = process.env.PORT;`,
  'src/x.spec.ts': `export const home = process.env.HOME;`,
};

type Report = { filePath: string; messages: { ruleId: string | null; message: string }[] }[];

describe('the lint rules', () => {
  let found: string[];
  beforeAll(async () => {
    const files = { ...CLEAN, ...Object.fromEntries(BREAKS.map(([, file, text]) => [file, text])) };
    found = await withScratchProject(files, async (dir) => {
      const report = await runTool<Report>(dir, 'eslint', ['--format', 'json', 'src', 'test']);
      return report.flatMap(({ filePath, messages }) =>
        messages.map(({ ruleId, message }) => `${ruleId ?? message}: ${filePath.slice(dir.length + 1)}`),
      );
    });
  }, 60_000);

  it.each(BREAKS)('%s: %s', (rule, file) => expect(found).toContain(`${rule}: ${file}`));

  it.each(Object.keys(CLEAN))('let %s pass', (file) => {
    expect(found.filter((finding) => finding.endsWith(`: ${file}`))).toEqual([]);
  });
});
