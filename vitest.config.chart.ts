import { defineConfig } from 'vitest/config';

/** The chart, by a real Helm against the schemas that Kubernetes publishes: run by `bin/test chart`, which fetches both. */
export default defineConfig({
  test: {
    globals: true,
    include: ['test/chart/**/*.spec.ts'],
    testTimeout: 60_000,
  },
});
