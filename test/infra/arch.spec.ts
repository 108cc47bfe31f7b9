import { createRequire } from 'node:module';
import { ROOT, runTool, withScratchProject } from './scratch.js';

const { forbidden } = createRequire(import.meta.url)(`${ROOT}/.dependency-cruiser.cjs`) as {
  forbidden: { name: string }[];
};

/** A small service that keeps all rules. */
const CLEAN: Record<string, string> = {
  'src/main.ts': `import './app.module.js';`,
  'src/app.module.ts': ['engine/docker/adapter', 'scheduler/x', 'preview/x', 'health/x', 'metrics/x', 'traces/x']
    .map((path) => `import './${path}.js';`)
    .join('\n'),
  'src/config/x.ts': `export const config = 1;`,
  'src/common/x.ts': `import '../config/x.js';`,
  'src/engine/x.ts': `import type { config } from '../config/x.js'; export type Port = typeof config;`,
  'src/engine/x.spec.ts': `import './docker/adapter.js'; import '../../test/support/fake.js';`,
  'src/engine/docker/adapter.ts': `import 'dockerode'; import type { Port } from '../x.js'; export let port: Port;`,
  'src/store/x.ts': `import 'node:sqlite'; import 'pg'; import 'kysely'; import '../common/x.js';`,
  'src/guest/x.ts': `import '../engine/x.js'; import '../store/x.js';`,
  'src/sandboxes/x.ts': `import '../guest/x.js'; import '../common/x.js';`,
  'src/commands/x.ts': `import '../sandboxes/x.js';`,
  'src/files/x.ts': `import '../sandboxes/x.js';`,
  'src/images/x.ts': `import '../engine/x.js';`,
  'src/scheduler/x.ts': `import '../commands/x.js'; import '../files/x.js'; import '../images/x.js';`,
  'src/preview/x.ts': `import '../guest/x.js';`,
  'src/health/x.ts': `import '../engine/x.js';`,
  'src/metrics/x.ts': `import '../store/x.js';`,
  'src/traces/x.ts': `import '@opentelemetry/api'; import '../common/x.js';`,
  'src/cli.ts': `import './backup/x.js';`,
  'src/backup/x.ts': `import '../store/x.js';`,
  'test/support/fake.ts': `export const fake = 1;`,
};

/** A rule, a file that breaks it, and what that file says. Every rule of the config has one at least. */
const BREAKS: [rule: string, file: string, text: string][] = [
  ['arrow-config', 'src/config/bad.ts', `import '../common/x.js';`],
  ['arrow-common', 'src/common/bad.ts', `import '../engine/x.js';`],
  ['arrow-common', 'src/common/root.ts', `import '../app.module.js';`],
  ['arrow-engine', 'src/engine/bad.ts', `import '../store/x.js';`],
  ['arrow-engine', 'src/engine/docker/bad.ts', `import '../../guest/x.js';`],
  ['arrow-store', 'src/store/bad.ts', `import type { Port } from '../engine/x.js'; export let port: Port;`],
  ['arrow-guest', 'src/guest/bad.ts', `import '../files/x.js';`],
  ['arrow-sandboxes', 'src/sandboxes/bad.ts', `import '../commands/x.js';`],
  ['arrow-commands', 'src/commands/bad.ts', `import '../files/x.js';`],
  ['arrow-files', 'src/files/bad.ts', `import '../commands/x.js';`],
  ['arrow-images', 'src/images/bad.ts', `import '../sandboxes/x.js';`],
  ['arrow-scheduler', 'src/scheduler/bad.ts', `import '../preview/x.js';`],
  ['arrow-preview', 'src/preview/bad.ts', `import '../scheduler/x.js';`],
  ['arrow-health', 'src/health/bad.ts', `import '../guest/x.js';`],
  ['arrow-metrics', 'src/metrics/bad.ts', `import '../sandboxes/x.js';`],
  ['arrow-traces', 'src/traces/bad.ts', `import '../store/x.js';`],
  ['arrow-backup', 'src/backup/bad.ts', `import '../engine/x.js';`],
  ['room-without-arrow', 'src/attic/x.ts', `import '../config/x.js';`],
  ['no-circular', 'src/guest/a.ts', `import './b.js';`],
  ['arrow-guest', 'src/guest/b.ts', `import './a.js'; import '../preview/x.js';`],
  ['adapter-only-in-app-module', 'src/openapi.ts', `import './engine/docker/adapter.js';`],
  ['adapter-only-in-app-module', 'src/guest/adapter.ts', `import '../engine/docker/adapter.js';`],
  [
    'dockerode-only-in-adapter',
    'src/engine/dock.ts',
    `import type Docker from 'dockerode'; export let docker: Docker;`,
  ],
  ['database-only-in-store', 'src/guest/sqlite.ts', `import 'node:sqlite';`],
  ['database-only-in-store', 'src/guest/pg.ts', `import 'pg';`],
  [
    'database-only-in-store',
    'src/guest/kysely.ts',
    `import type { Kysely } from 'kysely'; export let db: Kysely<object>;`,
  ],
  ['opentelemetry-only-in-traces', 'src/guest/span.ts', `import '@opentelemetry/api';`],
  ['src-not-to-test', 'src/guest/fake.ts', `import '../../test/support/fake.js';`],
  ['not-to-dev-dependency', 'src/guest/dev.ts', `import 'fast-check';`],
  ['not-to-unlisted', 'src/guest/unlisted.ts', `import 'acorn';`],
  ['not-to-unresolvable', 'src/guest/nowhere.ts', `import './nowhere-at-all.js';`],
];

interface Report {
  summary: { violations: { rule: { name: string }; from: string; to: string }[] };
}

function cruise(files: Record<string, string>): Promise<string[]> {
  return withScratchProject(files, async (dir) => {
    const args = ['--config', '.dependency-cruiser.cjs', '--output-type', 'json', 'src'];
    const { summary } = await runTool<Report>(dir, 'depcruise', args);
    return summary.violations.map(({ rule, from, to }) => `${rule.name}: ${rule.name === 'no-orphan' ? to : from}`);
  });
}

describe('the arrows of the architecture', () => {
  it('let a service pass that keeps them', async () => {
    expect(await cruise(CLEAN)).toEqual([]);
  });

  it('have a case for every rule here', () => {
    const rules = new Set([...BREAKS.map(([rule]) => rule), 'no-orphan']);
    expect([...rules].sort()).toEqual(forbidden.map((rule) => rule.name).sort());
  });

  describe('bite', () => {
    let found: string[];
    beforeAll(async () => {
      found = await cruise({ ...CLEAN, ...Object.fromEntries(BREAKS.map(([, file, text]) => [file, text])) });
    });

    it.each(BREAKS)('%s: %s', (rule, file) => expect(found).toContain(`${rule}: ${file}`));

    it('no-orphan: what nothing leads to', () => expect(found).toContain('no-orphan: src/guest/dev.ts'));
  });
});
