// Messages of etcd v3 (package etcdserverpb of rpc.proto and kv.proto), as plain values: those parts that confdit uses. Keys are
// text. Revisions and identifiers have 64 bits.

export interface Header {
  readonly clusterId: bigint;
  readonly memberId: bigint;
  /** Revision of the store when the member answered. */
  readonly revision: bigint;
}

export interface KeyValue {
  readonly key: string;
  readonly value: Uint8Array;
  readonly createRevision: bigint;
  readonly modRevision: bigint;
  /** Identifier of the lease that the key is bound to; 0 without one. */
  readonly lease: bigint;
}

/** Keys from `key` up to `end`, which is not among them; only `key` without an end. */
export interface KeyRange {
  readonly key: string;
  readonly end?: string | undefined;
}

export interface RangeRequest extends KeyRange {
  /** Number of keys at most; 0 for all. */
  readonly limit?: number;
  /** Reads what was there at a revision. */
  readonly revision?: bigint;
}

export interface RangeAnswer {
  readonly header: Header;
  readonly values: readonly KeyValue[];
  /** True if the limit left keys out. */
  readonly hasMore: boolean;
  /** Number of keys in the range, whatever the limit. */
  readonly count: number;
}

export interface PutRequest {
  readonly key: string;
  /** Undefined keeps the value of a key that exists. */
  readonly value: Uint8Array | undefined;
  /** Binds the key to a lease; unbinds it if 0 or absent. */
  readonly lease?: bigint;
}

/** One comparison of a transaction. */
export type Comparison =
  | { readonly target: 'modRevision' | 'createRevision'; readonly key: string; readonly equals: bigint }
  | { readonly target: 'value'; readonly key: string; readonly equals: Uint8Array };

export type Operation =
  | ({ readonly type: 'range' } & RangeRequest)
  | ({ readonly type: 'put' } & PutRequest)
  | ({ readonly type: 'delete' } & KeyRange);

export interface TransactionRequest {
  /** All must be true for `success` to be done; otherwise `failure` is. */
  readonly comparisons: readonly Comparison[];
  readonly success: readonly Operation[];
  readonly failure: readonly Operation[];
}

export interface TransactionAnswer {
  readonly header: Header;
  readonly succeeded: boolean;
  /** Answers to the ranges among the operations that were done, in their order. */
  readonly ranges: readonly RangeAnswer[];
}

export interface WatchRequest extends KeyRange {
  /** First revision whose events are wanted. */
  readonly fromRevision: bigint;
}

export interface WatchEvent {
  readonly type: 'put' | 'delete';
  readonly value: KeyValue;
}

/** One answer on the stream of a watch. */
export interface WatchAnswer {
  readonly header: Header;
  readonly created: boolean;
  readonly canceled: boolean;
  /** Above 0 if the watch is canceled because its revision is compacted. */
  readonly compactRevision: bigint;
  readonly cancelReason: string;
  /** True if more events of this answer follow in the next. */
  readonly isFragment: boolean;
  readonly events: readonly WatchEvent[];
}

export interface LeaseAnswer {
  readonly header: Header;
  readonly id: bigint;
  /** Seconds until the lease ends; 0 or less if it has ended. */
  readonly ttl: number;
}

export interface StatusAnswer {
  readonly header: Header;
  /** Octets that the database may have; 0 if the version does not report it. */
  readonly quota: number;
}
