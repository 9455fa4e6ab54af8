// A process of Node.js ends when nothing is left that could wake it up, without a word and with the exit code 13 when
// somebody still waits for a promise. That is a fault of the program, and must be reported to the person who started it.

import type { World } from '../cli/command.ts';

/** Resolves as `work` does; rejects with what `reason` makes when nothing is left that `work` could be waiting for. */
export async function unlessLoopIsEmpty<T>(
  process: Pick<World, 'once' | 'off'>,
  work: Promise<T>,
  reason: () => Error,
): Promise<T> {
  const empty = Promise.withResolvers<never>();
  const tell = () => empty.reject(reason());
  process.once('beforeExit', tell);
  try {
    return await Promise.race([work, empty.promise]);
  } finally {
    process.off('beforeExit', tell);
  }
}
