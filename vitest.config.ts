import { defineConfig } from 'vitest/config';

/** Unit tests beside the source, and those of the project's own tools, and what Prometheus and Grafana are given. No engine, no network, no built `dist`. */
export default defineConfig({
  test: {
    globals: true,
    include: ['src/**/*.spec.ts', 'test/infra/**/*.spec.ts', 'test/monitoring/**/*.spec.ts'],
    testTimeout: 10_000,
  },
});
