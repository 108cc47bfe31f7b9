import { defineConfig } from 'vitest/config';

/** Unit tests beside the source, and those of the project's own tools. No engine, no network, no built `dist`. */
export default defineConfig({
  test: {
    globals: true,
    include: ['src/**/*.spec.ts', 'test/infra/**/*.spec.ts'],
    testTimeout: 10_000,
  },
});
