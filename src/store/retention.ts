// Decides how much history a store keeps: which journal files and archives are no longer needed. ldif-store.ts
// removes them.

/** A change is kept if one of the two limits keeps it. */
export interface Retention {
  /** Minimum number of changes that are kept. */
  readonly changesMin: number;
  /** Changes younger than this, in milliseconds, are kept. */
  readonly ageMs: number;
}

/** Keeps no history. */
export const KEEP_NOTHING: Retention = { changesMin: 0, ageMs: Number.NEGATIVE_INFINITY };

export const KEEP_ALL: Retention = {
  changesMin: Number.POSITIVE_INFINITY,
  ageMs: Number.POSITIVE_INFINITY,
};

interface Archives {
  /** Change numbers of the archived configurations, in order. */
  readonly archives: readonly number[];
}

/**
 * Returns the last change that the journal may forget. The rest must begin with an archived configuration, and
 * give the state before each change that is kept.
 */
export function forgettableThrough(
  { archives, lastNumber }: Archives & { readonly lastNumber: number },
  { changesMin }: Retention,
): number {
  const floor = lastNumber - changesMin;
  return archives.findLast((number) => number <= floor) ?? -1;
}

/**
 * Returns the archives that no journal file continues. Takes the first numbers of the journal files, in order.
 */
export function uselessArchives({
  segments,
  archives,
}: Archives & { readonly segments: readonly number[] }): number[] {
  const [first = 0] = segments;
  return archives.filter((number) => number < first - 1);
}
