// Persistent search (draft-ietf-ldapext-psearch-03): what is to be told, and what an entry is told for.

import { BerTag } from './ber-reader.ts';
import { readValue, writeValue } from './control-value.ts';

/** The bits of changeTypes; an entry change notification has one of them. */
export const ChangeType = { add: 1, delete: 2, modify: 4, modifyDn: 8 } as const;

const CHANGE_TYPES_MAX = 15;
const CHANGE_NUMBER_MAX = 0x7fffffff;

export interface PersistentSearch {
  /** The sum of ChangeType bits. */
  readonly changeTypes: number;
  /** Without it all entries that are found come first. */
  readonly changesOnly: boolean;
  /** Whether entries come with an entry change notification. */
  readonly returnNotifications: boolean;
}

export interface EntryChangeNotification {
  readonly changeType: number;
  /** The name an entry had before it was renamed. */
  readonly previousDn: string | undefined;
  readonly changeNumber: number | undefined;
}

export function readPersistentSearch(value: string | undefined): PersistentSearch {
  return readValue(value, 'the persistent search control', (reader) => {
    const outer = reader.enter(BerTag.sequence);
    const changeTypes = reader.integer(1, CHANGE_TYPES_MAX);
    const changesOnly = reader.boolean();
    const returnNotifications = reader.boolean();
    reader.leave(outer);
    return { changeTypes, changesOnly, returnNotifications };
  });
}

export function writePersistentSearch(asked: PersistentSearch): string {
  return writeValue((writer) => {
    const start = writer.begin(BerTag.sequence);
    writer.integer(asked.changeTypes);
    writer.boolean(asked.changesOnly);
    writer.boolean(asked.returnNotifications);
    writer.end(start);
  });
}

export function writeEntryChange({ changeType, previousDn, changeNumber }: EntryChangeNotification): string {
  return writeValue((writer) => {
    const start = writer.begin(BerTag.sequence);
    writer.enumerated(changeType);
    if (previousDn !== undefined) writer.text(previousDn);
    // An INTEGER of the draft has no bound; ours has four octets, and a number beyond is left out.
    if (changeNumber !== undefined && changeNumber <= CHANGE_NUMBER_MAX) writer.integer(changeNumber);
    writer.end(start);
  });
}
