// cn=tasks with the kinds of tasks this server has, and the folder where tasks outlive a restart.

import { randomUUID } from 'node:crypto';
import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import type { Backend } from '../backend/backend.ts';
import type { EntryViews } from '../backend/entry-views.ts';
import { WritePath } from '../configuration/write/write-path.ts';
import type { Log } from '../files/log.ts';
import type { OpenConfiguration } from '../instance/open-configuration.ts';
import type { Monitor } from '../monitor/monitor.ts';
import { taskMonitor } from '../monitor/task-monitor.ts';
import type { Component } from '../runtime/component.ts';
import { Runtime } from '../runtime/runtime.ts';
import type { Schema } from '../schema/schema.ts';
import type { StoredValues } from '../store/encryption/stored-values.ts';
import { type LdifStoreOptions, openLdifStore } from '../store/ldif-store.ts';
import type { Store } from '../store/store.ts';
import { RenamedMailServers } from '../tasks/renamed-mail-servers.ts';
import type { TaskKind } from '../tasks/task-kind.ts';
import { TaskRetention } from '../tasks/task-retention.ts';
import { TaskRunner, type TaskRunnerOptions } from '../tasks/task-runner.ts';
import { TaskStore } from '../tasks/task-store.ts';
import { TaskTree } from '../tasks/task-tree.ts';
import { sharedTasksBackend, type TasksBackendOptions, tasksBackend } from '../tasks/tasks-backend.ts';
import type { Sharing } from './open-shared-tasks.ts';

export interface TasksOptions extends Pick<TaskRunnerOptions, 'now' | 'later'> {
  readonly log: Log;
  readonly instanceFolder: string;
  readonly schema: Schema;
  readonly values: StoredValues;
  readonly monitor: Monitor;
  readonly views: EntryViews;
  readonly kinds: readonly TaskKind[];
  /** Makes tasks shared, in a cluster. */
  readonly sharing?: Sharing | undefined;
}

export interface OpenTasks {
  readonly backend: Backend;
  readonly runner: TaskRunner;
  readonly components: readonly Component[];
  /** Begins to run tasks. */
  start(): Promise<void>;
  /** Ends the tasks that run, and notes it. */
  close(): Promise<void>;
}

const FOLDER = 'tasks';

/** Opens cn=tasks and its store, and takes up the tasks that a restart interrupted. */
export async function openTasks(options: TasksOptions): Promise<OpenTasks> {
  const { views, now, later, log, monitor } = options;
  const retention = new TaskRetention();
  const loaded = await loadTasks(options);
  const { tasks } = loaded;
  const reopen = async () => (await openLdifStore(storeOptions(options))).store;
  const store = new TaskStore({ store: loaded.store, reopen, later, log });
  const runtime = new Runtime([]);
  const writePath = new WritePath({ target: tasks, runtime, store, now, log, batchMax: 1 });
  // What was in the journal is in the snapshot now: the folder stays small.
  await writePath.snapshot().catch((error: unknown) => {
    log.warn({ err: error }, 'the tasks could not be written anew; their journal goes on growing');
  });
  const runner = new TaskRunner({ tasks, writePath, retention, now, later, log });
  monitor.add(taskMonitor(runner));
  const own = { tasks, views, writePath, runner, store };
  const shared = await share(options, own, retention);
  const close = async () => {
    await shared?.tasks.close();
    await runner.stop();
    await writePath.close();
    await store.close();
  };
  const renamed = new RenamedMailServers({ tasks, writePath, log });
  const start = async () => {
    await runner.start();
    shared?.tasks.start();
  };
  const components = [retention, renamed, ...(shared?.tasks.components ?? [])];
  return { backend: shared?.backend ?? tasksBackend(own), runner, components, start, close };
}

/** Returns what makes tasks of a server shared; undefined if it belongs to no cluster. */
export function sharingOf(
  server: Sharing['configured'] &
    Pick<OpenConfiguration, 'membership'> & { readonly cluster: Sharing['cluster'] | undefined },
): Sharing | undefined {
  const { cluster, membership } = server;
  if (cluster === undefined || membership === undefined) return undefined;
  return { cluster, configured: server, historyId: membership.historyId };
}

/** Adds the tasks that the servers of a cluster share; undefined without a cluster. */
async function share(options: TasksOptions, own: TasksBackendOptions, retention: TaskRetention) {
  const { sharing, now } = options;
  if (sharing === undefined) return undefined;
  const joined = sharedTasksBackend(own, now);
  const { openSharedTasks } = await import('./open-shared-tasks.ts');
  return { backend: joined.backend, tasks: openSharedTasks({ ...options, ...sharing, retention, joined }) };
}

/** Tasks of the past are no reason not to start: a folder that cannot be read is put aside. */
async function loadTasks(options: TasksOptions): Promise<{ tasks: TaskTree; store: Store }> {
  const { folder } = storeOptions(options);
  try {
    return await loadFrom(options);
  } catch (error) {
    const aside = `${folder}.unreadable-${options.now().getTime()}`;
    options.log.warn({ err: error, folder: aside }, 'the earlier tasks cannot be read and are put aside');
    await rename(folder, aside);
    return loadFrom(options);
  }
}

function storeOptions({ instanceFolder, now, log, values }: TasksOptions): LdifStoreOptions {
  const storeLog = {
    warn: (message: string) => log.warn({}, message),
    error: (message: string) => log.error({}, message),
  };
  return { folder: join(instanceFolder, FOLDER), log: storeLog, now, values };
}

async function loadFrom(options: TasksOptions): Promise<{ tasks: TaskTree; store: Store }> {
  const { schema, kinds, now, log } = options;
  const opened = await openLdifStore(storeOptions(options));
  const { store, entries, commits, warnings } = opened;
  try {
    for (const warning of warnings) log.warn({}, warning);
    const tasks = new TaskTree({ schema, kinds });
    tasks.load(entries, commits, { at: now(), by: 'cn=tasks', id: randomUUID() });
    return { tasks, store };
  } catch (error) {
    await store.close();
    throw error;
  }
}
