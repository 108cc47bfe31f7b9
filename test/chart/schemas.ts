import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv, type AnySchemaObject, type ValidateFunction } from 'ajv';
import { load } from 'js-yaml';
import type { Manifest } from '../support/helm.js';

const FILES: Record<string, string> = {
  v1: 'api__v1_openapi.json',
  'apps/v1': 'apis__apps__v1_openapi.json',
  'networking.k8s.io/v1': 'apis__networking.k8s.io__v1_openapi.json',
};
/** Kinds of the Prometheus operator. */
const RESOURCES: Record<string, string> = {
  ServiceMonitor: 'monitoring.coreos.com_servicemonitors.yaml',
  PrometheusRule: 'monitoring.coreos.com_prometheusrules.yaml',
};
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

type Schema = Record<string, unknown>;
const GROUP_KIND = 'x-kubernetes-group-version-kind';

const ajv = new Ajv({
  strict: false,
  allErrors: true,
  formats: { int32: true, int64: true, double: true, 'date-time': true, 'int-or-string': true, byte: BASE64 },
});
const validators = new Map<string, ValidateFunction>();

/** What the schemas that Kubernetes and the Prometheus operator publish say against it, unknown fields included. */
export function mistakesOf(manifest: Manifest): string[] {
  const kind = `${manifest.apiVersion} ${manifest.kind}`;
  let validate = validators.get(kind);
  if (!validate) validators.set(kind, (validate = ajv.compile(schemaOf(manifest))));
  if (validate(manifest)) return [];
  return (validate.errors ?? []).map(
    ({ instancePath, message, params }) => `${kind} ${instancePath} ${message} ${JSON.stringify(params)}`,
  );
}

/** compose-spec's own schema. */
export const composeSchema = (): AnySchemaObject => JSON.parse(read('compose-spec.json')) as AnySchemaObject;

function schemaOf({ apiVersion, kind }: Manifest): AnySchemaObject {
  if (kind in RESOURCES) {
    const crd = load(read(RESOURCES[kind])) as { spec: { versions: { name: string; schema: Schema }[] } };
    const version = crd.spec.versions.find(({ name }) => apiVersion === `monitoring.coreos.com/${name}`);
    return closed(version?.schema.openAPIV3Schema) as AnySchemaObject;
  }
  if (!(apiVersion in FILES)) throw new Error(`there is no schema for ${apiVersion}`);
  const { components } = JSON.parse(read(FILES[apiVersion])) as { components: { schemas: Record<string, Schema> } };
  const is = (schema: Schema) =>
    (schema[GROUP_KIND] as { group: string; version: string; kind: string }[] | undefined)?.some(
      (one) => one.kind === kind && [one.group, one.version].filter(Boolean).join('/') === apiVersion,
    );
  const name = Object.keys(components.schemas).find((key) => is(components.schemas[key]));
  if (!name) throw new Error(`${apiVersion} has no ${kind}`);
  return { $ref: `#/components/schemas/${name}`, components: closed(components) };
}

/** The same with unknown fields refused, as `kubectl apply --validate=strict` does. */
function closed(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(closed);
  if (schema === null || typeof schema !== 'object') return schema;
  const copy: Schema = Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, closed(value)]));
  const open = 'additionalProperties' in copy || copy['x-kubernetes-preserve-unknown-fields'] === true;
  if (copy.type === 'object' && copy.properties && !open) copy.additionalProperties = false;
  // Go's way to say that case does not matter.
  if (typeof copy.pattern === 'string') copy.pattern = copy.pattern.replace(/^\^\(\?i\)(.*)\$$/, '^(?i:$1)$');
  return copy;
}

function read(name: string): string {
  const folder = process.env.ATOLL_TEST_SCHEMAS;
  if (!folder) throw new Error('ATOLL_TEST_SCHEMAS is not set: run these tests by bin/test chart');
  return readFileSync(join(folder, name), 'utf8');
}
