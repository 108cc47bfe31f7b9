import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { ERROR_STATUS } from '../../src/common/errors/catalogue.js';
import { variables } from '../../src/config/variables.js';
import { ROOT } from './scratch.js';

const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');
const markdownIn = (folder: string, recursive: boolean) =>
  readdirSync(join(ROOT, folder), { recursive, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => join(folder, name));

const DOCS = [...markdownIn('.', false), ...markdownIn('docs', true), 'helm/atoll/README.md'];

const all = (text: string, pattern: RegExp): string[][] => [...text.matchAll(pattern)].map((match) => [...match]);
const withoutFences = (text: string) => text.replace(/^ *```[\s\S]*?^ *```$/gm, '');
const codeSpans = (text: string) => all(withoutFences(text), /`([^`\n]+)`/g).map(([, code]) => code);

/** The anchor that a heading gets, as GitHub makes it. */
const anchor = (heading: string) =>
  heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .replaceAll(' ', '-');
const anchorsOf = (path: string) =>
  all(withoutFences(read(path)), /^#+ +(.*)$/gm).map(([, heading]) => anchor(heading.trim()));

describe.each(DOCS)('%s', (path) => {
  const text = read(path);

  it('links to what is there', () => {
    const broken = all(withoutFences(text), /\]\(([^)\s]+)\)/g)
      .map(([, link]) => link)
      .filter((link) => !/^[a-z]+:/.test(link))
      .filter((link) => {
        const [file, heading] = link.split('#', 2);
        const target = file ? relative(ROOT, resolve(ROOT, dirname(path), file)) : path;
        if (!existsSync(join(ROOT, target))) return true;
        return heading !== undefined && !anchorsOf(target).includes(heading);
      });
    expect(broken).toEqual([]);
  });

  it('names files of this project that are there', () => {
    const missing = codeSpans(text)
      .filter((code) => /^(src|agent|bin|test|docs)\/[\w./-]+$/.test(code))
      .filter((code) => !existsSync(join(ROOT, code)));
    expect(missing).toEqual([]);
  });

  it('names variables that somebody reads', () => {
    const named = new Set(all(text, /\b(?:ATOLL|DOCKER|DATABASE|LOG)_[A-Z_]*[A-Z]\b/g).map(([name]) => name));
    const known = new Set([...Object.keys(variables), ...agentVariables(), ...testVariables()]);
    expect([...named].filter((name) => !known.has(name))).toEqual([]);
  });

  it('names no command of npm that package.json does not have', () => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
    const named = all(text, /npm run (?:--silent )?([\w:]+)/g).map(([, script]) => script);
    expect(named.filter((script) => !(script in scripts))).toEqual([]);
  });

  it.skipIf(!existsSync(join(ROOT, 'openapi.json')))('names calls that the service has', () => {
    const calls = operations();
    const wrong = callsIn(text).filter(
      ([method, call]) => !calls.some(([has, template]) => (!method || method === has) && matches(template, call)),
    );
    expect(wrong).toEqual([]);
  });
});

describe('docs/api.md', () => {
  const text = read('docs/api.md');

  it('gives each error the status that it has', () => {
    const rows = all(text, /^\| (\d{3}) +\| `([A-Z_]+)`/gm);
    expect(rows.length).toBeGreaterThan(5);
    for (const [, status, code] of rows) expect([code, ERROR_STATUS[code as never]]).toEqual([code, Number(status)]);
  });

  it.skipIf(!existsSync(join(ROOT, 'openapi.json')))('has a heading for every call of the service', () => {
    const headings = all(text, /^### `([A-Z]+) (\/v1\/[^`?]*)/gm).map(([, method, path]) => `${method} ${path}`);
    expect(headings.sort()).toEqual(
      operations()
        .map(([method, path]) => `${method} ${path}`)
        .sort(),
    );
  });
});

/** What the agent reads of its environment. */
/** What PID 1's environment holds: what the agent reads, and what the service reads back from the engine. */
function agentVariables(): string[] {
  const sources = ['agent/internal/boot/env.go', 'src/sandboxes/sandbox-record.ts'];
  return sources.flatMap((path) => all(read(path), /["'](ATOLL_\w+)["']/g).map(([, name]) => name));
}

/** What bin/test and its helpers read. */
function testVariables(): string[] {
  const sources = [
    'bin/test',
    'bin/lib/parts.sh',
    'bin/lib/test-engine.sh',
    'test/support/engine',
    'test/support/own-engine.sh',
    'test/contract/store/schemas.contract-spec.ts',
  ];
  const specs = readdirSync(join(ROOT, 'test/e2e'), { withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ name }) => `test/e2e/${name}`);
  return [...sources, ...specs].flatMap((path) =>
    all(read(path), /\b(ATOLL_(?:TEST|BENCH)_\w+)/g).map(([, name]) => name),
  );
}

function operations(): [method: string, path: string][] {
  const { paths } = JSON.parse(read('openapi.json')) as { paths: Record<string, Record<string, unknown>> };
  return Object.entries(paths).flatMap(([path, item]) =>
    Object.keys(item).map((method): [string, string] => [method.toUpperCase(), path]),
  );
}

/** Calls that a text names as code: `GET /v1/…`, and the paths behind `$URL` or another address in its examples. */
function callsIn(text: string): [method: string | undefined, path: string][] {
  const named = codeSpans(text).flatMap((code) => all(code, /^(?:(GET|POST|PUT|DELETE) )?(\/v1\/[^\s?]+)(?:\?|$)/g));
  const curled = all(text, /(?:\$URL|http:\/\/[\w.:]+)()(\/v1\/[^\s"'?]+)/g);
  return [...named, ...curled].map(([, method, path]) => [method || undefined, path]);
}

function matches(template: string, path: string): boolean {
  const pattern = template.replace(/\{\w+\}/g, '[^/]+');
  return new RegExp(`^${pattern}$`).test(path);
}
