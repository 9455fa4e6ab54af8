// Content synchronization (RFC 4533 §2): request, state of an entry, end, and the messages in between.

import { LdapError } from '../ldap/ldap-error.ts';
import { textFromOctets } from '../ldap/octets.ts';
import { type BerReader, BerTag } from './ber-reader.ts';
import type { BerWriter } from './ber-writer.ts';
import { readValue, writeValue } from './control-value.ts';
import { ContextTag } from './ldap-tag.ts';

const SyncMode = { refreshOnly: 1, refreshAndPersist: 3 } as const;
const SyncState = { present: 0, add: 1, modify: 2, delete: 3 } as const;

export interface SyncRequest {
  readonly mode: keyof typeof SyncMode;
  readonly cookie: string | undefined;
  /** The client prefers to start over to an error that demands it. */
  readonly reloadHint: boolean;
}

export interface SyncEntryState {
  readonly state: keyof typeof SyncState;
  /** The entryUUID, `8-4-4-4-12`. */
  readonly id: string;
  readonly cookie: string | undefined;
}

export interface SyncDone {
  readonly cookie: string | undefined;
  /** If true, entries not mentioned are still there; otherwise they are gone. */
  readonly refreshDeletes: boolean;
}

export type SyncInfo =
  | { readonly type: 'newCookie'; readonly cookie: string }
  | {
      readonly type: 'refreshDelete' | 'refreshPresent';
      readonly cookie: string | undefined;
      readonly refreshDone: boolean;
    }
  | {
      readonly type: 'idSet';
      readonly cookie: string | undefined;
      readonly refreshDeletes: boolean;
      readonly ids: readonly string[];
    };

/** Reads a syncRequestValue (RFC 4533 §2.2). Throws protocolError (2). */
export function readSyncRequest(value: string | undefined): SyncRequest {
  return readValue(value, 'the sync request control', (reader) => {
    const outer = reader.enter(BerTag.sequence);
    const mode = nameOf(SyncMode, reader.integer(0, SyncMode.refreshAndPersist, BerTag.enumerated));
    const cookie = readCookie(reader);
    const reloadHint = reader.peekTag() === BerTag.boolean ? reader.boolean() : false;
    reader.leave(outer);
    return { mode, cookie, reloadHint };
  });
}

/** Writes a syncStateValue (RFC 4533 §2.3). */
export function writeSyncState({ state, id, cookie }: SyncEntryState): string {
  return writeValue((writer) => {
    const start = writer.begin(BerTag.sequence);
    writer.enumerated(SyncState[state]);
    writeUuid(writer, id);
    writeCookie(writer, cookie);
    writer.end(start);
  });
}

/** Writes a syncDoneValue (RFC 4533 §2.4). */
export function writeSyncDone({ cookie, refreshDeletes }: SyncDone): string {
  return writeValue((writer) => {
    const start = writer.begin(BerTag.sequence);
    writeCookie(writer, cookie);
    if (refreshDeletes) writer.boolean(true);
    writer.end(start);
  });
}

/** Writes a syncInfoValue (RFC 4533 §2.5). */
export function writeSyncInfo(info: SyncInfo): string {
  return writeValue((writer) => {
    if (info.type === 'newCookie') return writer.text(info.cookie, ContextTag.syncNewCookie);
    const start = writer.begin(SYNC_INFO_TAGS[info.type]);
    writeCookie(writer, info.cookie);
    if (info.type === 'idSet') {
      if (info.refreshDeletes) writer.boolean(true);
      const set = writer.begin(BerTag.set);
      for (const id of info.ids) writeUuid(writer, id);
      writer.end(set);
    } else if (!info.refreshDone) {
      writer.boolean(false);
    }
    writer.end(start);
  });
}

const SYNC_INFO_TAGS = {
  refreshDelete: ContextTag.syncRefreshDelete,
  refreshPresent: ContextTag.syncRefreshPresent,
  idSet: ContextTag.syncIdSet,
} as const;

function readCookie(reader: BerReader): string | undefined {
  return reader.peekTag() === BerTag.octetString ? reader.text() : undefined;
}

function writeCookie(writer: BerWriter, cookie: string | undefined): void {
  if (cookie !== undefined) writer.text(cookie);
}

function writeUuid(writer: BerWriter, id: string): void {
  writer.text(textFromOctets(Buffer.from(id.replaceAll('-', ''), 'hex')));
}

function nameOf<Names extends Readonly<Record<string, number>>>(names: Names, number: number): keyof Names {
  for (const name of Object.keys(names)) if (names[name] === number) return name;
  throw new LdapError('protocolError', `The number ${number} has no meaning here.`);
}
