import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { loadAll, YAML11_SCHEMA } from 'js-yaml';

export const CHART = resolve(import.meta.dirname, '../../helm/atoll');
export const NAMESPACE = 'team';
const run = promisify(execFile);

/** An object of Kubernetes, as far as tests look into all of them. */
export interface Manifest {
  apiVersion: string;
  kind: string;
  metadata: { name: string; labels?: Record<string, string>; annotations?: Record<string, string> };
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  [field: string]: any;
}

export type ChartValues = Record<string, unknown>;

/** The Helm that bin/test made. */
export async function helm(args: string[], env: Record<string, string> = {}): Promise<string> {
  const program = process.env.ATOLL_TEST_HELM;
  if (!program) throw new Error('ATOLL_TEST_HELM is not set: run these tests by bin/test chart');
  const { stdout } = await run(program, args, { env: { ...process.env, ...env }, maxBuffer: 64_000_000 });
  return stdout;
}

/** What `helm template` prints for these values. They are merged from left to right, as Helm does it. */
export const render = (...values: ChartValues[]): Promise<string> =>
  helm(['template', 'demo', CHART, '--namespace', NAMESPACE, ...values.flatMap(setJson)]);

/** As Kubernetes reads YAML: 0440 is octal. */
export const manifests = (text: string): Manifest[] =>
  (loadAll(text, null, { schema: YAML11_SCHEMA }) as (Manifest | null)[]).filter((manifest) => manifest !== null);

export const rendered = async (...values: ChartValues[]): Promise<Manifest[]> => manifests(await render(...values));

/** The one of a kind whose name ends so. */
export function find(all: Manifest[], kind: string, ending = ''): Manifest {
  const found = all.filter((one) => one.kind === kind && one.metadata.name.endsWith(ending));
  if (found.length !== 1) throw new Error(`${found.length} of kind ${kind} whose name ends with '${ending}'`);
  return found[0];
}

export const setJson = (values: ChartValues): string[] =>
  Object.entries(values).flatMap(([name, value]) => ['--set-json', `${name}=${JSON.stringify(value)}`]);
