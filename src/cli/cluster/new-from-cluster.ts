// New instances from what etcd has of a cluster: another server of it, or an instance of its own on one machine.

import { access, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { ClusterKeys } from '../../cluster/cluster-keys.ts';
import type { ClusterLog, LogSnapshot } from '../../cluster/cluster-log.ts';
import { LogRecords } from '../../cluster/log-records.ts';
import { readLogSnapshot } from '../../cluster/snapshot-text.ts';
import { nodeFileSystem } from '../../files/file-system.ts';
import { writeMembership } from '../../instance/cluster/membership.ts';
import { environmentWith } from '../../instance/environment-file.ts';
import { openInstance } from '../../instance/instance.ts';
import type { InstanceChoice } from '../../instance/instance-choice.ts';
import { giveMasterKey, masterKeyPath, readMasterKey } from '../../instance/keys/instance-keys.ts';
import { openValues, valuesOf } from '../../instance/keys/stored-secrets.ts';
import { schemaOf } from '../../instance/offline-instance.ts';
import { openConfiguration } from '../../instance/open-configuration.ts';
import type { MasterKey } from '../../store/encryption/data-keys.ts';
import type { EncryptedValues } from '../../store/encryption/stored-values.ts';
import { openLdifStore } from '../../store/ldif-store.ts';
import { KEEP_ALL } from '../../store/retention.ts';
import { SNAPSHOT_NAME, writeSnapshot } from '../../store/snapshot.ts';
import { CommandError, type Invocation, type World } from '../command.ts';
import { asCommandError } from '../command-errors.ts';
import { ExitCode } from '../exit-code.ts';
import { type Environment, usingLog } from './cluster-access.ts';

/** Records that are read at once. */
const READ_MAX = 256;

/** Makes a new instance from a cluster, which is another server of it. */
export async function joinCluster(
  choice: InstanceChoice,
  invocation: Invocation,
  world: World,
): Promise<string> {
  const given = invocation.value('master-key');
  const { environment, key } = await beginNew(choice, given, world);
  const snapshot = await usingLog(environment, snapshotOf);
  await writeNew(choice, snapshot, key, environment, {
    // With the mark and without the configuration, an interrupted join is seen as one.
    before: async (configFolder) => {
      if (given !== undefined) await giveMasterKey(choice, world.env, given);
      await writeMembership(configFolder, snapshot.historyId);
    },
    after: async () => {},
  });
  return `The instance ${choice.instance} is a server of the cluster as of change ${snapshot.number}. Start it with the same variables.\n`;
}

/** Makes a new instance from a cluster, which is one of its own: it has all changes that the cluster has now. */
export async function exportCluster(
  choice: InstanceChoice,
  invocation: Invocation,
  world: World,
): Promise<string> {
  const { environment, key } = await beginNew(choice, invocation.value('master-key'), world);
  const number = await usingLog(environment, async (log) => {
    const snapshot = await snapshotOf(log);
    const last = await writeNew(choice, snapshot, key, environment, {
      after: (configFolder, values) => writeChanges({ configFolder, values, log, snapshot, key, choice }),
    });
    return last ?? snapshot.number;
  });
  const problem = await problemOf(choice, environment);
  const advice =
    problem === undefined
      ? 'Start it without CONFDIT_ETCD.'
      : `It does not start here before this is put right:\n${problem}\nThen start it without CONFDIT_ETCD.`;
  return (
    `The instance ${choice.instance} belongs to no cluster. It has the configuration of the cluster as of change ${number}, and ` +
    'goes on with its numbers. Variables, expression files, keys and certificates of a server are not in etcd: copy them. ' +
    `${advice}\n`
  );
}

/** Returns what a new instance is made with. Throws CommandError if there is an instance already, or no key. */
async function beginNew(
  choice: InstanceChoice,
  given: string | undefined,
  world: World,
): Promise<{ readonly environment: Environment; readonly key: MasterKey }> {
  const folder = resolve(choice.instance);
  const configFolder = join(folder, 'config');
  if (await isThere(join(configFolder, SNAPSHOT_NAME)))
    throw new CommandError(
      `${folder} is an instance already, and stays as it is. Give another folder with --instance.`,
      ExitCode.alreadyExists,
    );
  const environment = await environmentWith(choice.environmentFile, world.env);
  const place = { configFolder, environment };
  const key = await readMasterKey(given ?? masterKeyPath(place).path);
  if (key === undefined)
    throw new CommandError(
      'This needs the master key of the cluster: name a copy of the file config/keys/master.key of one of its servers with ' +
        '--master-key, or the file of the key with CONFDIT_MASTER_KEY_FILE.',
      ExitCode.parameterError,
    );
  return { environment, key };
}

async function snapshotOf(log: ClusterLog): Promise<LogSnapshot> {
  const snapshot = await log.readSnapshot();
  if (snapshot !== undefined) return snapshot;
  throw new CommandError(
    'There is no cluster in this etcd below this prefix. Begin one with an instance: confdit cluster init',
    ExitCode.noSuchObject,
  );
}

interface MoreOfNew<Result> {
  readonly before?: (configFolder: string) => Promise<void>;
  readonly after: (configFolder: string, values: EncryptedValues) => Promise<Result>;
}

/** Writes the snapshot of a cluster into a new instance, with what belongs to it before and after. */
async function writeNew<Result>(
  choice: InstanceChoice,
  snapshot: LogSnapshot,
  key: MasterKey,
  environment: Environment,
  { before, after }: MoreOfNew<Result>,
): Promise<Result> {
  const folder = resolve(choice.instance);
  const { configFolder } = await openInstance(folder, environment.CONFDIT_CERTIFICATE_NAMES);
  try {
    const schema = await schemaOf(choice);
    const keys = new ClusterKeys(key, snapshot.historyId);
    const entries = readLogSnapshot(snapshot, keys, valuesOf(keys.data, schema));
    await before?.(configFolder);
    const { values } = await openValues({ folder, environment, schema });
    const { number } = snapshot;
    await rm(join(configFolder, SNAPSHOT_NAME), { force: true });
    const parts = { entries, number, at: new Date(), values, pause: () => setImmediate() };
    await writeSnapshot(nodeFileSystem, configFolder, parts);
    return await after(configFolder, values);
  } catch (error) {
    // What was shipped, and what is not whole, is not the configuration of the cluster.
    await rm(join(configFolder, SNAPSHOT_NAME), { force: true });
    throw error;
  }
}

interface Changes {
  readonly configFolder: string;
  readonly values: EncryptedValues;
  readonly log: ClusterLog;
  readonly snapshot: LogSnapshot;
  readonly key: MasterKey;
  readonly choice: InstanceChoice;
}

/** Writes the changes after a snapshot. Returns the number of the last one. */
async function writeChanges(changes: Changes): Promise<number> {
  const { configFolder, values, log, snapshot, key, choice } = changes;
  const keys = new ClusterKeys(key, snapshot.historyId);
  const records = new LogRecords(keys, valuesOf(keys.data, await schemaOf(choice)));
  const silent = { warn: () => {}, error: () => {}, lostEdit: () => {} };
  const now = () => new Date();
  const { store } = await openLdifStore({
    folder: configFolder,
    log: silent,
    now,
    values,
    retention: KEEP_ALL,
  });
  try {
    let { code } = snapshot;
    for (;;) {
      const read = await log.read(store.lastNumber + 1, READ_MAX);
      if (read.length === 0) return store.lastNumber;
      const commits = read.map((record) => {
        const commit = records.read(record, code);
        ({ code } = record);
        return commit;
      });
      await store.append(commits);
    }
  } finally {
    await store.close();
  }
}

/** Returns why an instance could not be opened here; undefined if it can. */
async function problemOf(choice: InstanceChoice, environment: Environment): Promise<string | undefined> {
  const silent = { info: () => {}, warn: () => {}, error: () => {} };
  try {
    const opened = await asCommandError(() =>
      openConfiguration({ choice, environment, now: () => new Date(), log: silent }),
    );
    await opened.close();
    return undefined;
  } catch (error) {
    if (error instanceof CommandError) return error.message;
    throw error;
  }
}

function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
