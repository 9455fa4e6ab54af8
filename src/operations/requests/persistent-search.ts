// Persistent search (draft-ietf-ldapext-psearch-03): a search that goes on and tells of every change to what it finds.
// It ends when it is abandoned or canceled, when the connection is bound again, and with the connection.

import type { Backend, ChangeEvent, Search } from '../../backend/backend.ts';
import {
  ChangeType,
  type PersistentSearch,
  writeEntryChange,
} from '../../codec/persistent-search-control.ts';
import type { Change } from '../../ldap/change.ts';
import type { Control } from '../../ldap/control.ts';
import type { Entry } from '../../ldap/entry.ts';
import type { SearchRequest } from '../../ldap/message.ts';
import { Oid } from '../../ldap/oids.ts';
import { ResultCode } from '../../ldap/result-code.ts';
import { requireRead } from '../access.ts';
import type { Answer } from '../answer.ts';
import type { Operation } from '../operation.ts';
import { EntrySender } from './entry-sender.ts';
import { EventQueue } from './event-queue.ts';
import { withoutValues } from './found-entries.ts';

const CHANGE_TYPES: Record<Change['type'], number> = {
  add: ChangeType.add,
  delete: ChangeType.delete,
  modify: ChangeType.modify,
  modifyDn: ChangeType.modifyDn,
};

/** Runs a persistent search. Resolves to the answer that ends it. Rejects with LdapError. */
export async function persistentSearch(
  { typesOnly, sizeLimit }: SearchRequest,
  query: Search,
  backend: Backend,
  operation: Operation,
  asked: PersistentSearch,
): Promise<Answer> {
  operation.becomeWatch();
  const shown = (entry: Entry) => (typesOnly ? entry.withoutValues() : entry);
  const sendEvent = (event: ChangeEvent) => {
    const changeType = CHANGE_TYPES[event.type];
    // An entry that the filter does not find any more is no news, unless it is gone.
    const entry = event.type === 'delete' ? event.before : event.after;
    if (entry === undefined || (asked.changeTypes & changeType) === 0) return;
    const controls = asked.returnNotifications ? [notification(event, changeType)] : [];
    operation.send({ type: 'searchResultEntry', entry: shown(entry) }, controls);
  };
  const queue = new EventQueue({
    operation,
    send: (events) => {
      requireRead(backend, query.requester);
      for (const event of events) sendEvent(event);
    },
  });
  const watching = backend.watch(query, queue);
  try {
    requireBase(query, backend);
    if (!asked.changesOnly) {
      const found = backend.search(query);
      const entries = (typesOnly ? withoutValues(found) : found)[Symbol.iterator]();
      const limits = {
        entriesMax: sizeLimit === 0 ? Number.POSITIVE_INFINITY : sizeLimit,
        endsAt: Number.POSITIVE_INFINITY,
        pageSize: Number.POSITIVE_INFINITY,
      };
      const answer = await new EntrySender(entries, operation, limits).start();
      if (answer.code !== ResultCode.success) return answer;
    }
    return await queue.run();
  } finally {
    watching.stop();
  }
}

/** Throws noSuchObject, and what the assertion of the request refuses, before anything is watched for. */
export function requireBase(query: Search, backend: Backend): void {
  const filter = { type: 'present', attribute: 'objectClass' } as const;
  backend.search({ ...query, filter, selectors: ['1.1'] });
}

function notification({ previousDn, number }: ChangeEvent, changeType: number): Control {
  return {
    oid: Oid.entryChangeNotification,
    criticality: false,
    value: writeEntryChange({ changeType, previousDn, changeNumber: number }),
  };
}
