// How much of the past a store keeps: which journal files and archived configurations nobody will ask for any more.
// Only decides; ldif-store.ts removes.

/** A change is kept while one of the two says so. */
export interface Retention {
  /** So many of the last changes. */
  readonly changesMin: number;
  /** Changes that are younger than this. */
  readonly ageMs: number;
}

/** Nothing but the present, however young it is. */
export const KEEP_NOTHING: Retention = { changesMin: 0, ageMs: Number.NEGATIVE_INFINITY };

export const KEEP_ALL: Retention = {
  changesMin: Number.POSITIVE_INFINITY,
  ageMs: Number.POSITIVE_INFINITY,
};

interface Archives {
  /** Through which changes the archived configurations go, in order. */
  readonly archives: readonly number[];
}

/**
 * Through which change the journal may forget. What is left must begin with an archived configuration, and reach back
 * far enough for the state before each change that is to be kept.
 */
export function forgettableThrough(
  { archives, lastNumber }: Archives & { readonly lastNumber: number },
  { changesMin }: Retention,
): number {
  const floor = lastNumber - changesMin;
  return archives.findLast((number) => number <= floor) ?? -1;
}

/** The archives that no journal file continues; takes the first numbers of the journal's files, in order. */
export function uselessArchives({
  segments,
  archives,
}: Archives & { readonly segments: readonly number[] }): number[] {
  const [first = 0] = segments;
  return archives.filter((number) => number < first - 1);
}
