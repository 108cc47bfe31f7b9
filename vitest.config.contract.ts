import { defineConfig } from 'vitest/config';

/**
 * One suite per port, for every adapter, against the real thing: `bin/test contract` starts an engine and a database
 * and says where they are by ATOLL_TEST_DOCKER_HOST and ATOLL_TEST_DATABASE_URL.
 */
export default defineConfig({
  test: {
    globals: true,
    include: ['test/contract/**/*.contract-spec.ts'],
    // One engine for all, and some tests measure deadlines: files run one after another.
    fileParallelism: false,
    testTimeout: 30_000,
    // Its 1 s is no time for a busy machine; what is polled for comes, or the test fails.
    expect: { poll: { timeout: 15_000 } },
    hookTimeout: 60_000,
  },
});
