import { registry } from '../common/metrics/make.js';
import '../common/metrics/metrics.js';
import { table } from '../config/docs.js';

const INTRODUCTION = `# Metrics

<!-- Made from src/common/metrics/metrics.ts by \`npm run metrics:docs\`; a test fails when it differs. -->

What Prometheus reads at \`/metrics\` of \`ATOLL_METRICS_HOST\` and \`ATOLL_METRICS_PORT\`. How to watch it, and what to do when something is wrong:
[operations](operations.md#metrics). A label has few values: a route is a pattern, and no id, name or image is a label.

`;

const AFTER = `
Histograms are seconds, with buckets from 1 ms to 30 s. Beside these are the usual ones of the process and of Node:
\`process_…\` (CPU, memory, file descriptors) and \`nodejs_…\` (delay of the event loop, heap, garbage collection).
`;

/** What there is of a metric beside its values. */
interface Described {
  name: string;
  help: string;
  type: string;
  labelNames: string[];
}

/** The text of docs/metrics.md, laid out as prettier would. */
export function metricsDocs(): string {
  const metrics = (registry.getMetricsAsArray() as unknown as Described[]).filter(({ name }) =>
    name.startsWith('atoll_'),
  );
  const rows = metrics.map(({ name, type, labelNames, help }) => {
    const labels = labelNames.map((label) => `\`${label}\``).join(', ');
    return [`\`${name}\``, type, labels, help];
  });
  return INTRODUCTION + table([['metric', 'type', 'labels', 'what'], ...rows]) + AFTER;
}

if (import.meta.main) process.stdout.write(metricsDocs());
