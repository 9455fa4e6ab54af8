// cn=tasks. Adding an entry starts a task, its attributes report the progress, replacing ds-task-state cancels it, and
// deleting the entry is for ended tasks. Kinds of tasks: task-kind.ts.

import type { Requester } from '../backend/backend.ts';
import type { EntryViews } from '../backend/entry-views.ts';
import { TreeBackend } from '../backend/tree-backend.ts';
import { TreeSource } from '../backend/tree-source.ts';
import { type ChangeRules, TreeWriter } from '../configuration/write/tree-writer.ts';
import type { WritePath } from '../configuration/write/write-path.ts';
import { type Change, dnOfChange } from '../ldap/change.ts';
import { LdapError } from '../ldap/ldap-error.ts';
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

const NOT_STORED_YET =
  'The disk takes no changes now: the task ends, but a server that starts before that is stored does not know it.';

/** Returns the backend of cn=tasks. */
export function tasksBackend(options: TasksBackendOptions): TreeBackend {
  const { tasks, views, writePath } = options;
  const { schema, tree } = tasks;
  const source = new TreeSource(schema, tree);
  const rules = new TaskRules(options);
  return new TreeBackend({
    baseDn: TASKS,
    readPrivilege: 'config-read',
    writePrivileges: ['config-read', 'config-write'],
    schema,
    views,
    source: () => source,
    feed: writePath.feed,
    writer: new TreeWriter({ schema, tree, views, source, writePath, rules }),
  });
}

class TaskRules implements ChangeRules {
  readonly #options: TasksBackendOptions;

  constructor(options: TasksBackendOptions) {
    this.#options = options;
  }

  ready(change: Change, requester: Requester): Change | Promise<Change> {
    if (change.type !== 'add') return change;
    const { tasks } = this.#options;
    const kind = tasks.kindOf(change.entry);
    const missing = kind?.privileges.filter((one) => !requester.privileges.has(one)) ?? [];
    if (missing.length > 0) {
      throw new LdapError(
        'insufficientAccessRights',
        `${change.entry.dn}: such a task needs the privilege ${missing.join(' and ')}.`,
      );
    }
    return tasks.unstored.take(change, kind, requester);
  }

  /** Allows one modification: cancelling a task. */
  made(change: Change): readonly string[] {
    if (change.type !== 'modify') return [];
    const { runner, tasks, store } = this.#options;
    runner.cancel(tasks.schema.dnKey(dnOfChange(change)));
    return store.rememberedCount === 0 ? [] : [NOT_STORED_YET];
  }
}
