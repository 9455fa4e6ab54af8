// How the tests run. The limits are generous: many tests start a real server, and a busy
// machine is no failure. They stand here only; a test sets none of its own.

import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // A process for each test file: tests start servers, send signals and set the environment.
    pool: 'forks',
    globalSetup: ['test/support/run/program-pack.ts'],
    setupFiles: ['test/support/run/processor-time.ts', 'test/support/seed.ts'],
    // A test waits for its server, and for clients, more than it works: two at once even where there are two processors.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    testTimeout: 600_000,
    hookTimeout: 600_000,
    expect: { poll: { timeout: 300_000, interval: 50 } },
    reporters: ['default', './test/support/run/count-reporter.ts'],
  },
});
