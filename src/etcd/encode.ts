// Requests of etcd v3 as protobuf (rpc.proto). The numbers are those of the fields.

import type {
  Comparison,
  KeyRange,
  Operation,
  PutRequest,
  RangeRequest,
  TransactionRequest,
  WatchRequest,
} from './messages.ts';
import { WireMessage } from './wire-fields.ts';

const TARGETS = { createRevision: 1, modRevision: 2, value: 3 } as const;

/** Returns a RangeRequest. */
export function encodeRange(request: RangeRequest): Uint8Array {
  return rangeMessage(request).finish();
}

/** Returns a PutRequest. */
export function encodePut(request: PutRequest): Uint8Array {
  return putMessage(request).finish();
}

/** Returns a DeleteRangeRequest. */
export function encodeDeleteRange(request: KeyRange): Uint8Array {
  return keysMessage(request).finish();
}

/** Returns a TxnRequest. */
export function encodeTransaction({ comparisons, success, failure }: TransactionRequest): Uint8Array {
  const message = new WireMessage();
  for (const comparison of comparisons) message.message(1, comparisonMessage(comparison));
  for (const operation of success) message.message(2, operationMessage(operation));
  for (const operation of failure) message.message(3, operationMessage(operation));
  return message.finish();
}

/** Returns a CompactionRequest. @param isPhysical asks for the answer only when the space is free */
export function encodeCompaction(revision: bigint, isPhysical: boolean): Uint8Array {
  return new WireMessage().int64(1, revision).bool(2, isPhysical).finish();
}

/** Returns a WatchCreateRequest. It asks for fragments, so that no answer is larger than a request may be, and for the member's own reports of progress. */
export function encodeWatchCreate(request: WatchRequest): Uint8Array {
  const create = keysMessage(request).int64(3, request.fromRevision).bool(4, true).bool(8, true);
  return new WireMessage().message(1, create).finish();
}

/** Returns the request for a sign of life on a watch. */
export function encodeWatchProgress(): Uint8Array {
  return new WireMessage().message(3, new WireMessage()).finish();
}

/** Returns a LeaseGrantRequest. @param ttl seconds */
export function encodeLeaseGrant(ttl: number): Uint8Array {
  return new WireMessage().int64(1, ttl).finish();
}

/** Returns a LeaseRevokeRequest, or a LeaseKeepAliveRequest, which has the same fields. */
export function encodeLeaseId(id: bigint): Uint8Array {
  return new WireMessage().int64(1, id).finish();
}

/** Returns an AuthenticateRequest. */
export function encodeLogin(name: string, password: string): Uint8Array {
  return new WireMessage().text(1, name).text(2, password).finish();
}

function keysMessage({ key, end = '' }: KeyRange): WireMessage {
  return new WireMessage().text(1, key).text(2, end);
}

function rangeMessage(request: RangeRequest): WireMessage {
  return keysMessage(request)
    .int64(3, request.limit ?? 0)
    .int64(4, request.revision ?? 0n);
}

function putMessage({ key, value, lease }: PutRequest): WireMessage {
  const message = new WireMessage().text(1, key);
  if (value !== undefined) message.octets(2, value);
  return message.int64(3, lease ?? 0n).bool(5, value === undefined);
}

function comparisonMessage(comparison: Comparison): WireMessage {
  // The result EQUAL is 0.
  const message = new WireMessage().int64(2, TARGETS[comparison.target]).text(3, comparison.key);
  switch (comparison.target) {
    case 'createRevision':
      return message.chosenInt64(5, comparison.equals);
    case 'modRevision':
      return message.chosenInt64(6, comparison.equals);
    case 'value':
      return message.chosenOctets(7, comparison.equals);
  }
}

function operationMessage(operation: Operation): WireMessage {
  switch (operation.type) {
    case 'range':
      return new WireMessage().message(1, rangeMessage(operation));
    case 'put':
      return new WireMessage().message(2, putMessage(operation));
    case 'delete':
      return new WireMessage().message(3, keysMessage(operation));
  }
}
