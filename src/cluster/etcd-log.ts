// The log of a cluster in etcd. Appending is one transaction: it counts only if the head is still the one that was seen.
//
// A batch is one key, named by the number of its last record, so etcd's limit of operations in a transaction never cuts it. A batch
// that is too large for one value is put in parts before. They are bound to a lease until the transaction unbinds them: parts of a
// server that died meanwhile go by themselves.

import { randomUUID } from 'node:crypto';
import { EtcdClient, type EtcdClientOptions, fitting } from '../etcd/etcd-client.ts';
import type { KeyValue, Operation } from '../etcd/messages.ts';
import { Deadline } from '../time/deadline.ts';
import { pause } from '../time/pause.ts';
import { ignoreCompacted, logErrorOf, mayPass, notStored, passing, unknown } from './append-outcomes.ts';
import {
  type ClusterLog,
  LogError,
  type LogHead,
  type LogRecord,
  type LogSnapshot,
  type LogState,
} from './cluster-log.ts';
import { follow, type LogPosition } from './etcd-follower.ts';
import { PART_OCTETS, readParts, writeParts } from './etcd-parts.ts';
import { EtcdService } from './etcd-service.ts';
import { EtcdSnapshots } from './etcd-snapshots.ts';
import { LogKeys, NUMBER_DIGITS, partKey } from './log-keys.ts';
import {
  decodeBatch,
  decodeHead,
  encodeBatch,
  encodeHead,
  encodeParts,
  encodeSnapshot,
  FORMAT_VALUE,
  requireFormat,
  unreadable,
} from './log-values.ts';

export interface EtcdLogOptions extends EtcdClientOptions {
  /** Prefix of all keys, such as `/confdit/default`. */
  readonly prefix: string;
  /** Returns milliseconds since 1970. */
  readonly now: () => number;
  /** Milliseconds for which the log looks for a write whose outcome is not known. */
  readonly lookUpMs?: number;
}

const LOOK_UP_MS = 15_000;
const LOOK_UP_PAUSE_MS = 200;
/** etcd does up to 128 operations in a transaction, unless it is configured otherwise. */
const BATCH_PARTS_MAX = 100;
/** A read of large batches ends early: they are wanted one after the other, and not all at once in memory. */
const READ_CHARACTERS = 4 * 1024 * 1024;
const KEYS_LOST = 'has lost the keys of the cluster';
/** Seconds that parts live without their transaction. */
const PARTS_TTL = 600;

export class EtcdLog implements ClusterLog {
  readonly #client: EtcdClient;
  readonly #keys: LogKeys;
  readonly #service: EtcdService;
  readonly #snapshots: EtcdSnapshots;
  readonly #lookUpMs: number;
  readonly #closing = new AbortController();

  constructor(options: EtcdLogOptions) {
    this.#client = new EtcdClient(options);
    this.#keys = new LogKeys(options.prefix);
    this.#service = new EtcdService(options.now);
    this.#snapshots = new EtcdSnapshots(this.#client, this.#service, this.#keys);
    this.#lookUpMs = options.lookUpMs ?? LOOK_UP_MS;
  }

  get state(): LogState {
    return this.#service.state;
  }

  async head(): Promise<LogHead | undefined> {
    const { ranges } = await this.#service.ask(() =>
      this.#client.readTogether([{ key: this.#keys.head }, { key: this.#keys.format }]),
    );
    return this.#headOf(ranges[0]?.values[0], ranges[1]?.values[0]);
  }

  async create(snapshot: LogSnapshot): Promise<LogHead> {
    if ((await this.head()) !== undefined) throw alreadyThere();
    const value = await this.#snapshots.prepare(snapshot);
    const { head, format, snapshot: pointer } = this.#keys;
    try {
      const { succeeded, header } = await this.#service.ask(() =>
        this.#client.transaction({
          comparisons: [{ target: 'createRevision', key: head, equals: 0n }],
          success: [
            { type: 'put', key: format, value: FORMAT_VALUE },
            { type: 'put', key: head, value: encodeHead(value) },
            { type: 'put', key: pointer, value: encodeSnapshot(value) },
          ],
          failure: [],
        }),
      );
      const { number, historyId, code } = value;
      if (succeeded) return { number, historyId, code, revision: header.revision };
    } catch (error) {
      if (!(error instanceof LogError) || (error.problem !== 'unknown' && error.problem !== 'full'))
        throw error;
      const found = await this.head();
      if (found?.historyId === value.historyId && found.code === value.code) return found;
      throw error;
    }
    await this.#snapshots.discard(value);
    throw alreadyThere();
  }

  async append(seen: LogHead, records: readonly LogRecord[]): Promise<LogHead | 'overtaken'> {
    const last = records.at(-1);
    if (last === undefined) return seen;
    const put = await this.#batchOperations(records, last.number);
    const { number, code } = last;
    const next = { number, historyId: seen.historyId, code };
    let isLookingUp = true;
    const limit = new Deadline(this.#lookUpMs, () => {
      isLookingUp = false;
    });
    limit.begin();
    // Since a try whose outcome is open: no later error makes it certain that nothing is stored.
    let doubt: LogError | undefined;
    try {
      for (;;) {
        const outcome = await this.#tryAppend(seen, next, put).catch(logErrorOf);
        const isError = outcome instanceof LogError;
        // An earlier try may have been done after it was looked for: then this one was overtaken by it.
        if (!isError && (doubt === undefined || outcome !== 'overtaken')) return outcome;
        // etcd has refused a full try, or has done it and says so all the same. Nothing of it is still under way.
        const full = isError && outcome.problem === 'full' && doubt === undefined ? outcome : undefined;
        if (isError && doubt === undefined) {
          if (outcome.problem !== 'unknown' && full === undefined) throw outcome;
          doubt = unknown(outcome);
        }
        // The transaction may still be under way. Trying it again is safe: only one of both can find the head as it was.
        const found = await this.#lookUpUntil(() => isLookingUp, seen, records).catch(logErrorOf);
        if (found === undefined || found instanceof LogError) throw doubt ?? found;
        if (found !== 'not stored') return found;
        if (full !== undefined) throw full;
        if (!isLookingUp || (isError && !mayPass(outcome))) throw doubt ?? outcome;
      }
    } finally {
      limit.close();
    }
  }

  async read(from: number, max: number): Promise<readonly LogRecord[]> {
    const found: LogRecord[] = [];
    let size = 0;
    const isEnough = () => found.length >= max || size >= READ_CHARACTERS;
    for (let next = from; !isEnough(); next = from + found.length) {
      const { ranges } = await this.#service.ask(() =>
        fitting((limit) =>
          this.#client.readTogether([
            { key: this.#keys.head },
            { key: this.#keys.format },
            { ...this.#keys.batchesFrom(next), limit: Math.min(limit, max) },
          ]),
        ),
      );
      const [heads, formats, batches] = ranges;
      const head = this.#headOf(heads?.values[0], formats?.values[0]);
      if (head === undefined || head.number < next) return found;
      const before = found.length;
      for (const value of batches?.values ?? []) {
        if (isEnough()) break;
        const records = await this.#recordsOf(value);
        const wanted = records.filter(({ number }) => number >= from + found.length);
        if (wanted[0]?.number !== from + found.length) break;
        found.push(...wanted);
        size += wanted.reduce((sum, { text }) => sum + text.length, 0);
      }
      if (found.length > before) continue;
      if (found.length > 0) return found;
      const message = `Change ${from} is no longer in the log of the cluster: this server was away for too long. Make its instance again with "confdit cluster join".`;
      throw new LogError('compacted', message);
    }
    return found;
  }

  async firstNumber(): Promise<number> {
    const { ranges } = await this.#service.ask(() =>
      this.#client.readTogether([{ key: this.#keys.head }, { ...this.#keys.batchesFrom(0), limit: 1 }]),
    );
    const [heads, batches] = ranges;
    const [first] = batches?.values ?? [];
    if (first !== undefined) return (await this.#recordsOf(first))[0]?.number ?? 0;
    const [head] = heads?.values ?? [];
    return head === undefined ? 1 : decodeHead(head.value).number + 1;
  }

  async quota(): Promise<number | undefined> {
    const { quota } = await this.#service.do(() => this.#client.status());
    return quota === 0 ? undefined : quota;
  }

  follow(after: number, signal: AbortSignal): AsyncGenerator<readonly LogRecord[], void> {
    const both = AbortSignal.any([signal, this.#closing.signal]);
    const { key, end } = this.#keys.batchesFrom(0);
    return follow(after, {
      signal: both,
      service: this.#service,
      position: () => this.#position(),
      read: (from, max) => this.read(from, max),
      recordsOf: (value) => this.#recordsOf(value),
      watch: (fromRevision) => this.#client.watch({ key, end, fromRevision }, both),
    });
  }

  writeSnapshot(snapshot: LogSnapshot): Promise<void> {
    return this.#snapshots.write(snapshot);
  }

  snapshotNumber(): Promise<number | undefined> {
    return this.#snapshots.number();
  }

  readSnapshot(): Promise<LogSnapshot | undefined> {
    return this.#snapshots.read();
  }

  async trim(before: number): Promise<void> {
    const newest = await this.#snapshots.number();
    if (newest === undefined || before > newest + 1) {
      const message = `Changes before ${before} cannot be removed from the log: its snapshot is of change ${newest ?? 'none'}.`;
      throw new LogError('refused', message);
    }
    const { header } = await this.#service.ask(() =>
      this.#client.transaction({
        comparisons: [],
        success: [
          { type: 'delete', ...this.#keys.batchesBefore(before) },
          { type: 'delete', ...this.#keys.batchPartsBefore(before) },
        ],
        failure: [],
      }),
    );
    await this.#service.do(() => this.#client.compact(header.revision).catch(ignoreCompacted));
  }

  async close(): Promise<void> {
    this.#closing.abort();
    this.#client.close();
  }

  /** Returns the operations that store a batch together with its head. */
  async #batchOperations(records: readonly LogRecord[], last: number): Promise<Operation[]> {
    const octets = encodeBatch(records);
    const key = this.#keys.batch(last);
    if (octets.length <= PART_OCTETS) return [{ type: 'put', key, value: octets }];
    const parts = Math.ceil(octets.length / PART_OCTETS);
    if (parts > BATCH_PARTS_MAX) {
      const message = `A change of ${parts} MiB is too large: a cluster takes up to ${BATCH_PARTS_MAX} MiB at once.`;
      throw new LogError('too-large', message);
    }
    const id = randomUUID();
    const names = this.#keys.batchParts(last, id);
    const lease = await this.#service.do(() => this.#client.grantLease(PARTS_TTL));
    await writeParts(this.#client, this.#service, names, [octets], lease.id).catch(notStored);
    // Without a value the parts keep theirs, and lose their lease. Without one of the parts the transaction fails.
    const kept = Array.from({ length: parts }, (_, index): Operation => {
      return { type: 'put', key: partKey(names, index), value: undefined };
    });
    return [...kept, { type: 'put', key, value: encodeParts({ id, parts }) }];
  }

  async #tryAppend(
    seen: LogHead,
    next: Omit<LogHead, 'revision'>,
    put: readonly Operation[],
  ): Promise<LogHead | 'overtaken'> {
    const { head, format } = this.#keys;
    const { succeeded, header, ranges } = await this.#service.ask(() =>
      this.#client.transaction({
        comparisons: [
          { target: 'modRevision', key: head, equals: seen.revision },
          { target: 'value', key: head, equals: encodeHead(seen) },
          { target: 'value', key: format, equals: FORMAT_VALUE },
        ],
        success: [{ type: 'put', key: head, value: encodeHead(next) }, ...put],
        failure: [
          { type: 'range', key: head },
          { type: 'range', key: format },
        ],
      }),
    );
    if (succeeded) return { ...next, revision: header.revision };
    const found = this.#headOf(ranges[0]?.values[0], ranges[1]?.values[0]);
    if (found === undefined) throw this.#service.becomeForeign(KEYS_LOST);
    // The same revision with another value is another history.
    if (found.revision === seen.revision) throw this.#service.becomeForeign('has another history');
    return 'overtaken';
  }

  /** Looks for records again and again while that is not to be known; undefined if it is not to be known in time. */
  async #lookUpUntil(
    isLookingUp: () => boolean,
    seen: LogHead,
    records: readonly LogRecord[],
  ): Promise<LogHead | 'overtaken' | 'not stored' | undefined> {
    while (isLookingUp()) {
      const found = await this.#lookUp(seen, records).catch((error: unknown) => passing(error));
      if (found !== undefined) return found;
      await pause(LOOK_UP_PAUSE_MS, this.#closing.signal);
    }
    return undefined;
  }

  /** Looks for records whose transaction got no answer; undefined if that is not to be known now. */
  async #lookUp(
    seen: LogHead,
    records: readonly LogRecord[],
  ): Promise<LogHead | 'overtaken' | 'not stored' | undefined> {
    const head = await this.head();
    if (head === undefined) throw this.#service.becomeForeign(KEYS_LOST);
    if (head.revision === seen.revision) return 'not stored';
    const last = records.at(-1);
    if (last === undefined || head.number < last.number) return 'overtaken';
    const { values } = await this.#service.ask(() =>
      this.#client.range({ key: this.#keys.batch(last.number) }),
    );
    const [value] = values;
    if (value === undefined)
      return (await this.read(seen.number + 1, 1)).length > 0 ? 'overtaken' : undefined;
    const stored = await this.#recordsOf(value);
    if (stored.at(-1)?.id !== last.id) return 'overtaken';
    const { number, code } = last;
    return { number, historyId: seen.historyId, code, revision: value.modRevision };
  }

  async #position(): Promise<LogPosition> {
    const { header, values } = await this.#service.ask(() => this.#client.range({ key: this.#keys.head }));
    const [head] = values;
    if (head === undefined) throw this.#service.becomeForeign(KEYS_LOST);
    return { number: decodeHead(head.value).number, revision: header.revision };
  }

  /** Returns the records of a batch's key. Throws LogError: `compacted` if its parts were trimmed meanwhile. */
  async #recordsOf({ key, value }: KeyValue): Promise<readonly LogRecord[]> {
    const batch = decodeBatch(value, key);
    if ('records' in batch) return batch.records;
    const last = Number(key.slice(-NUMBER_DIGITS));
    const parts = await readParts(this.#client, this.#service, this.#keys.batchParts(last, batch.id));
    if (parts.length < batch.parts) {
      throw new LogError('compacted', `Change ${last} is no longer in the log of the cluster.`);
    }
    const inner = decodeBatch(Buffer.concat(parts), key);
    if ('records' in inner) return inner.records;
    throw unreadable(key);
  }

  #headOf(head: KeyValue | undefined, format: KeyValue | undefined): LogHead | undefined {
    if (head === undefined && format === undefined) return undefined;
    requireFormat(format?.value);
    return head === undefined ? undefined : { ...decodeHead(head.value), revision: head.modRevision };
  }
}

function alreadyThere(): LogError {
  return new LogError(
    'refused',
    'There is a cluster in etcd already, with this prefix. Join it, or use another prefix.',
  );
}
