// One task from start to end, and the notes in its entry: notes of the same moment are written together, and none is written
// while the disk is still busy with those before.

import { messageOf } from '../files/file-error.ts';
import type { Log } from '../files/log.ts';
import { Stopped } from '../files/program-error.ts';
import type { Modification } from '../ldap/change.ts';
import { Attribute, type Entry } from '../ldap/entry.ts';
import type { TaskContext, TaskKind, TaskRun, TaskSeverity } from './task-kind.ts';
import { formatLogLine, formatTaskTime, TaskState, withLogLines } from './task-state.ts';

/** Time for a task to end when requested, in ms. */
const STOP_PATIENCE_MS = 1000;

export interface TaskEntryWriter {
  /** Modifies the entry for all readers. Rejects if it cannot be stored. */
  write(modify: (entry: Entry) => readonly Modification[]): Promise<void>;
  /** Modifies the entry as `write` does, if the task may be started here. */
  begin(modify: (entry: Entry) => readonly Modification[]): Promise<void>;
  readonly now: () => Date;
  readonly log: Pick<Log, 'warn'>;
}

export class RunningTask implements TaskContext {
  readonly entry: Entry;
  readonly kind: TaskKind;
  readonly #run: TaskRun;
  readonly #writer: TaskEntryWriter;
  readonly #abort = new AbortController();
  #stopState: TaskState | undefined;
  #hasEnded = false;
  #lines: string[] = [];
  #lineCount = 0;
  #attributes = new Map<string, Attribute>();
  #writing: Promise<void> | undefined;

  constructor(entry: Entry, kind: TaskKind, run: TaskRun, writer: TaskEntryWriter) {
    this.entry = entry;
    this.kind = kind;
    this.#run = run;
    this.#writer = writer;
    this.#lineCount = entry.values('ds-task-log-message').length;
  }

  get by(): string {
    return this.entry.first('creatorsname') ?? '';
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  log(severity: TaskSeverity, message: string): void {
    if (this.#hasEnded) return;
    this.#lines.push(formatLogLine(this.#writer.now(), this.#lineCount, severity, message));
    this.#lineCount += 1;
    this.#writeSoon();
  }

  show(attributes: Readonly<Record<string, readonly string[]>>): void {
    if (this.#hasEnded) return;
    for (const [name, values] of Object.entries(attributes))
      this.#attributes.set(name.toLowerCase(), new Attribute(name, values));
    this.#writeSoon();
  }

  /** Requests the end of the task; its state will be this one, unless it was already done. */
  stop(state: TaskState): void {
    this.#stopState ??= state;
    this.#abort.abort(new Stopped(STOP_REASONS[state] ?? 'The task was stopped.'));
  }

  /**
   * Stores that the task runs, then runs it. Resolves to the final state once it is noted in the entry. Rejects if the start
   * could not be stored: nothing was done then.
   */
  async run(): Promise<TaskState> {
    const { now } = this.#writer;
    const started = `The task ${this.entry.dn.name} started.`;
    const line = formatLogLine(now(), this.#lineCount, 'INFORMATION', started);
    await this.#writer.begin((entry) => [
      replaceBy(new Attribute('ds-task-state', [TaskState.running])),
      replaceBy(new Attribute('ds-task-actual-start-time', [formatTaskTime(now())])),
      replaceBy(withLogLines(entry, [line])),
    ]);
    this.#lineCount += 1;
    const state = await this.#work();
    this.log(SEVERITIES[state] ?? 'INFORMATION', `The task ${this.entry.dn.name} ended: ${state}.`);
    this.show({ 'ds-task-state': [state], 'ds-task-completion-time': [formatTaskTime(now())] });
    this.#hasEnded = true;
    while (this.#writing !== undefined) await this.#writing;
    return state;
  }

  async #work(): Promise<TaskState> {
    try {
      // It may have been cancelled while its start was being stored.
      this.signal.throwIfAborted();
      const outcome = await Promise.race([this.#run(this), this.#patienceAfterStop()]);
      return outcome === 'successfully' ? TaskState.completed : TaskState.completedWithErrors;
    } catch (error) {
      this.log('ERROR', messageOf(error));
      return this.#stopState ?? TaskState.stoppedByError;
    }
  }

  /** Rejects some time after the end was requested: a task that does not react is not awaited. */
  #patienceAfterStop(): Promise<never> {
    const { signal } = this.#abort;
    return new Promise((_, reject) => {
      signal.addEventListener('abort', () =>
        setTimeout(() => {
          this.log('WARNING', 'The task did not end by itself; what it had begun may still be done.');
          reject(signal.reason);
        }, STOP_PATIENCE_MS).unref(),
      );
    });
  }

  #writeSoon(): void {
    this.#writing ??= this.#writeAll().finally(() => {
      this.#writing = undefined;
    });
  }

  async #writeAll(): Promise<void> {
    // Notes of one turn are one change.
    await Promise.resolve();
    while (this.#lines.length > 0 || this.#attributes.size > 0) {
      const lines = this.#lines;
      const attributes = [...this.#attributes.values()];
      this.#lines = [];
      this.#attributes = new Map();
      try {
        await this.#writer.write((entry) => {
          const log = lines.length === 0 ? [] : [withLogLines(entry, lines)];
          return [...attributes, ...log].map(replaceBy);
        });
      } catch (error) {
        this.#writer.log.warn(
          { err: error, task: this.entry.dn.toString() },
          'what a task has to tell could not be stored',
        );
      }
    }
  }
}

function replaceBy(attribute: Attribute): Modification {
  return { operation: 'replace', attribute };
}

const STOP_REASONS: Readonly<Partial<Record<TaskState, string>>> = {
  [TaskState.stoppedByAdministrator]: 'An administrator canceled the task.',
  [TaskState.stoppedByShutdown]: 'The server is stopping.',
};

const SEVERITIES: Readonly<Partial<Record<TaskState, TaskSeverity>>> = {
  [TaskState.completedWithErrors]: 'WARNING',
  [TaskState.stoppedByError]: 'ERROR',
  [TaskState.stoppedByAdministrator]: 'WARNING',
  [TaskState.stoppedByShutdown]: 'WARNING',
};
