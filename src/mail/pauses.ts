// Pauses that grow: each twice as long as the one before, up to a longest one.

/**
 * Calls back once when that many milliseconds have gone by, on the clock of the machine or on the calendar, whichever is
 * sooner: a clock that is put forward, or a machine that slept, delays nothing. Returns how to prevent it.
 */
export type Later = (ms: number, run: () => void) => () => void;

export interface PauseLimits {
  readonly firstMs: number;
  readonly longestMs: number;
}

/** @param failures how often it has failed in a row, 1 or more. */
export function pauseAfter(failures: number, { firstMs, longestMs }: PauseLimits): number {
  return Math.min(firstMs * 2 ** Math.min(failures - 1, 40), longestMs);
}
