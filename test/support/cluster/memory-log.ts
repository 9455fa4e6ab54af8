// A log of a cluster in the memory of the test's process, for servers that share it. It passes the conformance test of logs, so what
// holds with it holds with etcd, apart from the network. A test can cut it off, and make the outcome of a write unknown.

import {
  type ClusterLog,
  LogError,
  type LogHead,
  type LogProblem,
  type LogRecord,
  type LogSnapshot,
  type LogState,
} from '../../../src/cluster/cluster-log.ts';

/** What the servers of a cluster share. */
export class SharedLog {
  head: LogHead | undefined;
  readonly records = new Map<number, LogRecord>();
  /** Batches by the number of their last record. */
  readonly batches: LogRecord[][] = [];
  snapshot: LogSnapshot | undefined;
  isFull = false;
  #waiting = new Set<() => void>();

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

export class MemoryLog implements ClusterLog {
  readonly #shared: SharedLog;
  readonly #closing = new AbortController();
  #problem: LogProblem | undefined;
  /** Set to let the next write be stored, and then fail as if its answer were lost. */
  losesNextAnswer = false;
  /** Called before each append, with nothing stored yet: another server can be first. */
  beforeAppend: (() => Promise<void>) | undefined;
  state: LogState = { isConnected: true, since: 0, why: '' };

  constructor(shared: SharedLog) {
    this.#shared = shared;
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
    this.#require();
    return this.#shared.head;
  }

  async create(snapshot: LogSnapshot): Promise<LogHead> {
    this.#require();
    if (this.#shared.head !== undefined) throw new LogError('refused', 'There is a cluster already.');
    const { number, historyId, code } = snapshot;
    this.#shared.snapshot = { ...snapshot, pieces: [...snapshot.pieces] };
    this.#shared.head = { number, historyId, code, revision: 1n };
    this.#shared.changed();
    return this.#shared.head;
  }

  async append(seen: LogHead, records: readonly LogRecord[]): Promise<LogHead | 'overtaken'> {
    await this.beforeAppend?.();
    this.#require();
    const { head } = this.#shared;
    if (head?.revision !== seen.revision || head.code !== seen.code) return 'overtaken';
    if (this.#shared.isFull) throw new LogError('full', 'The log is full.');
    const last = records.at(-1);
    if (last === undefined) return head;
    for (const record of records) this.#shared.records.set(record.number, record);
    this.#shared.batches.push([...records]);
    const { historyId, revision } = head;
    this.#shared.head = { number: last.number, historyId, code: last.code, revision: revision + 1n };
    this.#shared.changed();
    if (this.losesNextAnswer) {
      this.losesNextAnswer = false;
      throw new LogError('unknown', 'It is not known whether the change was stored.');
    }
    return this.#shared.head;
  }

  async read(from: number, max: number): Promise<readonly LogRecord[]> {
    this.#require();
    const { records, head, batches } = this.#shared;
    if (head === undefined || from > head.number) return [];
    const found: LogRecord[] = [];
    for (let number = from; number <= head.number && found.length < max; number++) {
      const record = records.get(number);
      if (record === undefined) throw new LogError('compacted', `Change ${from} is no longer in the log.`);
      found.push(record);
    }
    const last = found.at(-1)?.number ?? 0;
    const batch = batches.find((one) => one.some(({ number }) => number === last)) ?? [];
    return [...found, ...batch.filter(({ number }) => number > last)];
  }

  async *follow(after: number, signal: AbortSignal): AsyncGenerator<readonly LogRecord[], void> {
    let last = after;
    const both = AbortSignal.any([signal, this.#closing.signal]);
    while (!both.aborted) {
      const change = this.#shared.nextChange(both);
      const records = this.#problem === 'unavailable' ? [] : await this.read(last + 1, 100);
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
    const { batches, records } = this.#shared;
    for (const batch of batches.splice(0)) {
      if ((batch.at(-1)?.number ?? 0) >= before) batches.push(batch);
      else for (const { number } of batch) records.delete(number);
    }
  }

  async close(): Promise<void> {
    this.#closing.abort();
    this.#problem = 'closed';
  }

  #require(): void {
    if (this.#problem !== undefined) throw new LogError(this.#problem, `The log is ${this.#problem}.`);
  }
}
