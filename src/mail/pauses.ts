// Pauses that grow: each twice as long as the one before, up to a longest one.

export interface PauseLimits {
  readonly firstMs: number;
  readonly longestMs: number;
}

/** @param failures how often it has failed in a row, 1 or more. */
export function pauseAfter(failures: number, { firstMs, longestMs }: PauseLimits): number {
  return Math.min(firstMs * 2 ** Math.min(failures - 1, 40), longestMs);
}
