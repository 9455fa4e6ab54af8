// The states of a task and how its entry tells of them, as in OpenDJ and PingDS.

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

/** What a client may set the state to, in any case: all mean that the task shall end. */
export const CANCELING_STATES: ReadonlySet<string> = new Set([
  TaskState.stoppedByAdministrator,
  TaskState.canceledBeforeStarting,
]);

/** Lines that an entry keeps; of more, the first ones give way. */
const LOG_LINES_MAX = 200;
const LOG_CHARACTERS_MAX = 2000;

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

export function stateOf(entry: Entry): string {
  return entry.first('ds-task-state') ?? '';
}

export function isUnfinished(entry: Entry): boolean {
  const state = stateOf(entry);
  return state === TaskState.waiting || state === TaskState.running;
}

/** `20261122114205Z`, as PingDS writes the times of tasks. */
export function formatTaskTime(at: Date): string {
  return `${at.toISOString().slice(0, 19).replace(/[-:T]/g, '')}Z`;
}

/** The time of an attribute; undefined without one. `0` is PingDS's way to say "at once". */
export function taskTimeOf(entry: Entry, key: string): Date | undefined {
  const text = entry.first(key);
  const utc = text === undefined ? undefined : normalizeGeneralizedTime(text);
  if (utc === undefined) return undefined;
  const [, year, month, day, hour, minute, second] = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)/.exec(utc) ?? [];
  return new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
}

/** `[22/Nov/2026:11:42:05 +0000] severity="INFORMATION" msgCount=0 message="…"`. */
export function formatLogLine(at: Date, count: number, severity: TaskSeverity, message: string): string {
  const [year, month, day] = at.toISOString().slice(0, 10).split('-');
  const time = at.toISOString().slice(11, 19);
  const shown = message.length > LOG_CHARACTERS_MAX ? `${message.slice(0, LOG_CHARACTERS_MAX)}…` : message;
  return `[${day}/${MONTHS[Number(month) - 1]}/${year}:${time} +0000] severity="${severity}" msgCount=${count} message="${shown.replaceAll('"', "'")}"`;
}

/** The log of an entry with further lines; `first` counts the lines from the beginning of the task. */
export function withLogLines(entry: Entry, lines: readonly string[]): Attribute {
  const all = [...entry.values('ds-task-log-message'), ...lines];
  return new Attribute('ds-task-log-message', all.slice(-LOG_LINES_MAX));
}
