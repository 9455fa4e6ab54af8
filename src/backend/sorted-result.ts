// A search result in order. Everything that is found must be there before the first entry is known, so its number is
// bounded and its memory counted; sorting goes in runs and merges, with chances for others to work in between.

import { octetsOfText } from '../directory/kept-octets.ts';
import { Entry } from '../ldap/entry.ts';
import { LdapError } from '../ldap/ldap-error.ts';
import type { OctetCount } from '../ldap/octet-count.ts';
import { Reference } from '../ldap/reference.ts';
import type { Found, SortedResult } from './backend.ts';
import type { SortOrder, SortValues } from './sort-order.ts';

export interface SortOptions {
  readonly entriesMax: number;
  /** Counts what the result takes; it is not given back here. */
  readonly held: OctetCount;
  shown(entry: Entry): Entry;
  view(entry: Entry): Entry;
  /** Returns what is kept of an entry that was made for this search. Without it the entry itself is kept, which is the tree's. */
  keep?(entry: Entry): Entry | FoundAgain;
}

/** An entry that is not kept: made once more when it is asked for. Throws LdapError when that is not possible any more. */
export interface FoundAgain {
  find(): Entry;
}

interface Item {
  readonly kept: Entry | FoundAgain;
  readonly values: SortValues;
}

/** Memory of an item beside its values: the item, its list of values, its places in two lists, and what finds the entry again. */
const ITEM_OCTETS = 256;

/** Entries between two chances for others to work. */
const RUN_LENGTH = 256;

/** Takes entries of the tree; yields `undefined` while it works and the result in the end. Throws adminLimitExceeded. */
export function* sortFound(
  found: Iterable<Found>,
  order: SortOrder,
  options: SortOptions,
): Generator<SortedResult | undefined> {
  const references: Reference[] = [];
  const runs: Item[][] = [];
  let run: Item[] = [];
  let count = 0;
  const compare = (a: Item, b: Item) => order.compare(a.values, b.values);
  for (const entry of found) {
    if (entry === undefined) {
      yield undefined;
      continue;
    }
    if (entry instanceof Reference) {
      references.push(entry);
      continue;
    }
    count += 1;
    if (count > options.entriesMax) throw tooManyToSort(options.entriesMax);
    const values = order.valuesOf(options.shown(entry));
    options.held.take(ITEM_OCTETS + octetsOf(values));
    run.push({ kept: options.keep?.(entry) ?? entry, values });
    if (run.length < RUN_LENGTH) continue;
    runs.push(run.sort(compare));
    run = [];
    yield undefined;
  }
  runs.push(run.sort(compare));
  const items = yield* merged(runs, compare);
  yield new SortedItems(items, references, order, options);
}

class SortedItems implements SortedResult {
  readonly references: readonly Reference[];
  readonly #items: readonly Item[];
  readonly #order: SortOrder;
  readonly #options: SortOptions;

  constructor(
    items: readonly Item[],
    references: readonly Reference[],
    order: SortOrder,
    options: SortOptions,
  ) {
    this.#items = items;
    this.references = references;
    this.#order = order;
    this.#options = options;
  }

  get length(): number {
    return this.#items.length;
  }

  entryAt(index: number): Entry {
    const { kept } = this.#itemAt(index);
    return this.#options.view(kept instanceof Entry ? kept : kept.find());
  }

  valuesAt(index: number): SortValues {
    return this.#itemAt(index).values;
  }

  compare(a: SortValues, b: SortValues): number {
    return this.#order.compare(a, b);
  }

  indexOf(value: string): number {
    const reaches = this.#order.reaches(value);
    let low = 0;
    let high = this.#items.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const item = this.#items[middle];
      if (item === undefined || reaches(item.values)) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  #itemAt(index: number): Item {
    const item = this.#items[index];
    if (item === undefined) throw new RangeError(`There is no entry ${index} of ${this.length}.`);
    return item;
  }
}

/** Merges neighbours until one run is left; equal items keep their order. */
function* merged(
  runs: readonly Item[][],
  compare: (a: Item, b: Item) => number,
): Generator<undefined, readonly Item[]> {
  let left = runs;
  while (left.length > 1) {
    const next: Item[][] = [];
    for (let index = 0; index < left.length; index += 2) {
      const a = left[index] ?? [];
      const b = left[index + 1];
      next.push(b === undefined ? a : yield* mergedPair(a, b, compare));
    }
    left = next;
  }
  return left[0] ?? [];
}

function* mergedPair(
  a: readonly Item[],
  b: readonly Item[],
  compare: (a: Item, b: Item) => number,
): Generator<undefined, Item[]> {
  const result: Item[] = [];
  let at = 0;
  for (const item of b) {
    for (let other = a[at]; other !== undefined && compare(other, item) <= 0; other = a[at]) {
      result.push(other);
      at += 1;
    }
    result.push(item);
    if (result.length % RUN_LENGTH === 0) yield undefined;
  }
  for (const other of a.slice(at)) result.push(other);
  return result;
}

function octetsOf(values: SortValues): number {
  let octets = 0;
  for (const value of values) octets += value === undefined ? 0 : octetsOfText(value);
  return octets;
}

/** Returns the error for a result that is too large to sort (RFC 2891 §1.2). */
export function tooManyToSort(entriesMax: number): LdapError {
  return new LdapError(
    'adminLimitExceeded',
    `More than ${entriesMax} entries are found, and so many are not sorted. Use a narrower filter.`,
  );
}
