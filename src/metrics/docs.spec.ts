import { readFileSync } from 'node:fs';
import { metricsDocs } from './docs.js';

it('docs/metrics.md is what the metrics say (npm run metrics:docs >docs/metrics.md mends it)', () => {
  expect(metricsDocs()).toBe(readFileSync(new URL('../../docs/metrics.md', import.meta.url), 'utf8'));
});
