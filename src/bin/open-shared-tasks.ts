// Tasks that the servers of a cluster share: their log in etcd, who leads, and what runs here. Loaded only in a cluster.

import { randomUUID } from 'node:crypto';
import type { EntryViews } from '../backend/entry-views.ts';
import { LogError } from '../cluster/cluster-log.ts';
import { DEFAULT_PREFIX, openLog } from '../cluster/cluster-settings.ts';
import type { ClusterStore } from '../cluster/cluster-store.ts';
import { Leadership } from '../cluster/leadership.ts';
import type { OpenCluster } from '../cluster/open-cluster.ts';
import { SharedStores } from '../cluster/open-shared-store.ts';
import { UnkeptStore } from '../cluster/unkept-store.ts';
import { WritePath } from '../configuration/write/write-path.ts';
import { derivedId } from '../directory/stamp.ts';
import { messageOf } from '../files/file-error.ts';
import type { Log } from '../files/log.ts';
import { valuesOf } from '../instance/keys/stored-secrets.ts';
import type { OpenConfiguration } from '../instance/open-configuration.ts';
import type { Component } from '../runtime/component.ts';
import { Runtime } from '../runtime/runtime.ts';
import type { Schema } from '../schema/schema.ts';
import { RenamedMailServers } from '../tasks/renamed-mail-servers.ts';
import type { TaskKind } from '../tasks/task-kind.ts';
import type { TaskRetention } from '../tasks/task-retention.ts';
import { TaskRunner, type TaskRunnerOptions } from '../tasks/task-runner.ts';
import { TaskTree } from '../tasks/task-tree.ts';
import type { SharedTasksBackend } from '../tasks/tasks-backend.ts';

/** Parts of a server that make tasks shared. */
export interface Sharing {
  readonly cluster: Pick<OpenCluster, 'session'>;
  readonly configured: Pick<OpenConfiguration, 'environment' | 'files' | 'master'>;
  /** Id of the history of the cluster. */
  readonly historyId: string;
}

export interface SharedTasksOptions extends Sharing, Pick<TaskRunnerOptions, 'now' | 'later'> {
  readonly log: Log;
  readonly schema: Schema;
  readonly views: EntryViews;
  readonly kinds: readonly TaskKind[];
  readonly retention: TaskRetention;
  readonly joined: Pick<SharedTasksBackend, 'add'>;
}

export interface SharedTasks {
  readonly components: readonly Component[];
  /** Begins to run shared tasks, as soon as they are known. */
  start(): void;
  close(): Promise<void>;
}

const WORK = 'tasks';
const PREFIX = 'CONFDIT_ETCD_PREFIX';
/** Pause before etcd is asked again, in milliseconds. */
const PAUSE_MS = 1000;

/** Shared tasks once they are known. */
interface Known {
  readonly store: ClusterStore;
  readonly writePath: WritePath;
  readonly runner: TaskRunner;
  readonly renamed: RenamedMailServers;
}

/** Opens the shared tasks. They are added to cn=tasks when etcd has told of them; the server need not wait for that. */
export function openSharedTasks(options: SharedTasksOptions): SharedTasks {
  return new OpenedTasks(options);
}

class OpenedTasks implements SharedTasks {
  readonly components: readonly Component[];
  readonly #options: SharedTasksOptions;
  readonly #stores: SharedStores;
  readonly #log: ReturnType<typeof openLog>;
  readonly #begun = Promise.withResolvers<void>();
  #leadership: Leadership | undefined;
  #known: Known | undefined;
  #isClosed = false;
  #cancelPause: () => void = () => {};
  #beginning: Promise<void>;

  constructor(options: SharedTasksOptions) {
    this.#options = options;
    const { configured, historyId, schema, log, now } = options;
    const { environment, files, master } = configured;
    const prefix = `${(environment[PREFIX] || DEFAULT_PREFIX).replace(/\/+$/, '')}/${WORK}`;
    this.#log = openLog({ ...environment, [PREFIX]: prefix }, { files, now: () => now().getTime() });
    const warn = (message: string) => log.warn({}, `Tasks that the servers share: ${message}`);
    this.#stores = new SharedStores({
      log: this.#log,
      historyId: derivedId(historyId, WORK),
      master,
      valuesOf: (keys) => valuesOf(keys, schema),
      reports: {
        stopped: warn,
        notFollowed: warn,
        copyFailed: warn,
        notShared: warn,
        full: warn,
        notInForce: () => {},
      },
    });
    this.components = [this.#renamed()];
    this.#beginning = this.#begin();
  }

  start(): void {
    this.#begun.resolve();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#cancelPause();
    this.#begun.resolve();
    await this.#beginning;
    await this.#leadership?.close();
    await this.#known?.runner.stop();
    await this.#known?.writePath.close();
    await this.#known?.store.close();
    await this.#log.close();
  }

  /** Tries until etcd has answered. Never rejects. */
  async #begin(): Promise<void> {
    let told = '';
    while (!this.#isClosed) {
      try {
        this.#known ??= await this.#open();
        break;
      } catch (error) {
        const message = messageOf(error);
        if (told !== message)
          this.#options.log.warn({ err: error }, 'tasks that the servers share are not known yet');
        told = message;
        if (!(error instanceof LogError)) return;
        const { promise, resolve } = Promise.withResolvers<void>();
        const cancel = this.#options.later(PAUSE_MS, resolve);
        this.#cancelPause = () => {
          cancel();
          resolve();
        };
        await promise;
      }
    }
    await this.#begun.promise;
    if (this.#isClosed || this.#known === undefined) return;
    const { runner } = this.#known;
    runner.listen();
    this.#leadership = new Leadership({
      session: this.#options.cluster.session,
      work: WORK,
      changed: (isLeader) => this.#lead(runner, isLeader),
    });
  }

  #lead(runner: TaskRunner, isLeader: boolean): void {
    const { log } = this.#options;
    if (isLeader) void runner.takeOver();
    else runner.rest();
    const told = isLeader
      ? 'this server runs the tasks that the servers share'
      : 'another server may run the tasks that the servers share; this one runs them no longer';
    log.info({}, told);
  }

  async #open(): Promise<Known> {
    const { schema, kinds, now, later, log, retention, joined, views } = this.#options;
    const { entries, number } = await this.#stores.begin();
    const tasks = new TaskTree({ schema, kinds });
    tasks.load(entries, [], { at: now(), by: 'cn=tasks', id: randomUUID() });
    const store = this.#stores.open(new UnkeptStore(number));
    const runtime = new Runtime([]);
    const writePath = new WritePath({ target: tasks, runtime, store, foreign: store, now, log, batchMax: 1 });
    await store.catchUp(() => writePath.follow());
    store.follow(() => writePath.follow());
    const isLeader = () => this.#leadership?.isLeader === true;
    const runner = new TaskRunner({ tasks, writePath, retention, now, later, log, isLeader });
    const renamed = new RenamedMailServers({ tasks, writePath, log, isLeader });
    joined.add({ tasks, views, writePath, runner, store: { rememberedCount: 0 } });
    return { store, writePath, runner, renamed };
  }

  #renamed(): Component {
    return {
      kind: 'mail-server',
      renamed: () => undefined,
      describe: () => [],
      prepare: (difference) => this.#known?.renamed.prepare(difference),
    };
  }
}
