// Growing pauses: each is twice as long as the one before, up to a maximum.

/**
 * Calls back once after a number of milliseconds, by the monotonic clock or the calendar, whichever is earlier:
 * neither a clock that is set forward nor sleep of the machine delays it. Returns the function that cancels it.
 */
export type Later = (ms: number, run: () => void) => () => void;

export interface PauseLimits {
  readonly firstMs: number;
  readonly longestMs: number;
}

/**
 * Returns the pause in milliseconds.
 *
 * @param failures Number of failures in a row, at least 1.
 */
export function pauseAfter(failures: number, { firstMs, longestMs }: PauseLimits): number {
  return Math.min(firstMs * 2 ** Math.min(failures - 1, 40), longestMs);
}
