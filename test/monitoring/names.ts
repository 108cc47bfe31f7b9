import { collectDefaultMetrics, Registry } from 'prom-client';
import { registry } from '../../src/common/metrics/make.js';
import '../../src/common/metrics/metrics.js';
import { PARTS } from '../../src/health/parts.js';

/** What Prometheus itself gives to all that it reads. */
const OF_TARGETS = ['job', 'namespace', 'instance', 'le'];

interface Described {
  name: string;
  type: string;
  labelNames?: string[];
}

const node = new Registry();
collectDefaultMetrics({ register: node });
const known = new Map(
  [registry, node]
    .flatMap((one) => one.getMetricsAsArray() as unknown as Described[])
    .flatMap(({ name, type, labelNames = [] }) => {
      const names = type === 'histogram' ? ['_bucket', '_sum', '_count'].map((end) => name + end) : [name];
      return names.map((one): [string, string[]] => [one, labelNames]);
    }),
);

/** A sentence for each metric or label of a query that the service does not have. */
export function mistakesOf(query: string): string[] {
  const bare = query.replace(/"[^"]*"/g, '""');
  const names = new Set([...bare.matchAll(/\b(?:atoll|process|nodejs)_\w+/g)].map(([name]) => name));
  const unknown = [...names].filter((name) => !known.has(name));
  const labels = [...names].flatMap((name) => known.get(name) ?? []);
  const used = [
    ...[...bare.matchAll(/\{([^}]*)\}/g)].flatMap(([, inside]) => [...inside.matchAll(/(\w+) *[=!]/g)]),
    ...[...bare.matchAll(/\b(?:by|on|without|ignoring) *\(([^)]*)\)/g)].flatMap(([, inside]) => [
      ...inside.matchAll(/(\w+)/g),
    ]),
  ].map(([, label]) => label);
  const strange = used.filter((label) => ![...labels, ...OF_TARGETS].includes(label));
  const parts = [...query.matchAll(/part=~?"([^"]*)"/g)].flatMap(([, value]) => value.split('|'));
  return [
    ...(names.size === 0 ? [`no metric in ${query}`] : []),
    ...unknown.map((name) => `no metric is called ${name}`),
    ...strange.map((label) => `no metric of ${query} has the label ${label}`),
    ...parts.filter((part) => !PARTS.includes(part as never)).map((part) => `no part is called ${part}`),
  ];
}
