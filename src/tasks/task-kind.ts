// The contract between cn=tasks and what can be done there. A kind of task is a value; src/bin/open-tasks.ts lists
// them all.
//
// To add one: define its object class (below ds-task) and its attributes in schema/07-tasks.ldif, write a TaskKind
// where the work is done or in backend/, and put it into the list. Clients then add entries of that class below
// cn=Scheduled Tasks,cn=tasks; states, times, cancelling, restarts and expiry are the same for all kinds.

import type { Requester } from '../backend/backend.ts';
import type { Privilege } from '../config/objects/root-dn-user.ts';
import type { Entry } from '../ldap/entry.ts';
import type { Issue } from '../ldap/issue.ts';

export type TaskSeverity = 'INFORMATION' | 'WARNING' | 'ERROR';

/** What a task that runs is given. */
export interface TaskContext {
  /** The entry as it was added, completed: the attributes of the class say what is asked for. */
  readonly entry: Entry;
  /** The DN of who added the task. */
  readonly by: string;
  /** Aborted when an administrator cancels the task or the server stops: end soon, by throwing or returning. */
  readonly signal: AbortSignal;
  /** Adds a line to ds-task-log-message, shortly: one sentence, never a secret. */
  log(severity: TaskSeverity, message: string): void;
  /** Gives attributes of the entry these values, shortly; none removes the attribute. */
  show(attributes: Readonly<Record<string, readonly string[]>>): void;
}

/** How a task ended that did not throw: `withErrors` when it did what it could and that was not all. */
export type TaskOutcome = 'successfully' | 'withErrors';

/** Does what a task asks for. Whatever it throws becomes the last log message, and the task is stopped by error. */
export type TaskRun = (task: TaskContext) => Promise<TaskOutcome>;

/** An attribute with what may not be stored, such as passwords: stars take its place before the entry goes anywhere. */
export interface Unstored {
  /** The key of the attribute, which has one value. */
  readonly attribute: string;
  /**
   * Makes of the value what carries this one task out, instead of `run`; it is kept in memory until the task has ended.
   * Throws LdapError for what is wrong with the value.
   */
  prepare(entry: Entry, value: string, requester: Requester): Promise<TaskRun>;
}

export interface TaskKind {
  /** The structural class of the entries. */
  readonly objectClass: string;
  /** What ds-task-class-name may say, PingDS's Java class for example; an entry without one is given the first. */
  readonly classNames: readonly [string, ...string[]];
  /** Needed to add such a task, besides those of cn=tasks. */
  readonly privileges: readonly Privilege[];
  /** Whether one such task waits until the one before it has ended. */
  readonly isOneAtATime: boolean;
  /** What is wrong with what a new entry asks for, as far as that can be told at once; the schema is checked already. */
  check(entry: Entry): readonly Issue[];
  readonly unstored?: Unstored;
  readonly run: TaskRun;
}
