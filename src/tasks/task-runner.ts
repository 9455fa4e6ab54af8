// Decides when tasks run: those that are due, a few at a time, in order of arrival. A task whose start cannot be stored does
// not run, and is tried again after a pause. Tasks that ended long ago are removed. Tasks left unfinished by an earlier
// server are marked as interrupted, or wait for their time again.

import type { Requester } from '../backend/backend.ts';
import type { CommitChanges } from '../backend/change-feed.ts';
import type { WritePath } from '../configuration/write/write-path.ts';
import type { Log } from '../files/log.ts';
import type { Change, Modification } from '../ldap/change.ts';
import { Attribute, type Entry } from '../ldap/entry.ts';
import { LdapError } from '../ldap/ldap-error.ts';
import { ResultCode } from '../ldap/result-code.ts';
import { type Later, pauseAfter } from '../mail/pauses.ts';
import type { RunningPart } from '../runtime/description.ts';
import { RunningTask } from './running-task.ts';
import { TASKS } from './task-branches.ts';
import type { TaskRetention } from './task-retention.ts';
import {
  formatLogLine,
  formatTaskTime,
  isUnfinished,
  stateOf,
  TaskState,
  taskTimeOf,
  withLogLines,
} from './task-state.ts';
import { STORE_PAUSES } from './task-store.ts';
import type { TaskTree } from './task-tree.ts';

/** Number of tasks that run at once. Most only wait, for example for a mail server that hangs. */
const RUNNING_MAX = 32;
/** Time for tasks to end when the server stops, in ms. */
const STOP_TIME_MS = 5000;
/** Interval between searches for expired tasks, in ms. */
const EXPIRY_PERIOD_MS = 60_000;
const EXPIRY_PAUSE_MAX_MS = 3_600_000;

const NOT_KNOWN = 'Whether it had done its work is not known; it is not repeated.';
const INTERRUPTED = `The server ended before the task did: it was interrupted. ${NOT_KNOWN}`;
const ORPHANED = `The server that ran the task is gone, or could not store what became of it. ${NOT_KNOWN}`;

/** Requester of the server's notes in tasks. */
const SERVER: Requester = Object.freeze({
  dn: TASKS.toString(),
  name: TASKS.toString(),
  privileges: new Set<string>(),
});

export interface TaskRunnerOptions {
  readonly tasks: TaskTree;
  readonly writePath: WritePath;
  /** How long an ended task is kept. */
  readonly retention: Pick<TaskRetention, 'ms' | 'onChange'>;
  readonly now: () => Date;
  readonly later: Later;
  readonly log: Pick<Log, 'info' | 'warn'>;
  /** Returns true while this server runs the tasks that several servers share; undefined: nobody else runs these tasks. */
  readonly isLeader?: () => boolean;
}

export class TaskRunner {
  readonly #options: TaskRunnerOptions;
  /** By the keys of their names. */
  readonly #running = new Map<string, RunningTask>();
  readonly #endings = new Set<Promise<void>>();
  /** Keys of tasks of which is being noted that they were interrupted. */
  readonly #orphans = new Set<string>();
  /** Cancels the timer for the next task, or for the end of a pause. */
  #cancelDue: (() => void) | undefined;
  #cancelExpiry: () => void = () => {};
  #isStopping = false;
  /** True while tasks may be started here. */
  #isAtWork = false;
  /** Number of starts in a row that could not be stored. */
  #failures = 0;
  #isPausing = false;
  #expiryFailures = 0;
  #isExpiring = false;
  #stopListening: () => void = () => {};

  constructor(options: TaskRunnerOptions) {
    this.#options = options;
  }

  /** Number of running and of waiting tasks. */
  get counts(): { readonly running: number; readonly waiting: number } {
    return { running: this.#running.size, waiting: this.#waiting().length };
  }

  /** Describes the tasks that wait for their time, and the timer for the next of them. */
  *describe(): Generator<RunningPart> {
    const waiting = this.#waiting().map(({ entry, dueAt }) => ({ task: entry.dn.toString(), dueAt }));
    yield { key: undefined, facts: { waiting, hasTimer: this.#cancelDue !== undefined } };
  }

  async start(): Promise<void> {
    const { tasks, writePath, retention } = this.#options;
    this.#isAtWork = true;
    for (const entry of tasks.tasks())
      if (stateOf(entry) === TaskState.running) await this.#noteInterrupted(entry);
    await this.#expire();
    retention.onChange(() => void this.#expire());
    this.#stopListening = writePath.feed.listen({
      committed: (commit) => this.#committed(commit),
      failed: (error) => this.#options.log.warn({ err: error }, 'tasks are not started any more'),
    });
    this.#startDue();
  }

  /** Begins to run shared tasks: this server leads now. A task that runs nowhere is noted as interrupted. Never rejects. */
  async takeOver(): Promise<void> {
    this.#isAtWork = true;
    this.#startDue();
    await this.#expire();
  }

  /** Starts no more shared tasks: another server may lead. Those that run go on, and so do their notes. */
  rest(): void {
    this.#isAtWork = false;
    this.#cancelDue?.();
    this.#cancelDue = undefined;
    this.#cancelExpiry();
  }

  /** Hears of what servers do with shared tasks, from the beginning. */
  listen(): void {
    this.#stopListening = this.#options.writePath.feed.listen({
      committed: (commit) => this.#committed(commit),
      failed: (error) => this.#options.log.warn({ err: error }, 'shared tasks are not started any more'),
    });
  }

  /** Requests the end of the task with this name, if it runs. */
  cancel(key: string): void {
    this.#running.get(key)?.stop(TaskState.stoppedByAdministrator);
  }

  /** Ends running tasks; those that do not end soon are marked as interrupted at the next start. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    this.#stopListening();
    this.#cancelDue?.();
    this.#cancelExpiry();
    for (const task of this.#running.values()) task.stop(TaskState.stoppedByShutdown);
    let timer: NodeJS.Timeout | undefined;
    const patience = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, STOP_TIME_MS);
    });
    await Promise.race([Promise.all(this.#endings), patience]);
    clearTimeout(timer);
  }

  /** Returns waiting tasks in order of their due times, then of arrival. */
  #waiting(): readonly { readonly entry: Entry; readonly dueAt: number }[] {
    const waiting = [...this.#options.tasks.tasks()].filter((entry) => stateOf(entry) === TaskState.waiting);
    return waiting
      .map((entry) => ({ entry, dueAt: taskTimeOf(entry, 'ds-task-scheduled-start-time')?.getTime() ?? 0 }))
      .sort((one, other) => one.dueAt - other.dueAt);
  }

  #committed({ changes, isForeign }: CommitChanges): void {
    // Only this server notes anything in a task that it runs: another one tells that somebody wants its end.
    for (const { after } of isForeign === true ? changes : [])
      if (after !== undefined) this.cancel(after.key);
    this.#startDue();
  }

  /** Returns true if this server may start a task, or note what has become of one that it does not run. */
  #mayAct(): boolean {
    return this.#isAtWork && !this.#isStopping && (this.#options.isLeader?.() ?? true);
  }

  /** Notes that tasks were interrupted which the leader before began. */
  #noteOrphans(): void {
    const { tasks, isLeader, log } = this.#options;
    if (isLeader === undefined) return;
    for (const entry of tasks.tasks()) {
      const key = tasks.schema.dnKey(entry.dn);
      if (stateOf(entry) !== TaskState.running || this.#running.has(key) || this.#orphans.has(key)) continue;
      this.#orphans.add(key);
      this.#noteInterrupted(entry)
        .catch((error: unknown) => {
          // It has ended meanwhile.
          if (error instanceof LdapError && error.code === ResultCode.noSuchObject) return;
          log.warn(
            { err: error, task: entry.dn.toString() },
            'that a task was interrupted could not be stored',
          );
        })
        .finally(() => this.#orphans.delete(key));
    }
  }

  #startDue(): void {
    if (this.#isPausing || !this.#mayAct()) return;
    this.#noteOrphans();
    this.#cancelDue?.();
    this.#cancelDue = undefined;
    const now = this.#options.now().getTime();
    for (const { entry, dueAt } of this.#waiting()) {
      if (dueAt > now) {
        this.#cancelDue = this.#options.later(dueAt - now, () => this.#startDue());
        return;
      }
      if (this.#running.size < RUNNING_MAX) this.#startOne(entry);
    }
  }

  #startOne(entry: Entry): void {
    const { tasks, log, now } = this.#options;
    const key = tasks.schema.dnKey(entry.dn);
    const kind = tasks.kindOf(entry);
    if (this.#running.has(key)) return;
    if (kind === undefined) return;
    if (kind.isOneAtATime && [...this.#running.values()].some((other) => other.kind === kind)) return;
    const run = tasks.unstored.runOf(entry) ?? kind.run;
    const task = new RunningTask(entry, kind, run, {
      write: (modify) => this.#write(entry, modify, false),
      begin: (modify) => this.#write(entry, modify, true),
      now,
      log,
    });
    this.#running.set(key, task);
    const ending = this.#run(task).finally(() => {
      this.#running.delete(key);
      this.#endings.delete(ending);
      this.#startDue();
    });
    this.#endings.add(ending);
  }

  /** Runs a task. Never rejects. */
  async #run(task: RunningTask): Promise<void> {
    const { log } = this.#options;
    const name = task.entry.dn.toString();
    log.info({ task: name, kind: task.kind.objectClass, by: task.by }, 'task starts');
    try {
      const state = await task.run();
      this.#failures = 0;
      log.info({ task: name, state }, 'task ended');
    } catch (error) {
      // It was cancelled or deleted just before it started, or another server has started it.
      if (error instanceof LdapError && error.code === ResultCode.noSuchObject) return;
      this.#pauseStarts(name, error);
    }
  }

  /** Pauses all starts: a disk that refuses one refuses the next. */
  #pauseStarts(task: string, error: unknown): void {
    if (this.#isStopping) return;
    this.#failures += 1;
    const pauseMs = pauseAfter(this.#failures, STORE_PAUSES);
    const text =
      'the start of a task could not be stored, so it does not run; it is tried again after a pause';
    this.#options.log.warn({ err: error, task, pauseMs }, text);
    if (this.#isPausing) return;
    this.#isPausing = true;
    this.#cancelDue?.();
    this.#cancelDue = this.#options.later(pauseMs, () => {
      this.#isPausing = false;
      this.#startDue();
    });
  }

  /**
   * Modifies a task. The changes are made again each time that another server was first, so what is looked at here is what the change
   * is stored on top of.
   * @param isStart true if the task must wait still, and this server must be the one that starts it
   */
  async #write(
    entry: Entry,
    modify: (entry: Entry) => readonly Modification[],
    isStart: boolean,
  ): Promise<void> {
    const { tasks, writePath } = this.#options;
    const key = tasks.schema.dnKey(entry.dn);
    const changes = (): readonly Change[] => {
      const staged = tasks.tree.findStaged(key);
      if (staged === undefined || !isUnfinished(staged) || (isStart && stateOf(staged) !== TaskState.waiting))
        throw new LdapError('noSuchObject', `${entry.dn}: the task has ended or is gone.`);
      if (isStart && !this.#mayAct())
        throw new LdapError('noSuchObject', `${entry.dn}: another server starts the task.`);
      return [{ type: 'modify', dn: entry.dn, modifications: modify(staged) }];
    };
    await writePath.submitAll([{ changes }], SERVER);
  }

  async #noteInterrupted(entry: Entry): Promise<void> {
    const at = this.#options.now();
    const count = entry.values('ds-task-log-message').length;
    const line = formatLogLine(
      at,
      count,
      'ERROR',
      this.#options.isLeader === undefined ? INTERRUPTED : ORPHANED,
    );
    const attributes = {
      'ds-task-state': TaskState.stoppedByShutdown,
      'ds-task-completion-time': formatTaskTime(at),
    };
    const modify = (staged: Entry): readonly Modification[] => {
      if (this.#options.isLeader !== undefined && !this.#mayAct()) return [];
      return [
        { operation: 'replace', attribute: withLogLines(staged, [line]) },
        ...Object.entries(attributes).map(
          ([name, value]): Modification => ({
            operation: 'replace',
            attribute: new Attribute(name, [value]),
          }),
        ),
      ];
    };
    await this.#write(entry, modify, false);
  }

  /** Removes expired tasks, once a minute; less often while the disk refuses it. */
  async #expire(): Promise<void> {
    if (this.#isExpiring || !this.#mayAct()) return;
    this.#isExpiring = true;
    this.#cancelExpiry();
    const isDone = await this.#removeExpired();
    this.#isExpiring = false;
    this.#expiryFailures = isDone ? 0 : this.#expiryFailures + 1;
    if (!this.#mayAct()) return;
    const pauseMs = isDone
      ? EXPIRY_PERIOD_MS
      : pauseAfter(this.#expiryFailures, { firstMs: EXPIRY_PERIOD_MS, longestMs: EXPIRY_PAUSE_MAX_MS });
    this.#cancelExpiry = this.#options.later(pauseMs, () => void this.#expire());
  }

  /** Removes expired tasks. Resolves to false at the first that cannot be removed. */
  async #removeExpired(): Promise<boolean> {
    const { tasks, writePath, retention, now, log } = this.#options;
    const before = now().getTime() - retention.ms;
    const isExpired = (entry: Entry) =>
      !isUnfinished(entry) && (taskTimeOf(entry, 'ds-task-completion-time')?.getTime() ?? 0) < before;
    for (const { dn } of [...tasks.tasks()].filter(isExpired)) {
      try {
        await writePath.submit({ type: 'delete', dn }, SERVER);
      } catch (error) {
        // A client may have deleted it.
        if (error instanceof LdapError && error.code === ResultCode.noSuchObject) continue;
        log.warn({ err: error, task: dn.toString() }, 'an expired task could not be removed');
        return false;
      }
    }
    return true;
  }
}
