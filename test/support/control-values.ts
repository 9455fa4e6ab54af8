// The client's half of controls and extended operations: writers of requests, readers of responses. The server has the other.

import { BerError, type BerReader, BerTag } from '../../src/codec/ber-reader.ts';
import type { BerWriter } from '../../src/codec/ber-writer.ts';
import { readValue, writeValue } from '../../src/codec/control-value.ts';
import { readOptionalText } from '../../src/codec/extended-ber.ts';
import type { TransactionResult } from '../../src/codec/extended-value.ts';
import { writeFilter } from '../../src/codec/filter-ber.ts';
import { ContextTag, MESSAGE_ID_MAX } from '../../src/codec/ldap-tag.ts';
import type { ListView, ListViewResult, ListViewTarget } from '../../src/codec/list-view-control.ts';
import { readControl } from '../../src/codec/message-controls.ts';
import { ChangeType, type EntryChangeNotification } from '../../src/codec/persistent-search-control.ts';
import { readSearchResultEntry, writeTexts } from '../../src/codec/search-ber.ts';
import type { SortResult } from '../../src/codec/sort-control.ts';
import type { SyncDone, SyncEntryState, SyncInfo, SyncRequest } from '../../src/codec/sync-control.ts';
import type { Control } from '../../src/ldap/control.ts';
import type { Entry } from '../../src/ldap/entry.ts';
import type { Filter } from '../../src/ldap/filter.ts';
import { octetsFromText } from '../../src/ldap/octets.ts';
import type { SortKey } from '../../src/ldap/sort-key.ts';

const RESULT_CODE_MAX = 0x7fff;
const CHANGE_NUMBER_MAX = 0x7fffffff;
const UUID_OCTETS = 16;
const SYNC_MODES = { refreshOnly: 1, refreshAndPersist: 3 } as const;
const SYNC_STATES = ['present', 'add', 'modify', 'delete'] as const;

export function writeValuesFilter(filters: readonly Filter[]): string {
  return writeValue((writer) => {
    const start = writer.begin(BerTag.sequence);
    for (const filter of filters) writeFilter(writer, filter);
    writer.end(start);
  });
}

export function writeReadEntry(selectors: readonly string[]): string {
  return writeValue((writer) => writeTexts(writer, selectors));
}

/** The entry of a pre-read or post-read response. */
export function readReadEntryResult(value: string | undefined): Entry {
  return readValue(value, 'the read entry response control', (reader) => {
    return readSearchResultEntry(reader).entry;
  });
}

export function writeListView({ beforeCount, afterCount, target, contextId }: ListView): string {
  return writeValue((writer) => {
    const start = writer.begin(BerTag.sequence);
    writer.integer(beforeCount);
    writer.integer(afterCount);
    writeTarget(writer, target);
    if (contextId !== undefined) writer.text(contextId);
    writer.end(start);
  });
}

function writeTarget(writer: BerWriter, target: ListViewTarget): void {
  if (target.type === 'value') return writer.text(target.value, ContextTag.listViewValue);
  const start = writer.begin(ContextTag.listViewOffset);
  writer.integer(target.offset);
  writer.integer(target.contentCount);
  writer.end(start);
}

export function readListViewResult(value: string | undefined): ListViewResult {
  return readValue(value, 'the virtual list view response control', (reader) => {
    const outer = reader.enter(BerTag.sequence);
    const targetPosition = reader.integer(0, MESSAGE_ID_MAX);
    const contentCount = reader.integer(0, MESSAGE_ID_MAX);
    const code = reader.integer(0, RESULT_CODE_MAX, BerTag.enumerated);
    const contextId = readText(reader);
    reader.leave(outer);
    return { targetPosition, contentCount, code, contextId };
  });
}

export function writeSortKeys(keys: readonly SortKey[]): string {
  return writeValue((writer) => {
    const start = writer.begin(BerTag.sequence);
    for (const { attribute, rule, isReverse } of keys) {
      const key = writer.begin(BerTag.sequence);
      writer.text(attribute);
      if (rule !== undefined) writer.text(rule, ContextTag.sortRule);
      if (isReverse) writer.boolean(true, ContextTag.sortReverse);
      writer.end(key);
    }
    writer.end(start);
  });
}

export function readSortResult(value: string | undefined): SortResult {
  return readValue(value, 'the sort response control', (reader) => {
    const outer = reader.enter(BerTag.sequence);
    const code = reader.integer(0, RESULT_CODE_MAX, BerTag.enumerated);
    const attribute = readOptionalText(reader, ContextTag.sortAttribute);
    reader.leave(outer);
    return { code, attribute };
  });
}

export function writeSyncRequest({ mode, cookie, reloadHint }: SyncRequest): string {
  return writeValue((writer) => {
    const start = writer.begin(BerTag.sequence);
    writer.enumerated(SYNC_MODES[mode]);
    if (cookie !== undefined) writer.text(cookie);
    if (reloadHint) writer.boolean(true);
    writer.end(start);
  });
}

export function readSyncState(value: string | undefined): SyncEntryState {
  return readValue(value, 'the sync state control', (reader) => {
    const outer = reader.enter(BerTag.sequence);
    const state = SYNC_STATES[reader.integer(0, SYNC_STATES.length - 1, BerTag.enumerated)] ?? 'present';
    const id = readUuid(reader);
    const cookie = readText(reader);
    reader.leave(outer);
    return { state, id, cookie };
  });
}

export function readSyncDone(value: string | undefined): SyncDone {
  return readValue(value, 'the sync done control', (reader) => {
    const outer = reader.enter(BerTag.sequence);
    const cookie = readText(reader);
    const refreshDeletes = reader.peekTag() === BerTag.boolean ? reader.boolean() : false;
    reader.leave(outer);
    return { cookie, refreshDeletes };
  });
}

export function readSyncInfo(value: string | undefined): SyncInfo {
  return readValue(value, 'the sync info message', (reader) => {
    const tag = reader.peekTag();
    if (tag === ContextTag.syncNewCookie) return { type: 'newCookie', cookie: reader.text(tag) };
    const outer = reader.enter(tag);
    const info = readSyncInfoParts(reader, tag);
    reader.leave(outer);
    return info;
  });
}

function readSyncInfoParts(reader: BerReader, tag: number): SyncInfo {
  const cookie = readText(reader);
  if (tag === ContextTag.syncRefreshDelete || tag === ContextTag.syncRefreshPresent) {
    const refreshDone = reader.peekTag() === BerTag.boolean ? reader.boolean() : true;
    const type = tag === ContextTag.syncRefreshDelete ? 'refreshDelete' : 'refreshPresent';
    return { type, cookie, refreshDone };
  }
  if (tag !== ContextTag.syncIdSet) throw new BerError(`No sync info message has the tag ${tag}.`);
  const refreshDeletes = reader.peekTag() === BerTag.boolean ? reader.boolean() : false;
  const ids: string[] = [];
  const set = reader.enter(BerTag.set);
  while (reader.hasMore) ids.push(readUuid(reader));
  reader.leave(set);
  return { type: 'idSet', cookie, refreshDeletes, ids };
}

function readUuid(reader: BerReader): string {
  const octets = octetsFromText(reader.text());
  if (octets.length !== UUID_OCTETS) throw new BerError('A UUID does not have 16 octets.');
  const hex = Buffer.from(octets).toString('hex');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

export function readEntryChange(value: string | undefined): EntryChangeNotification {
  return readValue(value, 'the entry change notification', (reader) => {
    const outer = reader.enter(BerTag.sequence);
    const changeType = reader.integer(1, ChangeType.modifyDn, BerTag.enumerated);
    const previousDn = readOptionalText(reader, BerTag.octetString);
    const changeNumber =
      reader.peekTag() === BerTag.integer ? reader.integer(0, CHANGE_NUMBER_MAX) : undefined;
    reader.leave(outer);
    return { changeType, previousDn, changeNumber };
  });
}

export function readTransactionResult(value: string | undefined): TransactionResult {
  return readValue(value, 'the result of a transaction', (reader) => {
    const outer = reader.enter(BerTag.sequence);
    const failedMessageId =
      reader.peekTag() === BerTag.integer ? reader.integer(0, MESSAGE_ID_MAX) : undefined;
    const controls: TransactionResult['controls'][number][] = [];
    if (reader.peekTag() === BerTag.sequence) {
      const list = reader.enter(BerTag.sequence);
      while (reader.hasMore) {
        const update = reader.enter(BerTag.sequence);
        const messageId = reader.integer(0, MESSAGE_ID_MAX);
        const inner = reader.enter(BerTag.sequence);
        const own: Control[] = [];
        while (reader.hasMore) own.push(readControl(reader));
        reader.leave(inner);
        reader.leave(update);
        controls.push({ messageId, controls: own });
      }
      reader.leave(list);
    }
    reader.leave(outer);
    return { failedMessageId, controls };
  });
}

export function writeCancel(messageId: number): string {
  return writeValue((writer) => {
    const start = writer.begin(BerTag.sequence);
    writer.integer(messageId);
    writer.end(start);
  });
}

function readText(reader: BerReader): string | undefined {
  return reader.peekTag() === BerTag.octetString ? reader.text() : undefined;
}
