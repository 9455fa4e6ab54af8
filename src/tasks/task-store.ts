// The store of cn=tasks on a disk that may fail. A task is added or started only when that is on disk: no task acts whose
// start is not stored. The outcome of a task and its cancellation are already facts: they are remembered here if the disk
// refuses them, and stored when it accepts them. A store that has failed for good is reopened after a pause.

import type { Log } from '../files/log.ts';
import { Reason } from '../files/program-error.ts';
import { type Change, dnOfChange, type ModifyChange } from '../ldap/change.ts';
import { type Later, type PauseLimits, pauseAfter } from '../mail/pauses.ts';
import type { Commit, Store, StoreFailure } from '../store/store.ts';
import { TASKS } from './task-branches.ts';
import { TaskState } from './task-state.ts';

export interface TaskStoreOptions {
  readonly store: Store;
  /** Reopens the store, after it failed for good and was closed. */
  readonly reopen: () => Promise<Store>;
  readonly later: Later;
  readonly log: Pick<Log, 'info' | 'warn'>;
}

/** Pauses between attempts to store what is remembered. */
export const STORE_PAUSES: PauseLimits = { firstMs: 1000, longestMs: 300_000 };

export class TaskStore implements Store {
  readonly #options: TaskStoreOptions;
  #store: Store;
  /** Commits that are effective and not on disk, in order. */
  #remembered: Commit[] = [];
  /** Number of acknowledged commits without a number of their own in the store. */
  #ahead = 0;
  #failures = 0;
  #cancelRetry: (() => void) | undefined;
  #isClosed = false;
  #storing: Promise<void> | undefined;

  constructor(options: TaskStoreOptions) {
    this.#options = options;
    this.#store = options.store;
  }

  get lastNumber(): number {
    return this.#store.lastNumber + this.#ahead;
  }

  get commitsSinceSnapshot(): number {
    return this.#store.commitsSinceSnapshot;
  }

  get bytesSinceSnapshot(): number {
    return this.#store.bytesSinceSnapshot;
  }

  get failure(): StoreFailure | undefined {
    return this.#store.failure;
  }

  /** Number of changes that are effective and not on disk. */
  get rememberedCount(): number {
    return this.#remembered.length;
  }

  /** Appends commits (Store.append), one at a time, so that none is refused because of another. */
  async append(commits: readonly Commit[]): Promise<void> {
    if (commits.some(mustBeStored)) {
      try {
        await this.#storeRemembered();
        await this.#store.append(this.#numbered(commits));
      } catch (error) {
        this.#retryLater();
        throw error;
      }
      return;
    }
    if (this.#remembered.length === 0) {
      try {
        await this.#store.append(this.#numbered(commits));
        return;
      } catch (error) {
        this.#tellFailure(error);
      }
    }
    this.#remember(commits);
    this.#retryLater();
  }

  snapshot(entries: Parameters<Store['snapshot']>[0], throughNumber: number): Promise<void> {
    return this.#store.snapshot(entries, throughNumber - this.#ahead);
  }

  /** Tries once more to store what is remembered, then closes. What cannot be stored is logged and lost. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#cancelRetry?.();
    await this.#storeRemembered().catch((error: unknown) => {
      const tasks = [...new Set(this.#remembered.flatMap(({ changes }) => changes.map(nameOf)))];
      this.#options.log.warn({ err: error, tasks }, 'what has become of these tasks could not be stored');
    });
    await this.#store.close();
  }

  /** Returns commits with the numbers of the store, which has never seen what is remembered. */
  #numbered(commits: readonly Commit[]): Commit[] {
    const { lastNumber } = this.#store;
    return commits.map((commit, index) => ({ ...commit, number: lastNumber + 1 + index }));
  }

  /** Remembers commits: one for each task and writer, since later values replace earlier ones. */
  #remember(commits: readonly Commit[]): void {
    for (const commit of commits) {
      const before = this.#remembered.find((one) => one.by === commit.by && isOfSameTask(one, commit));
      this.#remembered = this.#remembered.filter((one) => one !== before);
      this.#remembered.push(
        before === undefined || commit.by !== TASKS.toString() ? commit : merged(before, commit),
      );
      this.#ahead += 1;
    }
  }

  #storeRemembered(): Promise<void> {
    this.#storing ??= this.#storeAll().finally(() => {
      this.#storing = undefined;
    });
    return this.#storing;
  }

  async #storeAll(): Promise<void> {
    const commits = this.#remembered;
    if (commits.length === 0) return;
    await this.#store.append(this.#numbered(commits));
    this.#ahead -= commits.length;
    this.#remembered = this.#remembered.filter((one) => !commits.includes(one));
    this.#options.log.info({ changes: commits.length }, 'what has become of tasks is stored again');
  }

  async #retry(): Promise<void> {
    this.#cancelRetry = undefined;
    try {
      if (this.#store.failure !== undefined) await this.#openAgain();
      await this.#storeRemembered();
      this.#failures = 0;
    } catch {
      this.#retryLater();
    }
  }

  /** Reopens the store. Rejects if the disk holds anything but what was acknowledged: only the next start can resolve that. */
  async #openAgain(): Promise<void> {
    const { lastNumber } = this.#store;
    await this.#store.close().catch(() => {});
    const store = await this.#options.reopen();
    if (store.lastNumber !== lastNumber) {
      await store.close();
      throw new Reason(`The tasks on disk go through change ${store.lastNumber} and not ${lastNumber}.`);
    }
    this.#store = store;
    this.#options.log.info({}, 'the tasks can be stored again');
  }

  #tellFailure(error: unknown): void {
    this.#options.log.warn(
      { err: error },
      'what has become of a task cannot be stored; it is remembered, and stored as soon as that is possible',
    );
  }

  #retryLater(): void {
    if (this.#cancelRetry !== undefined || this.#isClosed) return;
    this.#failures += 1;
    const pauseMs = pauseAfter(this.#failures, STORE_PAUSES);
    this.#cancelRetry = this.#options.later(pauseMs, () => void this.#retry());
  }
}

/** Returns true for everything but the end of a task and its notes: nothing may happen before it is on disk. */
function mustBeStored({ changes }: Commit): boolean {
  return changes.some((change) => change.type !== 'modify' || startsTask(change));
}

function startsTask({ modifications }: ModifyChange): boolean {
  return modifications.some(
    ({ attribute }) => attribute.key === 'ds-task-state' && attribute.values.includes(TaskState.running),
  );
}

function isOfSameTask(one: Commit, other: Commit): boolean {
  const names = (commit: Commit) => commit.changes.map(nameOf).join('\n');
  return names(one) === names(other);
}

function nameOf(change: Change): string {
  return dnOfChange(change).toString();
}

/** Returns both commits as one. Both replace whole attributes: the later values count. */
function merged(before: Commit, after: Commit): Commit {
  const earlier = before.changes.flatMap((change) => (change.type === 'modify' ? change.modifications : []));
  const changes = after.changes.map((change): Change => {
    if (change.type !== 'modify') return change;
    const keys = new Set(change.modifications.map(({ attribute }) => attribute.key));
    const kept = earlier.filter(({ attribute }) => !keys.has(attribute.key));
    return { ...change, modifications: [...kept, ...change.modifications] };
  });
  return { ...after, changes };
}
