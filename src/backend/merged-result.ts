// Sorted results of several suffixes as one, in the same order. Takes results that were sorted by the same keys.

import type { Entry } from '../ldap/entry.ts';
import type { OctetCount } from '../ldap/octet-count.ts';
import type { Reference } from '../ldap/reference.ts';
import type { SortedResult } from './backend.ts';
import type { SortValues } from './sort-order.ts';

/** Where an entry of the whole is: in which part, and where in it. */
interface ResultPosition {
  readonly part: SortedResult;
  readonly index: number;
}

/** Entries between two chances for others to work. */
const RUN_LENGTH = 256;
const PLACE_OCTETS = 64;

/**
 * Yields `undefined` while it works; returns the result, whose memory `held` counts. Of equal entries those of the earlier
 * part come first.
 */
export function* mergeSorted(
  parts: readonly SortedResult[],
  held: OctetCount,
): Generator<undefined, SortedResult> {
  const places: ResultPosition[] = [];
  const next = parts.map(() => 0);
  for (;;) {
    let first = -1;
    for (const [number, part] of parts.entries()) {
      if ((next[number] ?? 0) < part.length && (first < 0 || isBefore(number, first))) first = number;
    }
    const part = parts[first];
    if (part === undefined) return new MergedResult(parts, places);
    held.take(PLACE_OCTETS);
    places.push({ part, index: next[first] ?? 0 });
    next[first] = (next[first] ?? 0) + 1;
    if (places.length % RUN_LENGTH === 0) yield undefined;
  }

  function isBefore(one: number, other: number): boolean {
    const [a, b] = [parts[one], parts[other]];
    if (a === undefined || b === undefined) return false;
    return a.compare(a.valuesAt(next[one] ?? 0), b.valuesAt(next[other] ?? 0)) < 0;
  }
}

class MergedResult implements SortedResult {
  readonly #parts: readonly SortedResult[];
  readonly #places: readonly ResultPosition[];

  constructor(parts: readonly SortedResult[], places: readonly ResultPosition[]) {
    this.#parts = parts;
    this.#places = places;
  }

  get length(): number {
    return this.#places.length;
  }

  get references(): readonly Reference[] {
    return this.#parts.flatMap(({ references }) => references);
  }

  entryAt(index: number): Entry {
    const { part, index: inPart } = this.#placeAt(index);
    return part.entryAt(inPart);
  }

  /** Returns the number of results before a value: the sum of those before it in each part. */
  indexOf(value: string): number {
    return this.#parts.reduce((sum, part) => sum + part.indexOf(value), 0);
  }

  valuesAt(index: number): SortValues {
    const { part, index: inPart } = this.#placeAt(index);
    return part.valuesAt(inPart);
  }

  compare(a: SortValues, b: SortValues): number {
    return this.#parts[0]?.compare(a, b) ?? 0;
  }

  #placeAt(index: number): ResultPosition {
    const place = this.#places[index];
    if (place === undefined) throw new RangeError(`There is no entry ${index} of ${this.length}.`);
    return place;
  }
}
