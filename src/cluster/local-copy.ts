// The copy of the log that a server keeps on its disk. It serves starts without the log, and the past is read from it. A commit
// counts when the log has it, whatever becomes of the copy: what the disk does not take now, it gets later.

import { messageOf } from '../files/file-error.ts';
import type { Commit, Store } from '../store/store.ts';
import { StoreError } from '../store/store-error.ts';
import { type ClusterLog, LogError, type LogRecord } from './cluster-log.ts';
import type { LogRecords } from './log-records.ts';

export interface LocalCopyOptions {
  readonly local: Store;
  readonly log: Pick<ClusterLog, 'read'>;
  readonly records: Pick<LogRecords, 'read'>;
  /** The copy misses commits; the sentence says why. Called once until the copy is whole again. */
  readonly failed: (sentence: string) => void;
}

/** A commit, and what is to be known of its record. */
interface CopiedCommit {
  readonly commit: Commit;
  readonly code: string;
  readonly octets: number;
}

/** Memory for commits that wait for the disk, such as while it is full: what is beyond is read from the log again. */
const WAITING_MAX = 1_000;
const WAITING_OCTETS_MAX = 16 * 1024 * 1024;
/** Records that are read at once. */
const READ_MAX = 64;

export class LocalCopy {
  readonly #options: LocalCopyOptions;
  #waiting: CopiedCommit[] = [];
  #waitingOctets = 0;
  /** Last commit that the copy should have. */
  #last: number;
  /** Code of the last commit that the copy has. */
  #code = '';
  /** True while commits are missing that are in the log alone. */
  #isBehind = false;
  #isLost = false;
  #isReported = false;
  #catchingUp: Promise<void> | undefined;

  constructor(options: LocalCopyOptions) {
    this.#options = options;
    this.#last = options.local.lastNumber;
  }

  /** Number of commits that wait in memory. */
  get waitingCount(): number {
    return this.#waiting.length;
  }

  /**
   * Writes the next commits, and all that wait. Never rejects.
   * @param added their records
   * @param before code of the record before the first one
   */
  async write(commits: readonly Commit[], added: readonly LogRecord[], before: string): Promise<void> {
    const last = commits.at(-1);
    if (this.#isLost || last === undefined) return;
    this.#last = last.number;
    if (this.#isBehind) {
      this.#catchingUp ??= this.#catchUp().finally(() => {
        this.#catchingUp = undefined;
      });
      return;
    }
    if (this.#waiting.length === 0) this.#code = before;
    const copied = commits.map((commit, index) => copiedOf(commit, added[index]));
    this.#waiting.push(...copied);
    try {
      await this.#append(this.#waiting);
      this.#waiting = [];
      this.#waitingOctets = 0;
      this.#isReported = false;
    } catch (error) {
      for (const { octets } of copied) this.#waitingOctets += octets;
      if (this.#waiting.length > WAITING_MAX || this.#waitingOctets > WAITING_OCTETS_MAX) this.#forget();
      this.#fail(error);
    }
  }

  /** Throws StoreError unless the copy has the commit with this number: a snapshot of it would hide that others are missing. */
  requireWhole(number: number): void {
    if (this.#options.local.lastNumber >= number) return;
    throw new StoreError(
      `The copy of this server ends with change ${this.#options.local.lastNumber}, so no snapshot of change ${number} is written.`,
    );
  }

  /** Waits for what is being written. */
  async close(): Promise<void> {
    this.#isLost = true;
    await this.#catchingUp;
  }

  async #append(commits: readonly CopiedCommit[]): Promise<void> {
    await this.#options.local.append(commits.map(({ commit }) => commit));
    this.#code = commits.at(-1)?.code ?? this.#code;
  }

  #forget(): void {
    this.#waiting = [];
    this.#waitingOctets = 0;
    this.#isBehind = true;
  }

  #fail(error: unknown): void {
    const { local, failed } = this.#options;
    if (local.failure !== undefined) {
      this.#isLost = true;
      this.#waiting = [];
    }
    if (this.#isReported && !this.#isLost) return;
    this.#isReported = true;
    failed(`The local copy of change ${local.lastNumber + 1} could not be written: ${messageOf(error)}`);
  }

  /** Reads from the log what is missing. What fails is tried again with the next commit. */
  async #catchUp(): Promise<void> {
    const { local, log, records } = this.#options;
    try {
      while (local.lastNumber < this.#last && !this.#isLost) {
        const read = await log.read(local.lastNumber + 1, READ_MAX);
        const missing: CopiedCommit[] = [];
        for (const record of read) {
          // The tree does not have those that come after.
          if (record.number > this.#last) break;
          const before = missing.at(-1)?.code ?? this.#code;
          missing.push(copiedOf(records.read(record, before), record));
        }
        await this.#append(missing);
      }
      this.#isBehind = local.lastNumber < this.#last;
      this.#isReported = this.#isBehind;
    } catch (error) {
      const isPassing = error instanceof LogError && error.problem !== 'compacted';
      if (!isPassing && !(error instanceof StoreError && !error.isFinal)) this.#isLost = true;
      this.#fail(error);
    }
  }
}

function copiedOf(commit: Commit, record: LogRecord | undefined): CopiedCommit {
  return { commit, code: record?.code ?? '', octets: record?.text.length ?? 0 };
}
