// The store of a server in a cluster: the log decides the order of commits, and the local store is a copy of it. The copy serves
// starts without the log; a commit counts when the log has it, whatever becomes of the copy.

import { messageOf } from '../files/file-error.ts';
import type { Entry } from '../ldap/entry.ts';
import type { Commit, ForeignCommit, ForeignCommits, Store } from '../store/store.ts';
import { OutcomeUnknown, Overtaken, StoreError, TooLarge } from '../store/store-error.ts';
import { pause } from '../time/pause.ts';
import { isSameCode } from './cluster-keys.ts';
import { type ClusterLog, LogError, type LogHead, type LogProblem, type LogRecord } from './cluster-log.ts';
import { LocalCopy } from './local-copy.ts';
import type { LogRecords } from './log-records.ts';
import { codeOfLast, endOfLog, type OwnPast, otherLast } from './own-past.ts';
import type { SharedSnapshots } from './shared-snapshots.ts';

/** Events that an administrator should know of, as sentences. */
export interface ClusterReports {
  /** A commit of another server is not all in force here. */
  notInForce(commit: Commit, problems: readonly string[]): void;
  /** The log refuses for now to tell of new commits; the server asks again. */
  notFollowed(sentence: string): void;
  /** This server follows no further. */
  stopped(sentence: string): void;
  /** The local copy misses commits. */
  copyFailed(sentence: string): void;
  /** A snapshot of this server could not be shared with the others, or space could not be made for it. */
  notShared(sentence: string): void;
  /** The service has no space for changes; the sentence says what was done, and what is to be done. */
  full(sentence: string): void;
}

export interface ClusterStoreOptions {
  readonly log: ClusterLog;
  readonly records: LogRecords;
  readonly local: Store;
  /** Code of the last record that the local store has; undefined: the log is asked once it is there. */
  readonly code?: string | undefined;
  readonly historyId: string;
  /** Returns the id of the last commit of the local store; undefined if only a snapshot has it. Throws StoreError. */
  readonly lastId?: () => string | undefined;
  readonly reports: ClusterReports;
  readonly snapshots: Pick<SharedSnapshots, 'share' | 'makeSpace'>;
}

/** Records that are read at once while this server is behind. */
const READ_MAX = 256;
/** Commits of others that are written to the copy at once. */
const GROUP_MAX = 64;
/** Pause before the same is tried again, in milliseconds. */
const PAUSE_MS = 250;

export class ClusterStore implements Store, ForeignCommits {
  readonly #options: ClusterStoreOptions;
  readonly #ended = new AbortController();
  /** Records that the log has told of and that are not made yet. */
  readonly #inbox = new Map<number, LogRecord>();
  #number: number;
  #code: string | undefined;
  /** End of the log; undefined if it may be another one by now. */
  #head: LogHead | undefined;
  /** True if the log may have records that it has not told of. */
  #isBehind = false;
  /** Ids of commits of this server that may be stored. */
  readonly #unknown = new Set<string>();
  #failure: StoreError | undefined;
  readonly #copy: LocalCopy;
  #following: Promise<void> | undefined;
  /** Undefined unless the log had no space for the last change. */
  #makingSpace: Promise<void> | undefined;

  constructor(options: ClusterStoreOptions) {
    this.#options = options;
    this.#number = options.local.lastNumber;
    this.#code = options.code;
    const { local, log, records, reports } = options;
    this.#copy = new LocalCopy({ local, log, records, failed: reports.copyFailed });
  }

  get lastNumber(): number {
    return this.#number;
  }

  get commitsSinceSnapshot(): number {
    return this.#options.local.commitsSinceSnapshot;
  }

  get bytesSinceSnapshot(): number {
    return this.#options.local.bytesSinceSnapshot;
  }

  get failure(): StoreError | undefined {
    return this.#failure;
  }

  /** Throws Overtaken, OutcomeUnknown and StoreError. */
  async append(commits: readonly Commit[]): Promise<void> {
    const { added, before } = await this.#store(commits);
    await this.#copy.write(commits, added, before);
  }

  /** Appends commits to the log. Returns their records, and the code of the one before. */
  async #store(commits: readonly Commit[]) {
    const { log, records } = this.#options;
    if (this.#failure !== undefined) throw this.#failure;
    if (this.#inbox.has(this.#number + 1)) throw new Overtaken();
    if (!log.state.isConnected) throw new StoreError(log.state.why);
    try {
      const seen = this.#head ?? (await this.#readHead());
      const added = records.format(commits, seen.code);
      const head = await log.append(seen, added);
      if (head === 'overtaken') throw this.#overtaken();
      this.#makingSpace = undefined;
      this.#head = head;
      this.#number = head.number;
      this.#code = head.code;
      return { added, before: seen.code };
    } catch (error) {
      const refusal = this.#refusalOf(error);
      if (refusal instanceof OutcomeUnknown) for (const { id } of commits) this.#unknown.add(id);
      throw refusal;
    }
  }

  async snapshot(entries: readonly Entry[], throughNumber: number, checkedBy?: string): Promise<void> {
    const { local, snapshots } = this.#options;
    this.#copy.requireWhole(throughNumber);
    const before = local.lastNumber - local.commitsSinceSnapshot;
    const code = throughNumber === this.#number ? this.#code : undefined;
    await local.snapshot(entries, throughNumber, checkedBy);
    if (this.#failure === undefined) await snapshots.share({ entries, number: throughNumber, code, before });
  }

  /** Begins to follow the log. `tell` is called when there is something new; nothing more is read before it resolves. */
  follow(tell: () => Promise<void>): void {
    this.#following ??= this.#follow(tell);
  }

  async each(make: (foreign: ForeignCommit) => Promise<readonly string[]>): Promise<void> {
    if (this.#failure !== undefined) return;
    try {
      this.#code ??= await this.#learnCode();
      // What comes meanwhile has another turn: requests of clients wait for the end of this one.
      for (const group of groupsOf(await this.#arrived())) await this.#makeEach(group, make);
    } catch (error) {
      // An outage is not the end: what has arrived is tried again, and the log tells of more when it is back.
      if (!(error instanceof LogError && isPassing(error))) this.#stop(error);
    }
  }

  async has(number: number): Promise<boolean> {
    if (this.#failure !== undefined) throw this.#failure;
    const { log, historyId } = this.#options;
    try {
      const head = await log.head();
      const isThere = head?.historyId === historyId && head.number >= number;
      if (isThere) this.#isBehind = true;
      return isThere;
    } catch (error) {
      if (error instanceof LogError) throw new StoreError(error.message, { cause: error });
      throw error;
    }
  }

  /** Makes the commits of records, one after the other. All are written to the copy at once, before readers see the first one. */
  async #makeEach(
    added: readonly LogRecord[],
    make: (foreign: ForeignCommit) => Promise<readonly string[]>,
  ): Promise<void> {
    const { records, reports } = this.#options;
    const before = this.#code ?? '';
    const { commits, failure } = records.readAll(added, before);
    let kept: Promise<void> | undefined;
    const keep = () => {
      kept ??= this.#copy.write(commits, added, before);
      return kept;
    };
    for (const [index, commit] of commits.entries()) {
      const problems = await make({ commit, isOwn: this.#unknown.delete(commit.id), keep });
      this.#number = commit.number;
      this.#code = added[index]?.code;
      this.#head = undefined;
      if (problems.length > 0) reports.notInForce(commit, problems);
    }
    if (failure !== undefined) throw failure;
  }

  /** Ends the connection to the log. The local store stays open. */
  async close(): Promise<void> {
    this.#ended.abort();
    await this.#following;
    await this.#makingSpace;
    await this.#copy.close();
    await this.#options.log.close();
  }

  async #follow(tell: () => Promise<void>): Promise<void> {
    const { signal } = this.#ended;
    const { log, reports } = this.#options;
    let told = '';
    while (!signal.aborted) {
      try {
        for await (const records of log.follow(this.#number, signal)) {
          told = '';
          for (const record of records) this.#take(record);
          await this.#makeArrived(tell);
        }
      } catch (error) {
        if (signal.aborted) return;
        if (!(error instanceof LogError && isPassing(error))) {
          this.#stop(error);
          return;
        }
        if (told !== error.message) reports.notFollowed(error.message);
        told = error.message;
        await pause(PAUSE_MS, signal);
      }
    }
  }

  /** Has everything made that has arrived. What an outage prevents is tried again. */
  async #makeArrived(tell: () => Promise<void>): Promise<void> {
    const { signal } = this.#ended;
    while (this.#inbox.size > 0 && !signal.aborted) {
      const before = this.#number;
      await tell();
      if (!this.#inbox.has(this.#number + 1)) return;
      if (this.#number === before) await pause(PAUSE_MS, signal);
    }
  }

  /** Throws StoreError if the log has another last record than this server. */
  #take(record: LogRecord): void {
    if (record.number > this.#number) this.#inbox.set(record.number, record);
    else if (record.number === this.#number && !isSameCode(record.code, this.#code ?? record.code))
      throw otherLast(this.#past);
  }

  /** Returns the records after the last one that is made here, as far as they are known or read at once. Throws LogError. */
  async #arrived(): Promise<readonly LogRecord[]> {
    for (const number of this.#inbox.keys()) if (number <= this.#number) this.#inbox.delete(number);
    if (!this.#inbox.has(this.#number + 1) && this.#isBehind) {
      for (const record of await this.#readMore()) this.#take(record);
    }
    const arrived: LogRecord[] = [];
    for (let number = this.#number + 1; ; number++) {
      const record = this.#inbox.get(number);
      if (record === undefined) return arrived;
      arrived.push(record);
    }
  }

  /** Reads what follows the last record that is made here. Throws LogError. */
  async #readMore(): Promise<readonly LogRecord[]> {
    // Whoever learns of more while this reads says so, and that must last.
    this.#isBehind = false;
    try {
      const records = await this.#options.log.read(this.#number + 1, READ_MAX);
      if (records.length > 0) this.#isBehind = true;
      return records;
    } catch (error) {
      this.#isBehind = true;
      throw error;
    }
  }

  /** Returns the end of the log if it is where this server is. Throws Overtaken, StoreError and LogError. */
  async #readHead(): Promise<LogHead> {
    const head = await this.#endOfLog();
    if (head.number > this.#number) throw this.#overtaken();
    if (!isSameCode(head.code, this.#code ?? head.code)) throw otherLast(this.#past);
    return head;
  }

  /**
   * Makes what the log has by now, before the server serves. Throws LogError if the log is away, and StoreError if this server
   * follows it no further.
   */
  async catchUp(tell: () => Promise<void>): Promise<void> {
    try {
      this.#code ??= await this.#learnCode();
      const { number } = await this.#endOfLog();
      while (this.#number < number) {
        const before = this.#number;
        this.#isBehind = true;
        await tell();
        if (this.#failure !== undefined) throw this.#failure;
        // The log is away again, and says why.
        if (this.#number === before) await this.#endOfLog();
      }
    } catch (error) {
      throw error instanceof LogError && isPassing(error) ? error : this.#stop(error);
    }
  }

  #learnCode(): Promise<string> {
    return codeOfLast(this.#options.log, this.#past);
  }

  #endOfLog(): Promise<LogHead> {
    return endOfLog(this.#options.log, this.#past);
  }

  #overtaken(): Overtaken {
    this.#head = undefined;
    this.#isBehind = true;
    return new Overtaken();
  }

  /** Last change of this server, to be compared with the log. */
  get #past(): OwnPast {
    const { historyId, lastId } = this.#options;
    return { historyId, number: this.#number, lastId };
  }

  #refusalOf(error: unknown): unknown {
    if (error instanceof Overtaken) return error;
    this.#head = undefined;
    if (error instanceof StoreError && error.isFinal) return this.#stop(error);
    if (!(error instanceof LogError)) return error;
    if (error.problem === 'unknown') {
      // If it is there after all, it is made like a change of another server.
      this.#isBehind = true;
      return new OutcomeUnknown(error.message, { cause: error });
    }
    if (error.problem === 'full') this.#makingSpace ??= this.#makeSpace();
    if (error.problem === 'too-large') return new TooLarge(error.message, { cause: error });
    return isPassing(error) ? new StoreError(error.message, { cause: error }) : this.#stop(error);
  }

  async #makeSpace(): Promise<void> {
    const sentence = await this.#options.snapshots.makeSpace();
    if (sentence !== undefined) this.#options.reports.full(sentence);
  }

  #stop(error: unknown): StoreError {
    if (this.#failure !== undefined) return this.#failure;
    const message = messageOf(error);
    this.#failure =
      error instanceof StoreError
        ? error
        : new StoreError(
            `This server follows the cluster no further after change ${this.#number}: ${message}`,
            {
              cause: error,
              isFinal: true,
            },
          );
    // What arrives now would be kept for nothing.
    this.#ended.abort();
    this.#inbox.clear();
    this.#options.reports.stopped(this.#failure.message);
    return this.#failure;
  }
}

/** Cuts records into groups that are written at once. */
function groupsOf(records: readonly LogRecord[]): readonly (readonly LogRecord[])[] {
  const groups: LogRecord[][] = [];
  for (let from = 0; from < records.length; from += GROUP_MAX)
    groups.push(records.slice(from, from + GROUP_MAX));
  return groups;
}

/**
 * Problems after which the same may succeed, or another change. `refused` is one: a certificate, a login or a right of etcd may be
 * in the middle of being replaced.
 */
const PASSING: ReadonlySet<LogProblem> = new Set([
  'unavailable',
  'unknown',
  'full',
  'refused',
  'too-large',
  'closed',
]);

function isPassing({ problem }: LogError): boolean {
  return PASSING.has(problem);
}
