// A window on a sorted result (draft-ietf-ldapext-ldapv3-vlv-09): so many entries before and after a place, which is
// given as an offset or as a value. The list is made again for each window; nothing is kept in between.

import type { Found, Search, Searchable, SortedResult } from '../../backend/backend.ts';
import { type ListView, writeListViewResult } from '../../codec/list-view-control.ts';
import { LdapError } from '../../ldap/ldap-error.ts';
import type { SearchRequest } from '../../ldap/message.ts';
import { Oid } from '../../ldap/oids.ts';
import { ResultCode } from '../../ldap/result-code.ts';
import type { Answer } from '../answer.ts';
import type { RequestControls } from '../controls/request-controls.ts';
import type { Operation } from '../operation.ts';
import { EntrySender, type SendLimits } from './entry-sender.ts';
import { addSortResult, isSortError, sortedResult } from './sorted-entries.ts';

/** Answers a search with a window on its sorted result. Throws LdapError. */
export function listView(
  request: SearchRequest,
  query: Search,
  backend: Searchable,
  operation: Operation,
  limits: SendLimits,
  controls: RequestControls,
): Answer | Promise<Answer> {
  const entries = window(request, query, backend, operation, controls);
  return new EntrySender(entries, operation, limits).start();
}

function* window(
  { typesOnly }: SearchRequest,
  query: Search,
  backend: Searchable,
  operation: Operation,
  { sort, listView: asked }: RequestControls,
): Generator<Found> {
  if (asked === undefined) return;
  if (sort === undefined) {
    addListViewResult(operation, ResultCode.sortControlMissing, 0, 0);
    throw new LdapError(
      'virtualListViewError',
      'A virtual list view needs the sort control (ldapsearch: -E sss=).',
    );
  }
  const { held } = operation;
  let result: SortedResult;
  try {
    result = yield* sortedResult(query, backend, sort.value, held);
  } catch (error) {
    if (!isSortError(error)) throw error;
    addSortResult(operation, error.code, sort.value[0]?.attribute);
    addListViewResult(operation, ResultCode.unwillingToPerform, 0, 0);
    throw new LdapError('virtualListViewError', `The list cannot be sorted: ${error.message}`);
  }
  addSortResult(operation, ResultCode.success);
  const index = targetIndex(asked.value.target, result, operation);
  const position = result.length === 0 ? 0 : index + 1;
  addListViewResult(operation, ResultCode.success, position, result.length);
  const start = Math.max(0, index - asked.value.beforeCount);
  const end = Math.min(result.length, index + 1 + asked.value.afterCount);
  for (let at = start; at < end; at++) {
    const entry = result.entryAt(at);
    yield typesOnly ? entry.withoutValues() : entry;
  }
}

/**
 * From 0; the length of the list when all values come before the asserted one. Throws virtualListViewError for an offset
 * behind the end of the list, as slapd does: a client that asks for one window after the other is to find the end.
 */
function targetIndex(target: ListView['target'], result: SortedResult, operation: Operation): number {
  if (target.type === 'offset') {
    const { offset, contentCount: believed } = target;
    const last = believed === 0 ? result.length : believed;
    if (offset <= last || result.length === 0) return indexOfOffset(offset, believed, result.length);
    addListViewResult(operation, ResultCode.offsetRangeError, 0, result.length);
    throw new LdapError(
      'virtualListViewError',
      `The offset ${offset} is behind the end of the list, which has ${result.length} entries.`,
    );
  }
  try {
    return result.indexOf(target.value);
  } catch (error) {
    if (!isSortError(error)) throw error;
    addListViewResult(operation, error.code, 0, result.length);
    throw new LdapError('virtualListViewError', error.message);
  }
}

/** An offset in a list that the client believes to be of another length is brought into proportion. */
function indexOfOffset(offset: number, believed: number, length: number): number {
  if (offset <= 1) return 0;
  if (believed === 0 || believed === length) return offset - 1;
  if (offset >= believed) return Math.max(0, length - 1);
  return Math.min(length - 1, Math.floor((offset * length) / believed));
}

function addListViewResult(
  operation: Operation,
  code: ResultCode,
  targetPosition: number,
  contentCount: number,
): void {
  const value = writeListViewResult({ targetPosition, contentCount, code, contextId: undefined });
  operation.addFinalControl(Oid.listViewResponse, value);
}
