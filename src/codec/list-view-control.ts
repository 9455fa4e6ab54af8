// Virtual list view (draft-ietf-ldapext-ldapv3-vlv-09 §3): a window on a sorted list.

import { BerError, type BerReader, BerTag } from './ber-reader.ts';
import { readValue, writeValue } from './control-value.ts';
import { ContextTag, MESSAGE_ID_MAX } from './ldap-tag.ts';

export type ListViewTarget =
  | {
      readonly type: 'offset';
      /** Counted from 1; 0 is the first entry too. */
      readonly offset: number;
      /** The client's estimate of the list's length; 0 if it has none. */
      readonly contentCount: number;
    }
  | { readonly type: 'value'; readonly value: string };

export interface ListView {
  readonly beforeCount: number;
  readonly afterCount: number;
  readonly target: ListViewTarget;
  readonly contextId: string | undefined;
}

export interface ListViewResult {
  /** Counted from 1. */
  readonly targetPosition: number;
  readonly contentCount: number;
  readonly code: number;
  readonly contextId: string | undefined;
}

/** Reads a VirtualListViewRequest (§4.1 of the draft). Throws protocolError (2). */
export function readListView(value: string | undefined): ListView {
  return readValue(value, 'the virtual list view control', (reader) => {
    const outer = reader.enter(BerTag.sequence);
    const beforeCount = reader.integer(0, MESSAGE_ID_MAX);
    const afterCount = reader.integer(0, MESSAGE_ID_MAX);
    const target = readTarget(reader);
    const contextId = readContextId(reader);
    reader.leave(outer);
    return { beforeCount, afterCount, target, contextId };
  });
}

function readTarget(reader: BerReader): ListViewTarget {
  const tag = reader.peekTag();
  if (tag === ContextTag.listViewValue) return { type: 'value', value: reader.text(tag) };
  if (tag !== ContextTag.listViewOffset) throw new BerError('The target is neither an offset nor a value.');
  const outer = reader.enter(tag);
  const offset = reader.integer(0, MESSAGE_ID_MAX);
  const contentCount = reader.integer(0, MESSAGE_ID_MAX);
  reader.leave(outer);
  return { type: 'offset', offset, contentCount };
}

function readContextId(reader: BerReader): string | undefined {
  return reader.peekTag() === BerTag.octetString ? reader.text() : undefined;
}

/** Writes a VirtualListViewResponse (§4.2 of the draft). */
export function writeListViewResult(result: ListViewResult): string {
  return writeValue((writer) => {
    const start = writer.begin(BerTag.sequence);
    writer.integer(result.targetPosition);
    writer.integer(result.contentCount);
    writer.enumerated(result.code);
    if (result.contextId !== undefined) writer.text(result.contextId);
    writer.end(start);
  });
}
