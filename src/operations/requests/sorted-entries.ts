// A search result in the order the client wants (RFC 2891). When it cannot be sorted and the client does not insist,
// it comes as it is found.

import type { Found, Search, Searchable, SortedResult, SortedSearch } from '../../backend/backend.ts';
import { writeSortResult } from '../../codec/sort-control.ts';
import type { HeldOctets } from '../../directory/octet-budget.ts';
import { LdapError } from '../../ldap/ldap-error.ts';
import { Oid } from '../../ldap/oids.ts';
import { ResultCode } from '../../ldap/result-code.ts';
import type { SortKey } from '../../ldap/sort-key.ts';
import type { RequestControls } from '../controls/request-controls.ts';
import type { Operation } from '../operation.ts';

/** A sorted result is in memory as a whole before its first entry is known. */
const SORTED_ENTRIES_MAX = 100_000;

/** Result codes of a sort that is wrong in a search that is in order. */
const SORT_ERRORS: ReadonlySet<ResultCode> = new Set([
  ResultCode.noSuchAttribute,
  ResultCode.inappropriateMatching,
  ResultCode.insufficientAccessRights,
  ResultCode.adminLimitExceeded,
  ResultCode.busy,
]);

/** Throws unavailableCriticalExtension when the sort control is critical and the result cannot be sorted. */
export function* sortedEntries(
  query: Search,
  backend: Searchable,
  operation: Operation,
  sort: NonNullable<RequestControls['sort']>,
): Generator<Found> {
  // It may outlive the request: the next page is taken from it.
  const held = operation.session.budget.hold();
  try {
    let result: SortedResult | undefined;
    try {
      result = yield* sortedResult(query, backend, sort.value, held);
    } catch (error) {
      held.release();
      if (!isSortError(error)) throw error;
      addSortResult(operation, error.code, sort.value[0]?.attribute);
      if (sort.isCritical) throw notSorted(error);
    }
    if (result === undefined) {
      yield* backend.search(query);
      return;
    }
    addSortResult(operation, ResultCode.success);
    for (let index = 0; index < result.length; index++) yield result.entryAt(index);
    yield* result.references;
  } finally {
    held.release();
  }
}

/** Yields `undefined` while it works; returns the result, whose memory `sorting` counts. Throws what cannot be sorted. */
export function* sortedResult(
  query: Search,
  backend: Searchable,
  sortKeys: readonly SortKey[],
  sorting: HeldOctets,
): Generator<undefined, SortedResult> {
  const search: SortedSearch = { ...query, sortKeys, entriesMax: SORTED_ENTRIES_MAX, sorting };
  for (const result of backend.searchSorted(search)) {
    if (result !== undefined) return result;
    yield undefined;
  }
  throw new LdapError('other', 'A sorted search ended without a result.');
}

/** Adds the response control of a sort (RFC 2891 §1.2) to the end of the search. */
export function addSortResult(operation: Operation, code: ResultCode, attribute?: string): void {
  operation.addFinalControl(Oid.sortResponse, writeSortResult({ code, attribute }));
}

/** Returns true if the error is one of the sort, in a search that is in order. */
export function isSortError(error: unknown): error is LdapError {
  return error instanceof LdapError && SORT_ERRORS.has(error.code);
}

function notSorted(error: LdapError): LdapError {
  return new LdapError('unavailableCriticalExtension', `The result cannot be sorted: ${error.message}`, {
    cause: error,
  });
}
