// The last line of every test run: `N passed, N failed`, with `, N skipped` when there are any.
//
// Plain text without colours, for programs to read. A test file that cannot even be loaded and an error outside
// every test count as failures; the exit code stays vitest's.

import type { Reporter, TestModule, Vitest } from 'vitest/node';

type UnhandledErrors = Parameters<NonNullable<Reporter['onTestRunEnd']>>[1];

export default class CountReporter implements Reporter {
  #isWatching = false;

  onInit(vitest: Vitest): void {
    this.#isWatching = vitest.config.watch;
  }

  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: UnhandledErrors): void {
    const line = `${count(modules, unhandledErrors.length)}\n`;
    // The summary of the default reporter and notices about slow closing come after this call.
    if (this.#isWatching) process.stdout.write(line);
    else process.once('exit', () => process.stdout.write(line));
  }
}

function count(modules: readonly TestModule[], unhandledErrors: number): string {
  let passed = 0;
  let failed = unhandledErrors;
  let skipped = 0;
  for (const module of modules) {
    failed += module.errors().length;
    for (const suite of module.children.allSuites()) failed += suite.errors().length;
    for (const test of module.children.allTests()) {
      const { state } = test.result();
      if (state === 'passed') passed += 1;
      else if (state === 'skipped') skipped += 1;
      else failed += 1;
    }
  }
  return `${passed} passed, ${failed} failed${skipped === 0 ? '' : `, ${skipped} skipped`}`;
}
