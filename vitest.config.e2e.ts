import { defineConfig } from 'vitest/config';
import { nestTsc } from './vitest.nest-tsc.js';

/** Real HTTP against the whole service on a real engine: run by `bin/test e2e`, which starts the engine. */
export default defineConfig({
  plugins: [nestTsc()],
  test: {
    globals: true,
    include: ['test/e2e/**/*.e2e-spec.ts'],
    fileParallelism: false,
    testTimeout: 60_000,
    // Its 1 s is no time for a busy machine; what is polled for comes, or the test fails.
    expect: { poll: { timeout: 15_000 } },
    hookTimeout: 120_000,
  },
});
