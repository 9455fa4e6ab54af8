// The contract between cn=tasks and what can be done there. A kind of task is a value; src/bin/open-tasks.ts lists
// them all.
//
// To add one: define its object class (below ds-task) and its attributes in schema/07-tasks.ldif, write a TaskKind
// where the work is done or in backend/, and put it into the list. Clients then add entries of that class below
// cn=Scheduled Tasks,cn=tasks; states, times, cancelling, restarts and expiry are the same for all kinds.

import type { Requester } from '../backend/backend.ts';
import type { Permission } from '../config/objects/global-access-control-policy.ts';
import type { Privilege } from '../config/objects/root-dn-user.ts';
import type { Entry } from '../ldap/entry.ts';
import type { Issue } from '../ldap/issue.ts';

export type TaskSeverity = 'INFORMATION' | 'WARNING' | 'ERROR';

/** Context of a running task. */
export interface TaskContext {
  /** The entry as it was added, completed: the attributes of its class are the request. */
  readonly entry: Entry;
  /** DN of the requester. */
  readonly by: string;
  /** Aborted when an administrator cancels the task or the server stops: end soon, by throwing or returning. */
  readonly signal: AbortSignal;
  /** Adds a line to ds-task-log-message soon: one sentence, never a secret. */
  log(severity: TaskSeverity, message: string): void;
  /** Sets attributes of the entry soon; no values removes the attribute. */
  show(attributes: Readonly<Record<string, readonly string[]>>): void;
}

/** How a task ended that did not throw: `withErrors` if some of its work failed. */
export type TaskOutcome = 'successfully' | 'withErrors';

/** Does the work. An error becomes the last log message, and the state STOPPED_BY_ERROR. */
export type TaskRun = (task: TaskContext) => Promise<TaskOutcome>;

/** An attribute that must not be stored, such as one with passwords: it is masked before the entry goes anywhere. */
export interface Unstored {
  /** Key of the attribute, which has one value. */
  readonly attribute: string;
  /**
   * Makes from the value the function that runs this task instead of `run`; it is kept in memory until the task has ended.
   * Throws LdapError if the value is wrong.
   */
  prepare(entry: Entry, value: string, requester: Requester): Promise<TaskRun>;
}

export interface TaskKind {
  /** The structural class of the entries. */
  readonly objectClass: string;
  /** Allowed values of ds-task-class-name, such as PingDS's Java class; the first is the default. */
  readonly classNames: readonly [string, ...string[]];
  /** Privileges for adding such a task, besides those of cn=tasks. */
  readonly privileges: readonly Privilege[];
  /** Permission by which policies allow it in place of the privileges, for the mail server that the task names. */
  readonly permission?: Extract<Permission, 'verify' | 'send'>;
  /** If true, such a task waits until the one before it has ended. */
  readonly isOneAtATime: boolean;
  /** If true, the task is about the server that takes it, and no other server of a cluster can do it instead. */
  readonly isOfServer?: boolean;
  /** Returns the problems of a new entry, as far as they are known at once. The schema is already checked. */
  check(entry: Entry): readonly Issue[];
  readonly unstored?: Unstored;
  readonly run: TaskRun;
}
