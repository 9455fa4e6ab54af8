// A search below the root, which has no entries of its own: the suffixes that the requester may read, as if they were
// one. What is watched has to be one suffix: each has a history of its own.

import type {
  Backend,
  Found,
  Search,
  Searchable,
  SortedResult,
  SortedSearch,
} from '../../backend/backend.ts';
import { mergeSorted } from '../../backend/merged-result.ts';
import type { NamingContexts } from '../../backend/naming-contexts.ts';
import { tooManyToSort } from '../../backend/sorted-result.ts';
import { LdapError } from '../../ldap/ldap-error.ts';
import { SearchScope } from '../../ldap/message.ts';
import { ResultCode } from '../../ldap/result-code.ts';
import { mayRead } from '../access.ts';

/** Returns true if a search covers entries below the root. */
export function isBelowRoot({ baseKey, scope }: Pick<Search, 'baseKey' | 'scope'>): boolean {
  return baseKey === '' && scope !== SearchScope.baseObject;
}

export class BelowRoot implements Searchable {
  readonly #contexts: NamingContexts;

  constructor(contexts: NamingContexts) {
    this.#contexts = contexts;
  }

  /** Suffix by suffix. */
  *search(search: Search): Generator<Found> {
    for (const backend of this.#readable(search)) {
      yield* orNothing(() => backend.search(inSuffix(search, backend)));
    }
  }

  *searchSorted(search: SortedSearch): Generator<SortedResult | undefined> {
    const parts: SortedResult[] = [];
    const { sortKeys, sorting, entriesMax } = search;
    let count = 0;
    for (const backend of this.#readable(search)) {
      const suffix = { ...inSuffix(search, backend), sortKeys, entriesMax, sorting };
      for (const result of orNothing(() => backend.searchSorted(suffix))) {
        if (result === undefined) yield undefined;
        else {
          parts.push(result);
          count += result.length;
          if (count > entriesMax) throw tooManyToSort(entriesMax);
        }
      }
    }
    yield yield* mergeSorted(parts, sorting);
  }

  *#readable({ requester }: Search): Generator<Backend> {
    for (const backend of this.#contexts.belowRoot) if (mayRead(backend, requester)) yield backend;
  }
}

function inSuffix(search: Search, { baseDn, baseKey }: Backend): Search {
  const isOneLevel = search.scope === SearchScope.singleLevel;
  const scope = isOneLevel ? SearchScope.baseObject : SearchScope.wholeSubtree;
  return { ...search, base: baseDn.toString(), baseKey, scope };
}

/** Returns the results, and none if the base is not there, such as in a suffix that has no entry yet. */
export function orNothing<T>(search: () => Iterable<T>): Iterable<T> {
  try {
    return search();
  } catch (error) {
    if (error instanceof LdapError && error.code === ResultCode.noSuchObject) return [];
    throw error;
  }
}
