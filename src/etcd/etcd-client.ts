// A typed client of etcd v3: those calls that confdit uses. Each call has a deadline. Reads are repeated on another member; a write
// is repeated only if it certainly had no effect, so the caller learns when the outcome is not known.

import { Deadline } from '../time/deadline.ts';
import { pause } from '../time/pause.ts';
import { decodeHeaderOnly, decodeLease, decodeRange, decodeStatus, decodeTransaction } from './decode.ts';
import {
  encodeCompaction,
  encodeDeleteRange,
  encodeLeaseGrant,
  encodeLeaseId,
  encodePut,
  encodeRange,
  encodeTransaction,
} from './encode.ts';
import { Endpoints, type EndpointsOptions } from './endpoints.ts';
import { EtcdError } from './etcd-error.ts';
import type {
  Header,
  KeyRange,
  KeyValue,
  LeaseAnswer,
  PutRequest,
  RangeAnswer,
  RangeRequest,
  StatusAnswer,
  TransactionAnswer,
  TransactionRequest,
  WatchRequest,
} from './messages.ts';
import { type WatchBatch, watch } from './watch.ts';
import { EMPTY_MESSAGE } from './wire-fields.ts';

export interface EtcdClientOptions extends EndpointsOptions {
  /** Milliseconds for which a request that had no effect is tried again. */
  readonly patienceMs?: number;
  /** Milliseconds of silence after which a watch asks for a sign of life, and after as many more is opened on another member. */
  readonly silenceMs?: number;
}

const PATIENCE_MS = 6000;
const SILENCE_MS = 5000;
/** Between two rounds over all members: an election takes a second or so. */
const ROUND_PAUSE_MS = 100;
const PAGE_KEYS = 128;

export class EtcdClient {
  readonly #endpoints: Endpoints;
  readonly #patienceMs: number;
  readonly #silenceMs: number;
  readonly #closing = new AbortController();

  constructor(options: EtcdClientOptions) {
    this.#endpoints = new Endpoints(options);
    this.#patienceMs = options.patienceMs ?? PATIENCE_MS;
    this.#silenceMs = options.silenceMs ?? SILENCE_MS;
  }

  /** Reads keys; the answer is never older than the call. Throws EtcdError, as all calls. */
  range(request: RangeRequest): Promise<RangeAnswer> {
    return this.#read('KV/Range', encodeRange(request), decodeRange);
  }

  /**
   * Yields all keys of a range in ascending order, in pages that the client accepts. Every page is of the same revision: the given
   * one, or that of the first page. Throws EtcdError: `compacted` if that revision goes meanwhile.
   */
  async *pages(range: KeyRange & { readonly revision?: bigint }): AsyncGenerator<RangeAnswer, void> {
    let { key, revision = 0n } = range;
    for (;;) {
      const page = await fitting((limit) => this.range({ key, end: range.end, limit, revision }));
      yield page;
      const last: KeyValue | undefined = page.values.at(-1);
      if (!page.hasMore || last === undefined) return;
      if (revision === 0n) revision = page.header.revision;
      key = `${last.key}\0`;
    }
  }

  put(request: PutRequest): Promise<Header> {
    return this.#write('KV/Put', encodePut(request), decodeHeaderOnly);
  }

  delete(range: KeyRange): Promise<Header> {
    return this.#write('KV/DeleteRange', encodeDeleteRange(range), decodeHeaderOnly);
  }

  /** Does a transaction that changes something. */
  transaction(request: TransactionRequest): Promise<TransactionAnswer> {
    return this.#write('KV/Txn', encodeTransaction(request), decodeTransaction);
  }

  /** Reads several keys at one revision. */
  readTogether(ranges: readonly RangeRequest[]): Promise<TransactionAnswer> {
    const success = ranges.map((range) => ({ type: 'range', ...range }) as const);
    const message = encodeTransaction({ comparisons: [], success, failure: [] });
    return this.#read('KV/Txn', message, decodeTransaction);
  }

  /** Drops what was before a revision, apart from current values. */
  compact(revision: bigint): Promise<Header> {
    return this.#write('KV/Compact', encodeCompaction(revision, false), decodeHeaderOnly);
  }

  /** @param ttl seconds; the member may grant more */
  grantLease(ttl: number): Promise<LeaseAnswer> {
    return this.#read('Lease/LeaseGrant', encodeLeaseGrant(ttl), decodeLease);
  }

  /** Keeps a lease alive once. The time to live of the answer is 0 if the lease has ended. */
  keepAlive(id: bigint): Promise<LeaseAnswer> {
    // With one request the stream of this call is an ordinary call. A repetition does no harm.
    return this.#read('Lease/LeaseKeepAlive', encodeLeaseId(id), decodeLease);
  }

  /** Ends a lease and deletes its keys. */
  revokeLease(id: bigint): Promise<Header> {
    return this.#write('Lease/LeaseRevoke', encodeLeaseId(id), decodeHeaderOnly);
  }

  /** Returns the state of the member in use. */
  status(): Promise<StatusAnswer> {
    return this.#read('Maintenance/Status', EMPTY_MESSAGE, decodeStatus);
  }

  /** Watches keys; see `watch`. */
  watch(request: WatchRequest, signal: AbortSignal): AsyncGenerator<WatchBatch, void> {
    const both = AbortSignal.any([signal, this.#closing.signal]);
    return watch(this.#endpoints, request, { signal: both, silenceMs: this.#silenceMs });
  }

  /** Ends all calls and watches. */
  close(): void {
    this.#closing.abort();
    this.#endpoints.close();
  }

  #read<Answer>(path: string, message: Uint8Array, decode: (octets: Uint8Array) => Answer): Promise<Answer> {
    return this.#call(path, message, decode, (error) => error.problem === 'unavailable');
  }

  async #write<Answer>(
    path: string,
    message: Uint8Array,
    decode: (octets: Uint8Array) => Answer,
  ): Promise<Answer> {
    try {
      const isRepeatable = (error: EtcdError) => error.problem === 'unavailable' && error.hadNoEffect;
      return await this.#call(path, message, decode, isRepeatable);
    } catch (error) {
      if (!(error instanceof EtcdError) || error.hadNoEffect || error.problem === 'full') throw error;
      throw new EtcdError('unknown', error.message, { cause: error });
    }
  }

  async #call<Answer>(
    path: string,
    message: Uint8Array,
    decode: (octets: Uint8Array) => Answer,
    isRepeatable: (error: EtcdError) => boolean,
  ): Promise<Answer> {
    let isPatient = true;
    const patience = new Deadline(this.#patienceMs, () => {
      isPatient = false;
    });
    patience.begin();
    try {
      for (let round = 1; ; round++) {
        const connection = await this.#endpoints.connection();
        try {
          const full = `/etcdserverpb.${path}`;
          return await this.#loggedIn(connection, async () => {
            const octets = await connection.call(full, message, this.#endpoints.callMs);
            return decode(octets);
          });
        } catch (error) {
          if (!(error instanceof EtcdError)) throw error;
          if (isOfMember(error)) this.#endpoints.leave(connection);
          if (!isPatient || !isRepeatable(error)) throw error;
          if (round % this.#endpoints.urls.length === 0) await pause(ROUND_PAUSE_MS, this.#closing.signal);
        }
      }
    } finally {
      patience.close();
    }
  }

  /** Logs in again, once, if the token is no longer accepted. */
  async #loggedIn<Answer>(
    connection: Parameters<Endpoints['renewLogin']>[0],
    work: () => Promise<Answer>,
  ): Promise<Answer> {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof EtcdError) || !error.isTokenStale || !this.#endpoints.hasLogin) throw error;
      await this.#endpoints.renewLogin(connection);
      return work();
    }
  }
}

/** Calls `read` with a number of keys that fits into one answer: fewer and fewer. Throws EtcdError. */
export async function fitting<Page>(read: (limit: number) => Promise<Page>): Promise<Page> {
  for (let limit = PAGE_KEYS; ; limit = Math.ceil(limit / 4)) {
    try {
      return await read(limit);
    } catch (error) {
      if (!(error instanceof EtcdError) || error.problem !== 'too-much' || limit === 1) throw error;
    }
  }
}

/** Returns true if another member may do better. */
function isOfMember({ problem }: EtcdError): boolean {
  return problem === 'unavailable' || problem === 'wrong-answer' || problem === 'corrupt';
}
