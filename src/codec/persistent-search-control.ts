// Persistent search (draft-ietf-ldapext-psearch-03): which changes a client wants, and which change an entry reports.

import { BerTag } from './ber-reader.ts';
import { readValue, writeValue } from './control-value.ts';

/** The bits of changeTypes; an entry change notification has one of them. */
export const ChangeType = { add: 1, delete: 2, modify: 4, modifyDn: 8 } as const;

const CHANGE_TYPES_MAX = 15;
const CHANGE_NUMBER_MAX = 0x7fffffff;

export interface PersistentSearch {
  /** Sum of ChangeType bits. */
  readonly changeTypes: number;
  /** If false, all entries found come first. */
  readonly changesOnly: boolean;
  /** If true, entries come with an entry change notification. */
  readonly returnNotifications: boolean;
}

export interface EntryChangeNotification {
  readonly changeType: number;
  /** The name of the entry before it was renamed. */
  readonly previousDn: string | undefined;
  readonly changeNumber: number | undefined;
}

/** Reads a PersistentSearch (§3 of the draft). Throws protocolError (2). */
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

/** Writes a PersistentSearch (§3 of the draft). */
export function writePersistentSearch(asked: PersistentSearch): string {
  return writeValue((writer) => {
    const start = writer.begin(BerTag.sequence);
    writer.integer(asked.changeTypes);
    writer.boolean(asked.changesOnly);
    writer.boolean(asked.returnNotifications);
    writer.end(start);
  });
}

/** Writes an EntryChangeNotification (§4 of the draft). */
export function writeEntryChange({ changeType, previousDn, changeNumber }: EntryChangeNotification): string {
  return writeValue((writer) => {
    const start = writer.begin(BerTag.sequence);
    writer.enumerated(changeType);
    if (previousDn !== undefined) writer.text(previousDn);
    // The draft sets no bound; ours is four octets. A larger number is left out.
    if (changeNumber !== undefined && changeNumber <= CHANGE_NUMBER_MAX) writer.integer(changeNumber);
    writer.end(start);
  });
}
