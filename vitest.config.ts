import { defineConfig } from 'vitest/config';

/** Unit tests beside the source, and those of the project's own tools, and what Prometheus and Grafana are given. No engine, no network, no built `dist`. */
export default defineConfig({
  test: {
    globals: true,
    include: ['src/**/*.spec.ts', 'test/infra/**/*.spec.ts', 'test/monitoring/**/*.spec.ts'],
    testTimeout: 60_000,
    // Its 1 s is no time for a busy machine; what is polled for comes, or the test fails.
    expect: { poll: { timeout: 15_000 } },
  },
});
