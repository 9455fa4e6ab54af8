// Search (RFC 4511 §4.5): which kind of search it is, and what it looks at.

import type { Backend, Found, Search, Searchable } from '../../backend/backend.ts';
import type { NamingContexts } from '../../backend/naming-contexts.ts';
import type { Entry } from '../../ldap/entry.ts';
import { LdapError } from '../../ldap/ldap-error.ts';
import { type SearchRequest, SearchScope } from '../../ldap/message.ts';
import type { Accounts } from '../../runtime/accounts.ts';
import { mayRead, readsAll, requireRead } from '../access.ts';
import type { Answer } from '../answer.ts';
import { NO_CONTROLS, type RequestControls } from '../controls/request-controls.ts';
import type { ConnectionLimits } from '../limits.ts';
import type { Operation, Services } from '../operation.ts';
import { permittedControls } from '../policy-controls.ts';
import { rightsQuestion } from '../rights-question.ts';
import { BelowRoot, isBelowRoot, orNothing } from './below-root.ts';
import { contentSync } from './content-sync.ts';
import { EntrySender, type SendLimits } from './entry-sender.ts';
import { exportedForm } from './exported-secrets.ts';
import { withoutValues } from './found-entries.ts';
import { listView } from './list-view.ts';
import { pagedSearch } from './paged-search.ts';
import { persistentSearch } from './persistent-search.ts';
import { sortedEntries } from './sorted-entries.ts';

/** Answers a search (RFC 4511 §4.5) of the kind that its controls choose. Throws, or rejects with, LdapError. */
export function search(
  request: SearchRequest,
  operation: Operation,
  { contexts, keyOf, limits, authentication, secretExport }: Services,
  asked: RequestControls,
): Answer | Promise<Answer> {
  const controls =
    asked === NO_CONTROLS
      ? asked
      : controlsFor(asked, keyOf(request.base), request.scope, operation, contexts);
  const query = queryOf(request, operation, keyOf, controls, authentication.accounts);
  if (controls === NO_CONTROLS && !request.typesOnly)
    return new EntrySender(
      findAll(query, contexts)[Symbol.iterator](),
      operation,
      limitsOf(request, operation, limits),
    ).start();
  refuseContradictions(controls);
  const { persistentSearch: watched, sync, listView: view, pagedResults, sort } = controls;
  if (watched !== undefined)
    return persistentSearch(request, query, oneBackend(query, contexts), operation, watched.value);
  if (sync !== undefined)
    return contentSync(request, query, oneBackend(query, contexts), operation, sync.value);
  const sendLimits = limitsOf(request, operation, limits);
  if (view !== undefined) {
    return listView(request, query, searchable(query, contexts), operation, sendLimits, controls);
  }
  const inForm = exportedForm(request.base, operation, controls, secretExport);
  const shown = (found: Iterable<Found>) => inForm(request.typesOnly ? withoutValues(found) : found);
  const find = () =>
    shown(
      sort === undefined
        ? findAll(query, contexts)
        : sortedEntries(query, searchable(query, contexts), operation, sort),
    );
  if (pagedResults !== undefined) {
    const findAgain = ({ dn }: Entry) => {
      return shown(again({ ...query, base: dn.toString(), baseKey: keyOf(dn.toString()) }, contexts));
    };
    return pagedSearch(request, operation, sendLimits, controls, pagedResults.value, { find, findAgain });
  }
  return new EntrySender(find()[Symbol.iterator](), operation, sendLimits).start();
}

/** Those that the request keeps where policies alone allow it. */
function controlsFor(
  asked: RequestControls,
  baseKey: string,
  scope: SearchScope,
  { requester }: Operation,
  contexts: NamingContexts,
): RequestControls {
  const isBelow = isBelowRoot({ baseKey, scope });
  const looked = isBelow ? contexts.belowRoot : [contexts.find(baseKey)];
  const byPolicy = looked.find(
    (backend) => backend && !readsAll(backend, requester) && mayRead(backend, requester),
  );
  return byPolicy === undefined ? asked : permittedControls(asked, byPolicy, requester);
}

function queryOf(
  { base, scope, filter, attributes }: SearchRequest,
  { requester, session }: Operation,
  keyOf: (dn: string) => string,
  controls: RequestControls,
  accounts: Accounts,
): Search {
  return {
    base,
    baseKey: keyOf(base),
    scope,
    filter,
    selectors: attributes,
    requester,
    assertion: controls.assertion?.value,
    valuesFilter: controls.matchedValues?.value,
    manageDsaIt: controls.manageDsaIt?.value,
    effectiveRights: rightsQuestion(controls.effectiveRights?.value, requester, accounts),
    held: session.budget,
  };
}

function limitsOf(
  { sizeLimit, timeLimit }: SearchRequest,
  { startedAt }: Operation,
  limits: ConnectionLimits,
): SendLimits {
  return {
    entriesMax: lowerLimit(sizeLimit, limits.entriesMax),
    endsAt: startedAt + lowerLimit(timeLimit * 1000, limits.searchMs),
    pageSize: Number.POSITIVE_INFINITY,
  };
}

/** 0 in a request means no limit of the client's own. */
function lowerLimit(asked: number, allowed: number): number {
  return asked === 0 ? allowed : Math.min(asked, allowed);
}

function findAll(query: Search, contexts: NamingContexts): Iterable<Found> {
  return searchable(query, contexts).search(query);
}

/** The entry that was found there before, if the search finds it still. */
function again(query: Search, contexts: NamingContexts): Iterable<Found> {
  const itself = { ...query, scope: SearchScope.baseObject, assertion: undefined };
  return orNothing(() => oneBackend(itself, contexts).search(itself));
}

/** The backend that answers for the base; below the root all of them. */
function searchable(query: Search, contexts: NamingContexts): Searchable {
  return isBelowRoot(query) ? new BelowRoot(contexts) : oneBackend(query, contexts);
}

/** The backend that answers for the base. */
function oneBackend(query: Search, contexts: NamingContexts): Backend {
  if (isBelowRoot(query)) {
    throw new LdapError(
      'unwillingToPerform',
      'A search for changes is within one suffix. Use one of the namingContexts of the root DSE as the base.',
    );
  }
  const backend = contexts.find(query.baseKey);
  if (backend === undefined) {
    throw new LdapError(
      'noSuchObject',
      `${query.base}: there is no such entry, and no suffix above it. The root DSE lists the namingContexts.`,
    );
  }
  requireRead(backend, query.requester);
  return backend;
}

/** Pairs of controls that exclude each other. */
const CONTRADICTIONS: readonly (readonly (keyof RequestControls)[])[] = [
  ['persistentSearch', 'sync'],
  ['persistentSearch', 'pagedResults'],
  ['persistentSearch', 'sort'],
  ['persistentSearch', 'listView'],
  ['sync', 'pagedResults'],
  ['sync', 'sort'],
  ['sync', 'listView'],
  ['pagedResults', 'listView'],
  ['exportedSecrets', 'persistentSearch'],
  ['exportedSecrets', 'sync'],
  ['exportedSecrets', 'listView'],
];

function refuseContradictions(controls: RequestControls): void {
  for (const names of CONTRADICTIONS) {
    if (!names.every((name) => controls[name] !== undefined)) continue;
    throw new LdapError(
      'unwillingToPerform',
      `A search cannot have the controls for ${names.join(' and ')} together. Leave one of them out.`,
    );
  }
}
