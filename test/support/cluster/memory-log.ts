// A log of a cluster in the memory of the test's process, for servers that share it. It passes the conformance test of logs, so what
// holds with it holds with etcd, apart from the network. A test can cut it off, change its records, and let writes fail.

import { setImmediate } from 'node:timers/promises';
import {
  type ClusterLog,
  LogError,
  type LogHead,
  type LogProblem,
  type LogRecord,
  type LogSnapshot,
  type LogState,
} from '../../../src/cluster/cluster-log.ts';

/** `lost`: nothing is stored and nobody knows; `stored`: it is stored and nobody knows; `away`: it is certainly not stored. */
export type Failure = 'none' | 'lost' | 'stored' | 'away';

/** What the servers of a cluster share. */
export class SharedLog {
  head: LogHead | undefined;
  /** Those that are still there, in order. */
  readonly records: LogRecord[] = [];
  /** Number of the last record of each batch. */
  readonly ends: number[] = [];
  snapshot: LogSnapshot | undefined;
  isFull = false;
  quota: number | undefined;
  #waiting = new Set<() => void>();

  begin(snapshot: LogSnapshot): LogHead {
    const { number, historyId, code } = snapshot;
    this.snapshot = { ...snapshot, pieces: [...snapshot.pieces] };
    this.head = { number, historyId, code, revision: 1n };
    this.changed();
    return this.head;
  }

  /** Stores a batch at the end, whoever it is of. Returns the new end. */
  push(head: LogHead, records: readonly LogRecord[]): LogHead {
    const last = records.at(-1);
    if (last === undefined) return head;
    this.records.push(...records);
    this.ends.push(last.number);
    const { number, code } = last;
    this.head = { number, historyId: head.historyId, code, revision: head.revision + 1n };
    this.changed();
    return this.head;
  }

  changed(): void {
    const waiting = this.#waiting;
    this.#waiting = new Set();
    for (const wake of waiting) wake();
  }

  /** Resolves at the next change, or when the signal aborts. */
  nextChange(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.add(resolve);
      signal.addEventListener('abort', () => resolve(), { once: true });
    });
  }
}

/** The log as one server sees it. */
export class MemoryLog implements ClusterLog {
  readonly #shared: SharedLog;
  readonly #failures: Iterator<Failure>;
  readonly #closing = new AbortController();
  #problem: LogProblem | undefined;
  state: LogState = { isConnected: true, since: 0, why: '' };

  /** @param failures of this server's writes, one after the other */
  constructor(shared: SharedLog, failures: Iterable<Failure> = []) {
    this.#shared = shared;
    this.#failures = failures[Symbol.iterator]();
  }

  /** From now on every call fails with this problem; `follow` waits if it is `unavailable`. */
  cut(problem: LogProblem): void {
    this.#problem = problem;
    this.state = { isConnected: false, since: this.state.since + 1, why: `The log is ${problem}.` };
    this.#shared.changed();
  }

  heal(): void {
    this.#problem = undefined;
    this.state = { isConnected: true, since: this.state.since + 1, why: '' };
    this.#shared.changed();
  }

  async head(): Promise<LogHead | undefined> {
    await setImmediate();
    this.#require();
    return this.#shared.head;
  }

  async create(snapshot: LogSnapshot): Promise<LogHead> {
    this.#require();
    if (this.#shared.head !== undefined) throw new LogError('refused', 'There is a cluster already.');
    return this.#shared.begin(snapshot);
  }

  async append(seen: LogHead, records: readonly LogRecord[]): Promise<LogHead | 'overtaken'> {
    await setImmediate();
    const failure = this.#failures.next().value ?? 'none';
    if (failure === 'away') throw new LogError('unavailable', 'etcd is away.');
    if (failure === 'lost') throw outcomeUnknown();
    this.#require();
    const { head } = this.#shared;
    if (head?.revision !== seen.revision || head.code !== seen.code) return 'overtaken';
    if (this.#shared.isFull) throw new LogError('full', 'The log is full.');
    const end = this.#shared.push(head, records);
    await setImmediate();
    if (failure === 'stored') throw outcomeUnknown();
    return end;
  }

  async read(from: number, max: number): Promise<readonly LogRecord[]> {
    await setImmediate();
    this.#require();
    const { records, head, ends } = this.#shared;
    if (head === undefined || from > head.number) return [];
    const first = records.findIndex(({ number }) => number >= from);
    if (records[first]?.number !== from)
      throw new LogError('compacted', `Change ${from} is no longer in the log.`);
    const end = ends.find((number) => number >= from + max - 1) ?? head.number;
    return records.slice(first).filter(({ number }) => number <= end);
  }

  async firstNumber(): Promise<number> {
    this.#require();
    return this.#shared.records[0]?.number ?? (this.#shared.head?.number ?? 0) + 1;
  }

  async quota(): Promise<number | undefined> {
    this.#require();
    return this.#shared.quota;
  }

  async *follow(after: number, signal: AbortSignal): AsyncGenerator<readonly LogRecord[], void> {
    let last = after;
    const both = AbortSignal.any([signal, this.#closing.signal]);
    const unlessClosed = (error: unknown): [] => {
      if (both.aborted) return [];
      throw error;
    };
    while (!both.aborted) {
      const change = this.#shared.nextChange(both);
      const records =
        this.#problem === 'unavailable' ? [] : await this.read(last + 1, 100).catch(unlessClosed);
      const end = records.at(-1);
      if (end === undefined) await change;
      else {
        yield records;
        last = end.number;
      }
    }
  }

  async writeSnapshot(snapshot: LogSnapshot): Promise<void> {
    this.#require();
    if ((this.#shared.snapshot?.number ?? -1) >= snapshot.number) return;
    if (this.#shared.isFull) throw new LogError('full', 'The log is full.');
    this.#shared.snapshot = { ...snapshot, pieces: [...snapshot.pieces] };
  }

  async snapshotNumber(): Promise<number | undefined> {
    this.#require();
    return this.#shared.snapshot?.number;
  }

  async readSnapshot(): Promise<LogSnapshot | undefined> {
    this.#require();
    return this.#shared.snapshot;
  }

  async trim(before: number): Promise<void> {
    this.#require();
    const { ends, records } = this.#shared;
    const last = ends.findLast((number) => number < before) ?? 0;
    ends.splice(0, ends.filter((number) => number <= last).length);
    records.splice(0, records.filter(({ number }) => number <= last).length);
  }

  async close(): Promise<void> {
    this.#closing.abort();
    this.#problem = 'closed';
  }

  #require(): void {
    if (this.#problem !== undefined) throw new LogError(this.#problem, `The log is ${this.#problem}.`);
  }
}

function outcomeUnknown(): LogError {
  return new LogError('unknown', 'It is not known whether the change was stored.');
}
