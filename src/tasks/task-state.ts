// The states of a task and their attributes, as in OpenDJ and PingDS.

import { Attribute, type Entry } from '../ldap/entry.ts';
import { normalizeGeneralizedTime } from '../schema/generalized-time.ts';
import type { TaskSeverity } from './task-kind.ts';

export const TaskState = {
  waiting: 'WAITING_ON_START_TIME',
  running: 'RUNNING',
  completed: 'COMPLETED_SUCCESSFULLY',
  completedWithErrors: 'COMPLETED_WITH_ERRORS',
  stoppedByError: 'STOPPED_BY_ERROR',
  stoppedByAdministrator: 'STOPPED_BY_ADMINISTRATOR',
  stoppedByShutdown: 'STOPPED_BY_SHUTDOWN',
  canceledBeforeStarting: 'CANCELED_BEFORE_STARTING',
} as const;

export type TaskState = (typeof TaskState)[keyof typeof TaskState];

/** States that a client may set, in any case: all request the end of the task. */
export const CANCELING_STATES: ReadonlySet<string> = new Set([
  TaskState.stoppedByAdministrator,
  TaskState.canceledBeforeStarting,
]);

/** Maximum number of lines in an entry; the oldest are dropped. */
const LOG_LINES_MAX = 200;
const LOG_CHARACTERS_MAX = 2000;

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** Returns the state of a task; empty if it has none. */
export function stateOf(entry: Entry): string {
  return entry.first('ds-task-state') ?? '';
}

/** Returns true if a task waits or runs. */
export function isUnfinished(entry: Entry): boolean {
  const state = stateOf(entry);
  return state === TaskState.waiting || state === TaskState.running;
}

/** Formats a time as PingDS does for tasks: `20261122114205Z`. */
export function formatTaskTime(at: Date): string {
  return `${at.toISOString().slice(0, 19).replace(/[-:T]/g, '')}Z`;
}

/** Returns the time in an attribute; undefined without one. `0` is PingDS's form of "at once". */
export function taskTimeOf(entry: Entry, key: string): Date | undefined {
  const text = entry.first(key);
  const utc = text === undefined ? undefined : normalizeGeneralizedTime(text);
  if (utc === undefined) return undefined;
  const [, year, month, day, hour, minute, second] = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)/.exec(utc) ?? [];
  return new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
}

/** Formats a log line: `[22/Nov/2026:11:42:05 +0000] severity="INFORMATION" msgCount=0 message="…"`. */
export function formatLogLine(at: Date, count: number, severity: TaskSeverity, message: string): string {
  const [year, month, day] = at.toISOString().slice(0, 10).split('-');
  const time = at.toISOString().slice(11, 19);
  const shown = message.length > LOG_CHARACTERS_MAX ? `${message.slice(0, LOG_CHARACTERS_MAX)}…` : message;
  return `[${day}/${MONTHS[Number(month) - 1]}/${year}:${time} +0000] severity="${severity}" msgCount=${count} message="${shown.replaceAll('"', "'")}"`;
}

/** Returns the log of an entry with further lines; `first` numbers the lines from the start of the task. */
export function withLogLines(entry: Entry, lines: readonly string[]): Attribute {
  const all = [...entry.values('ds-task-log-message'), ...lines];
  return new Attribute('ds-task-log-message', all.slice(-LOG_LINES_MAX));
}
