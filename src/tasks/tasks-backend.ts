// cn=tasks. Adding an entry starts a task, its attributes report the progress, replacing ds-task-state cancels it, and
// deleting the entry is for ended tasks. Kinds of tasks: task-kind.ts.

import type { Requester } from '../backend/backend.ts';
import { BackendRights } from '../backend/backend-rights.ts';
import type { EntryViews } from '../backend/entry-views.ts';
import { TreeBackend } from '../backend/tree-backend.ts';
import { TreeSource } from '../backend/tree-source.ts';
import { type ChangeRules, TreeWriter } from '../configuration/write/tree-writer.ts';
import type { WritePath } from '../configuration/write/write-path.ts';
import { type Change, dnOfChange } from '../ldap/change.ts';
import type { Entry } from '../ldap/entry.ts';
import { LdapError } from '../ldap/ldap-error.ts';
import type { Schema } from '../schema/schema.ts';
import { SERVER_ATTRIBUTE, START_ATTRIBUTE } from './mail-server-change.ts';
import { JoinedFeed, JoinedTasks, JoinedWriter, type TaskPlace } from './shared-tasks.ts';
import { TASKS } from './task-branches.ts';
import type { TaskRunner } from './task-runner.ts';
import type { TaskStore } from './task-store.ts';
import type { TaskTree } from './task-tree.ts';

export interface TasksBackendOptions {
  readonly tasks: TaskTree;
  readonly views: EntryViews;
  readonly writePath: WritePath;
  readonly runner: Pick<TaskRunner, 'cancel'>;
  readonly store: Pick<TaskStore, 'rememberedCount'>;
}

/** cn=tasks of a server that shares tasks with others. */
export interface SharedTasksBackend {
  readonly backend: TreeBackend;
  /** Adds the shared tasks, once they are known. */
  add(shared: TasksBackendOptions): void;
}

const NOT_STORED_YET =
  'The disk takes no changes now: the task ends, but a server that starts before that is stored does not know it.';

/** Returns the backend of cn=tasks. */
export function tasksBackend(options: TasksBackendOptions): TreeBackend {
  const { tasks } = options;
  const { source, feed, writer } = placeOf(options);
  return new TreeBackend({ ...guardedBy(options), schema: tasks.schema, source: () => source, feed, writer });
}

/** Returns the backend of cn=tasks for the tasks of one server and those that several share. */
export function sharedTasksBackend(own: TasksBackendOptions, now: () => Date): SharedTasksBackend {
  let known: TaskPlace | undefined;
  const places = { own: placeOf(own), shared: () => known, now };
  const source = new JoinedTasks(places);
  const feed = new JoinedFeed(own.writePath.feed);
  const writer = new JoinedWriter(places);
  const { schema } = own.tasks;
  return {
    backend: new TreeBackend({ ...guardedBy(own), schema, source: () => source, feed, writer }),
    add(shared) {
      known = placeOf(shared);
      feed.add(known.feed);
    },
  };
}

function placeOf(options: TasksBackendOptions): TaskPlace {
  const { tasks, views, writePath } = options;
  const { schema, tree } = tasks;
  const source = new TreeSource(schema, tree);
  const rights = new BackendRights(guardedBy(options));
  const rules = new TaskRules(options);
  const writer = new TreeWriter({ schema, tree, views, source, rights, writePath, rules, target: tasks });
  return { tasks, source, feed: writePath.feed, writer };
}

function guardedBy({ views, tasks: { schema } }: TasksBackendOptions) {
  return {
    baseDn: TASKS,
    views,
    readPrivilege: 'config-read',
    writePrivileges: ['config-read', 'config-write'],
    isOwn: (entry: Entry, requester: Requester) => isOwn(entry, requester, schema),
  };
}

/** Returns true if the requester has added the task. */
function isOwn(entry: Entry, { dn }: Requester, schema: Schema): boolean {
  const creator = dn === '' ? undefined : entry.first('creatorsname');
  return creator !== undefined && schema.dnKeyOfText(creator) === schema.dnKeyOfText(dn);
}

class TaskRules implements ChangeRules {
  readonly #options: TasksBackendOptions;

  constructor(options: TasksBackendOptions) {
    this.#options = options;
  }

  ready(change: Change, requester: Requester): Change | Promise<Change> {
    if (change.type !== 'add') return change;
    this.require(change, requester);
    const { tasks } = this.#options;
    return tasks.unstored.take(change, tasks.kindOf(change.entry), requester);
  }

  require(change: Change, requester: Requester): void {
    if (change.type !== 'add') return;
    const kind = this.#options.tasks.kindOf(change.entry);
    const missing = kind?.privileges.filter((one) => !requester.privileges.has(one)) ?? [];
    if (missing.length > 0 && !this.permits(change, requester, undefined)) {
      throw new LdapError(
        'insufficientAccessRights',
        `${change.entry.dn}: such a task needs the privilege ${missing.join(' and ')}.`,
      );
    }
  }

  /** Policies allow to verify a mail server at once, or to send by it, and to end and delete such tasks of one's own. */
  permits(change: Change, requester: Requester, entry: Entry | undefined): boolean {
    const { tasks, views } = this.#options;
    const { schema } = tasks;
    const access = views.accessOf(requester);
    if (access === undefined) return false;
    if (change.type !== 'add') return entry !== undefined && isOwn(entry, requester, schema);
    const valuesOf = (key: string) =>
      change.entry.attributes
        .filter(({ description }) => schema.describe(description)?.key === key)
        .flatMap(({ values }) => values);
    const permission = tasks.kindOf(change.entry)?.permission;
    const [server, ...others] = valuesOf(SERVER_ATTRIBUTE);
    if (permission === undefined || server === undefined || others.length > 0) return false;
    if (valuesOf(START_ATTRIBUTE).some((time) => time !== '0')) return false;
    return access.decideAt(permission, views.policies.names.keyOf(server) ?? '').isAllowed;
  }

  /** Allows one modification: cancelling a task. */
  made(change: Change): readonly string[] {
    if (change.type !== 'modify') return [];
    const { runner, tasks, store } = this.#options;
    runner.cancel(tasks.schema.dnKey(dnOfChange(change)));
    return store.rememberedCount === 0 ? [] : [NOT_STORED_YET];
  }
}
