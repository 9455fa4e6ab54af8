// The last line of every test run: `N passed, N failed`, with `, N skipped` when there are any. Before it, the test files that
// took most of the processors (see processor-time.ts): whoever makes the tests faster begins there.
//
// Plain text without colours, for programs to read. A test file that cannot even be loaded and an error outside
// every test count as failures; the exit code stays vitest's.

import type { Reporter, TestModule, Vitest } from 'vitest/node';

const HEAVIEST = 10;

type UnhandledErrors = Parameters<NonNullable<Reporter['onTestRunEnd']>>[1];

export default class CountReporter implements Reporter {
  #isWatching = false;

  onInit(vitest: Vitest): void {
    this.#isWatching = vitest.config.watch;
  }

  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: UnhandledErrors): void {
    const text = `${heaviest(modules)}${count(modules, unhandledErrors.length)}\n`;
    // The summary of the default reporter and notices about slow closing come after this call.
    if (this.#isWatching) process.stdout.write(text);
    else process.once('exit', () => process.stdout.write(text));
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

/** The sum, and a line for each of the heaviest files; nothing where it is not known. */
function heaviest(modules: readonly TestModule[]): string {
  const files = modules.flatMap((module) => {
    const { processorSeconds } = module.meta();
    return processorSeconds === undefined ? [] : [{ name: module.relativeModuleId, processorSeconds }];
  });
  if (files.length <= 1) return '';
  const sum = files.reduce((seconds, file) => seconds + file.processorSeconds, 0);
  const lines = files
    .toSorted((one, other) => other.processorSeconds - one.processorSeconds)
    .slice(0, HEAVIEST)
    .map(({ name, processorSeconds }) => `  ${processorSeconds.toFixed(1).padStart(6)} ${name}`);
  return ['Seconds of the processors:', `  ${sum.toFixed(1).padStart(6)} all`, ...lines, ''].join('\n');
}
