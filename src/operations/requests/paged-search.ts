// A search answered page by page (RFC 2696). The result goes on where it stopped: what was added or deleted meanwhile
// is seen or not, and nothing is sent twice.

import type { Found } from '../../backend/backend.ts';
import { type PagedResults, writePagedResults } from '../../codec/paged-results-control.ts';
import { Entry } from '../../ldap/entry.ts';
import type { SearchRequest } from '../../ldap/message.ts';
import { Oid } from '../../ldap/oids.ts';
import type { Reference } from '../../ldap/reference.ts';
import { type Answer, SUCCESS } from '../answer.ts';
import type { RequestControls } from '../controls/request-controls.ts';
import type { Operation } from '../operation.ts';
import { EntrySender, type SendLimits } from './entry-sender.ts';

export interface Finding {
  find(): Iterable<Found>;
  /** Returns the entry as it is now; nothing if it is not found any more. */
  findAgain(entry: Entry): Iterable<Found>;
}

/** Answers a search with its next page (RFC 2696 §3). Throws unwillingToPerform (53) for a cookie of another search. */
export function pagedSearch(
  request: SearchRequest,
  operation: Operation,
  limits: SendLimits,
  controls: RequestControls,
  { size, cookie }: PagedResults,
  { find, findAgain }: Finding,
): Answer | Promise<Answer> {
  const { pagedSearches } = operation.session;
  const fingerprint = fingerprintOf(request, operation, controls);
  const begun = cookie === '' ? undefined : pagedSearches.take(cookie, fingerprint);
  if (size === 0) {
    // With a cookie the client has seen enough; without one it wants to know how many there are, which nobody does.
    begun?.rest.return?.();
    addCookie(operation, '');
    return SUCCESS;
  }
  const rest = begun?.rest ?? find()[Symbol.iterator]();
  const entries = begun === undefined ? rest : beginningWith(begun.next, rest, findAgain);
  const sentBefore = begun?.sent ?? 0;
  const sender = new EntrySender(entries, operation, { ...limits, sentBefore, pageSize: size });
  const finish = (answer: Answer) => {
    const { next, sent } = sender;
    const isMore = next !== undefined && operation.connection.isOpen;
    if (!isMore) rest.return?.();
    addCookie(
      operation,
      isMore ? pagedSearches.keep({ next, rest, fingerprint, sent: sentBefore + sent }) : '',
    );
    return answer;
  };
  const answer = sender.start();
  return answer instanceof Promise ? answer.then(finish) : finish(answer);
}

/** Yields the result that was found already, as it is now, and the rest after it. */
function* beginningWith(
  first: Entry | Reference,
  rest: Iterator<Found>,
  findAgain: (entry: Entry) => Iterable<Found>,
): Generator<Found> {
  try {
    if (first instanceof Entry) yield* findAgain(first);
    else yield first;
    for (let one = rest.next(); one.done !== true; one = rest.next()) yield one.value;
  } finally {
    rest.return?.();
  }
}

function addCookie(operation: Operation, cookie: string): void {
  operation.addFinalControl(Oid.pagedResults, writePagedResults({ size: 0, cookie }));
}

/** Limits may be others on another page; what is looked for may not. */
function fingerprintOf(
  { base, scope, filter, attributes, typesOnly }: SearchRequest,
  { requester }: Operation,
  { sort, matchedValues, assertion, manageDsaIt, exportedSecrets }: RequestControls,
): string {
  const asked = [base, scope, filter, attributes, typesOnly, requester.dn];
  const controls = [sort, matchedValues, assertion, manageDsaIt, exportedSecrets];
  return JSON.stringify([...asked, ...controls.map((control) => control?.value)]);
}
