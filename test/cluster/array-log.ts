// A log of a cluster as simple as it can be, an array, with failures on demand: the end of it, what a server is told, and when.

import { setImmediate } from 'node:timers/promises';
import {
  type ClusterLog,
  LogError,
  type LogHead,
  type LogRecord,
  type LogSnapshot,
} from '../../src/cluster/cluster-log.ts';

/** `lost`: nothing is stored and nobody knows; `stored`: it is stored and nobody knows; `away`: it is certainly not stored. */
export type Failure = 'none' | 'lost' | 'stored' | 'away';

/** What all servers share. */
export class SharedArray {
  readonly records: LogRecord[] = [];
  readonly #first: Omit<LogHead, 'revision'>;
  #changed = Promise.withResolvers<void>();

  constructor(first: Omit<LogHead, 'revision'>) {
    this.#first = first;
  }

  get head(): LogHead {
    const { number, code } = this.records.at(-1) ?? this.#first;
    return { historyId: this.#first.historyId, number, code, revision: BigInt(number) };
  }

  /** The snapshot that the log began with. */
  get snapshot(): LogSnapshot {
    return { ...this.#first, seal: '', pieces: [] };
  }

  get changed(): Promise<void> {
    return this.#changed.promise;
  }

  push(records: readonly LogRecord[]): void {
    this.records.push(...records);
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }

  after(number: number): readonly LogRecord[] {
    return this.records.filter((record) => record.number > number);
  }
}

/** The log as one server sees it. */
export class ArrayLog implements ClusterLog {
  readonly #shared: SharedArray;
  readonly #failures: Iterator<Failure>;
  /** False while the service is away. */
  isConnected = true;

  constructor(shared: SharedArray, failures: Iterable<Failure> = []) {
    this.#shared = shared;
    this.#failures = failures[Symbol.iterator]();
  }

  get state() {
    return {
      isConnected: this.isConnected,
      since: 0,
      why: this.isConnected ? '' : 'The test has taken etcd away.',
    };
  }

  async head(): Promise<LogHead> {
    await setImmediate();
    return this.#shared.head;
  }

  async append(seen: LogHead, records: readonly LogRecord[]): Promise<LogHead | 'overtaken'> {
    await setImmediate();
    const failure = this.#failures.next().value ?? 'none';
    if (failure === 'away') throw new LogError('unavailable', 'etcd is away.');
    if (failure === 'lost') throw new LogError('unknown', 'It is not known whether the change is stored.');
    if (this.#shared.head.revision !== seen.revision) return 'overtaken';
    this.#shared.push(records);
    await setImmediate();
    if (failure === 'stored') throw new LogError('unknown', 'It is not known whether the change is stored.');
    const { number, code } = records.at(-1) ?? seen;
    return { ...seen, number, code, revision: BigInt(number) };
  }

  async read(from: number, max: number): Promise<readonly LogRecord[]> {
    await setImmediate();
    return this.#shared.after(from - 1).slice(0, max);
  }

  async *follow(after: number, signal: AbortSignal): AsyncGenerator<readonly LogRecord[]> {
    const ended = Promise.withResolvers<void>();
    signal.addEventListener('abort', () => ended.resolve());
    for (let number = after; !signal.aborted; ) {
      const { changed } = this.#shared;
      const records = this.#shared.after(number);
      number += records.length;
      if (records.length > 0) yield records;
      else await Promise.race([changed, ended.promise]);
    }
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  create(_: LogSnapshot): Promise<LogHead> {
    return this.head();
  }

  writeSnapshot(): Promise<void> {
    return Promise.resolve();
  }

  snapshotNumber(): Promise<number> {
    return Promise.resolve(this.#shared.snapshot.number);
  }

  readSnapshot(): Promise<LogSnapshot> {
    return Promise.resolve(this.#shared.snapshot);
  }

  trim(): Promise<void> {
    return Promise.resolve();
  }
}
