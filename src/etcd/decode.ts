// Answers of etcd v3 from protobuf (rpc.proto, kv.proto). Unknown fields are skipped. Octets are hostile until they are decoded:
// each function throws EtcdError (`wrong-answer`) for malformed ones, and takes memory in proportion to their length.

import type {
  Header,
  KeyValue,
  LeaseAnswer,
  RangeAnswer,
  StatusAnswer,
  TransactionAnswer,
  WatchAnswer,
  WatchEvent,
} from './messages.ts';
import { WireFields } from './wire-fields.ts';

const NO_OCTETS: Uint8Array = new Uint8Array(0);
const NO_HEADER: Header = { clusterId: 0n, memberId: 0n, revision: 0n };

/** Reads a message: calls `read` for each field until it has none left. `read` returns false for a field to skip. */
function eachField(octets: Uint8Array, read: (fields: WireFields, field: number) => boolean): void {
  const fields = new WireFields(octets);
  for (let field = fields.next(); field !== 0; field = fields.next()) {
    if (!read(fields, field)) fields.skip();
  }
}

function decodeHeader(octets: Uint8Array): Header {
  let { clusterId, memberId, revision } = NO_HEADER;
  eachField(octets, (fields, field) => {
    if (field === 1) clusterId = fields.uint64();
    else if (field === 2) memberId = fields.uint64();
    else if (field === 3) revision = fields.int64();
    else return false;
    return true;
  });
  return { clusterId, memberId, revision };
}

function decodeKeyValue(octets: Uint8Array): KeyValue {
  let key = '';
  let value = NO_OCTETS;
  let createRevision = 0n;
  let modRevision = 0n;
  let lease = 0n;
  eachField(octets, (fields, field) => {
    if (field === 1) key = fields.text();
    else if (field === 2) createRevision = fields.int64();
    else if (field === 3) modRevision = fields.int64();
    else if (field === 5) value = fields.octets();
    else if (field === 6) lease = fields.int64();
    else return false;
    return true;
  });
  return { key, value, createRevision, modRevision, lease };
}

/** Reads the answer to a range. */
export function decodeRange(octets: Uint8Array): RangeAnswer {
  let header = NO_HEADER;
  const values: KeyValue[] = [];
  let hasMore = false;
  let count = 0;
  eachField(octets, (fields, field) => {
    if (field === 1) header = decodeHeader(fields.octets());
    else if (field === 2) values.push(decodeKeyValue(fields.octets()));
    else if (field === 3) hasMore = fields.bool();
    else if (field === 4) count = fields.number();
    else return false;
    return true;
  });
  return { header, values, hasMore, count };
}

/** Reads an answer of which only the header matters: of a put, a deletion, a compaction. */
export function decodeHeaderOnly(octets: Uint8Array): Header {
  let header = NO_HEADER;
  eachField(octets, (fields, field) => {
    if (field !== 1) return false;
    header = decodeHeader(fields.octets());
    return true;
  });
  return header;
}

/** Reads the answer to a transaction. */
export function decodeTransaction(octets: Uint8Array): TransactionAnswer {
  let header = NO_HEADER;
  let succeeded = false;
  const ranges: RangeAnswer[] = [];
  eachField(octets, (fields, field) => {
    if (field === 1) header = decodeHeader(fields.octets());
    else if (field === 2) succeeded = fields.bool();
    else if (field === 3) {
      eachField(fields.octets(), (inner, kind) => {
        if (kind !== 1) return false;
        ranges.push(decodeRange(inner.octets()));
        return true;
      });
    } else return false;
    return true;
  });
  return { header, succeeded, ranges };
}

function decodeEvent(octets: Uint8Array): WatchEvent {
  let type: WatchEvent['type'] = 'put';
  let value: KeyValue | undefined;
  eachField(octets, (fields, field) => {
    if (field === 1) type = fields.int64() === 0n ? 'put' : 'delete';
    else if (field === 2) value = decodeKeyValue(fields.octets());
    else return false;
    return true;
  });
  return { type, value: value ?? decodeKeyValue(NO_OCTETS) };
}

/** Reads one answer on the stream of a watch. */
export function decodeWatch(octets: Uint8Array): WatchAnswer {
  let header = NO_HEADER;
  let created = false;
  let canceled = false;
  let compactRevision = 0n;
  let cancelReason = '';
  let isFragment = false;
  const events: WatchEvent[] = [];
  eachField(octets, (fields, field) => {
    if (field === 1) header = decodeHeader(fields.octets());
    else if (field === 3) created = fields.bool();
    else if (field === 4) canceled = fields.bool();
    else if (field === 5) compactRevision = fields.int64();
    else if (field === 6) cancelReason = fields.text();
    else if (field === 7) isFragment = fields.bool();
    else if (field === 11) events.push(decodeEvent(fields.octets()));
    else return false;
    return true;
  });
  return { header, created, canceled, compactRevision, cancelReason, isFragment, events };
}

/** Reads the answer to a new lease, and to one that is kept alive: they have the same fields. */
export function decodeLease(octets: Uint8Array): LeaseAnswer {
  let header = NO_HEADER;
  let id = 0n;
  let ttl = 0;
  eachField(octets, (fields, field) => {
    if (field === 1) header = decodeHeader(fields.octets());
    else if (field === 2) id = fields.int64();
    else if (field === 3) ttl = fields.number();
    else return false;
    return true;
  });
  return { header, id, ttl };
}

/** Returns the token of a login. */
export function decodeLogin(octets: Uint8Array): string {
  let token = '';
  eachField(octets, (fields, field) => {
    if (field !== 2) return false;
    token = fields.text();
    return true;
  });
  return token;
}

/** Reads the state of a member. */
export function decodeStatus(octets: Uint8Array): StatusAnswer {
  let header = NO_HEADER;
  let quota = 0;
  eachField(octets, (fields, field) => {
    if (field === 1) header = decodeHeader(fields.octets());
    else if (field === 12) quota = fields.number();
    else return false;
    return true;
  });
  return { header, quota };
}
