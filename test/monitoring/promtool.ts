import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { dump, load } from 'js-yaml';
import type { Case } from './cases.js';

export const FILES = resolve(import.meta.dirname, '../../helm/atoll/files');
export const ALERTS = join(FILES, 'alerts.yaml');

export interface Alert {
  alert: string;
  expr: string;
  labels: { severity: string };
  annotations: Record<string, string>;
}

export const alerts = (): Alert[] =>
  (load(readFileSync(ALERTS, 'utf8')) as { groups: { rules: Alert[] }[] }).groups.flatMap(({ rules }) => rules);

/** What promtool says; throws that where it is not content. */
export function promtool(...args: string[]): string {
  try {
    return execFileSync('promtool', args, { stdio: 'pipe' }).toString();
  } catch (error) {
    const { stdout, stderr } = error as Record<string, Buffer>;
    throw new Error(`promtool ${args.join(' ')}:\n${stdout.toString()}${stderr.toString()}`, { cause: error });
  }
}

/** Throws where an expression is not PromQL. */
export const parse = (expressions: string[]): Promise<string> =>
  withFile({ groups: [{ name: 'all', rules: expressions.map((expr, at) => ({ record: `r${at}`, expr })) }] }, (path) =>
    promtool('check', 'rules', '--lint=none', path),
  );

/** Throws unless the alerts of a case fire, and no other. */
export const fires = ({ it, series, at, fires: names }: Case, well: Record<string, string>): Promise<string> => {
  const given = Object.entries({ ...well, ...series }).filter(([, values]) => values !== '');
  const samples = names.map((name) => ({ labels: `{alertname="${name}"}`, value: 1 }));
  const test = {
    name: it,
    interval: '1m',
    input_series: given.map(([name, values]) => ({ series: ofTarget(name), values })),
    promql_expr_test: [
      { expr: 'group by (alertname) (ALERTS{alertstate="firing"})', eval_time: `${at}m`, exp_samples: samples },
    ],
  };
  return withFile({ rule_files: [ALERTS], evaluation_interval: '1m', tests: [test] }, (path) =>
    promtool('test', 'rules', path),
  );
};

/** With the labels that Prometheus gives to what it reads of a target. */
function ofTarget(name: string): string {
  const [metric, labels = ''] = name.replace('}', '').split('{');
  const all = ['namespace="team"', 'instance="10.0.0.1:9464"', labels.includes('job=') ? '' : 'job="atoll"', labels];
  return `${metric}{${all.filter(Boolean).join(',')}}`;
}

async function withFile<T>(content: object, use: (path: string) => T): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'promtool-'));
  try {
    const path = join(folder, 'file.yaml');
    writeFileSync(path, dump(content));
    return use(path);
  } finally {
    await rm(folder, { recursive: true });
  }
}
