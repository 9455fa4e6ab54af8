// Waits of the tests. A test waits for an event, however long it takes on a busy machine, and asserts no time. What never
// comes is ended by the limit that vitest.config.ts sets for the whole test.

const LOOK_MS = 10;

/** Resolves when the condition holds. */
export async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isSo())) await passes(LOOK_MS);
}

/**
 * Resolves when at least this many milliseconds have passed: for a clock of another process that must pass a limit. The
 * test must stay right however much longer it takes.
 */
export function passes(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Longer than any program of a test needs, and shorter than the limit of a test. */
const PROGRAM_LIMIT_MS = 500_000;

/** Calls `end` when a program that a test has started hangs; the returned function says that it has ended. */
export function endWhenHanging(end: () => void): () => void {
  const timer = setTimeout(end, PROGRAM_LIMIT_MS);
  return () => clearTimeout(timer);
}
