// `confdit cluster`: makes a cluster of an instance, another instance of a cluster, or an instance of its own of one of a cluster.
// Server processes must be down for init and leave.

import { access, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { ClusterKeys } from '../../cluster/cluster-keys.ts';
import { type ClusterLog, LogError, type LogSnapshot } from '../../cluster/cluster-log.ts';
import { openLog } from '../../cluster/cluster-settings.ts';
import { formatLogSnapshot, readLogSnapshot } from '../../cluster/snapshot-text.ts';
import { WritePath } from '../../configuration/write/write-path.ts';
import { FileReader } from '../../files/file-reader.ts';
import { nodeFileSystem } from '../../files/file-system.ts';
import { lockFolder } from '../../files/folder-lock.ts';
import { currentUser } from '../../files/ownership.ts';
import { readMembership, removeMembership, writeMembership } from '../../instance/cluster/membership.ts';
import { environmentWith } from '../../instance/environment-file.ts';
import { openInstance } from '../../instance/instance.ts';
import type { InstanceChoice } from '../../instance/instance-choice.ts';
import { giveMasterKey, masterKeyPath, readMasterKey } from '../../instance/keys/instance-keys.ts';
import { openValues, valuesOf } from '../../instance/keys/stored-secrets.ts';
import { configFolderOf, schemaOf } from '../../instance/offline-instance.ts';
import { openConfiguration } from '../../instance/open-configuration.ts';
import { Runtime } from '../../runtime/runtime.ts';
import { SNAPSHOT_NAME, writeSnapshot } from '../../store/snapshot.ts';
import { CommandError, type Invocation, UsageError, type World } from '../command.ts';
import { asCommandError } from '../command-errors.ts';
import { ExitCode } from '../exit-code.ts';
import { instanceOf } from './instance-options.ts';

/** Runs one of the words init, join and leave. */
export async function cluster(invocation: Invocation, world: World): Promise<ExitCode> {
  const [word, ...others] = invocation.operands;
  const work = others.length > 0 ? undefined : WORDS.get(word ?? '');
  if (work === undefined) throw new UsageError('Give one of init, join and leave.');
  const choice = instanceOf(invocation, world);
  world.stdout.write(await asCommandError(() => work(choice, invocation, world)));
  return ExitCode.success;
}

type Work = (choice: InstanceChoice, invocation: Invocation, world: World) => Promise<string>;

const WORDS: ReadonlyMap<string, Work> = new Map([
  ['init', initCluster],
  ['join', joinCluster],
  ['leave', leaveCluster],
]);

/** Begins a cluster with the configuration of an instance, which becomes its first server. */
async function initCluster(choice: InstanceChoice, _: Invocation, world: World): Promise<string> {
  const configFolder = await configFolderOf(choice);
  if ((await readMembership(configFolder)) !== undefined)
    throw new CommandError(
      `${resolve(choice.instance)} belongs to a cluster already.`,
      ExitCode.alreadyExists,
    );
  const now = () => new Date();
  const tell = (_: object, message: string) => void world.stderr.write(`${message}\n`);
  const log = { info: () => {}, warn: tell, error: tell };
  const opened = await openConfiguration({ choice, environment: world.env, now, log });
  const { configuration, environment, store, schema, master } = opened;
  const writePath = new WritePath({ target: configuration, runtime: new Runtime([]), store, now, log });
  try {
    // Entries of an instance that was never started have no identity before they are written.
    if (opened.isSnapshotDue) await writePath.snapshot();
    const { historyId } = configuration;
    if (historyId === undefined)
      throw new CommandError('The entry cn=config has no entryUUID.', ExitCode.wrongData);
    const keys = new ClusterKeys(master, historyId);
    const number = store.lastNumber;
    const entries = configuration.tree.entries();
    const parts = { number, historyId, code: keys.firstCode(number), entries };
    await usingLog(environment, (shared) =>
      create(shared, formatLogSnapshot(parts, keys, valuesOf(keys.data, schema))),
    );
    await writeMembership(configFolder, historyId);
    return [
      `The instance ${choice.instance} is the first server of a cluster, whose history begins with change ${number}.`,
      'Start it with the same variables. Other servers need its master key; each becomes one with: confdit cluster join',
      '',
    ].join('\n');
  } finally {
    await writePath.close();
    await opened.close();
  }
}

/** An interrupted init goes on where it was. */
async function create(log: ClusterLog, snapshot: LogSnapshot): Promise<void> {
  try {
    await log.create(snapshot);
  } catch (error) {
    if (!(error instanceof LogError && error.problem === 'refused')) throw error;
    const head = await log.head();
    if (head?.historyId !== snapshot.historyId || head.code !== snapshot.code) throw error;
  }
}

/** Makes a new instance from a cluster. */
async function joinCluster(choice: InstanceChoice, invocation: Invocation, world: World): Promise<string> {
  const folder = resolve(choice.instance);
  const configFolder = join(folder, 'config');
  if (await isThere(join(configFolder, SNAPSHOT_NAME)))
    throw new CommandError(
      `${folder} is an instance already, and stays as it is. Give another folder with --instance.`,
      ExitCode.alreadyExists,
    );
  const environment = await environmentWith(choice.environmentFile, world.env);
  const given = invocation.value('master-key');
  const place = { configFolder, environment };
  const key = await readMasterKey(given ?? masterKeyPath(place).path);
  if (key === undefined)
    throw new CommandError(
      'A server of a cluster needs its master key: name a copy of the file config/keys/master.key of another server with ' +
        '--master-key, or the file of the key with CONFDIT_MASTER_KEY_FILE.',
      ExitCode.parameterError,
    );
  const snapshot = await usingLog(environment, (log) => log.readSnapshot());
  if (snapshot === undefined)
    throw new CommandError(
      'There is no cluster in this etcd below this prefix. Begin one with an instance: confdit cluster init',
      ExitCode.noSuchObject,
    );
  const { number, historyId } = snapshot;
  const keys = new ClusterKeys(key, historyId);
  const instance = await openInstance(folder, environment.CONFDIT_CERTIFICATE_NAMES);
  try {
    const schema = await schemaOf(choice);
    const entries = readLogSnapshot(snapshot, keys, valuesOf(keys.data, schema));
    if (given !== undefined) await giveMasterKey(choice, world.env, given);
    const { values } = await openValues({ folder, environment, schema });
    await writeMembership(configFolder, historyId);
    const parts = { entries, number, at: new Date(), values, pause: () => setImmediate() };
    await writeSnapshot(nodeFileSystem, instance.configFolder, parts);
  } catch (error) {
    // What was shipped is not the configuration of the cluster.
    await rm(join(configFolder, SNAPSHOT_NAME), { force: true });
    throw error;
  }
  return `The instance ${choice.instance} is a server of the cluster as of change ${number}. Start it with the same variables.\n`;
}

/** Makes an instance one of its own again. */
async function leaveCluster(choice: InstanceChoice): Promise<string> {
  const configFolder = await configFolderOf(choice);
  if ((await readMembership(configFolder)) === undefined)
    throw new CommandError(`${resolve(choice.instance)} belongs to no cluster.`, ExitCode.noSuchObject);
  const lock = await lockFolder(configFolder);
  try {
    await removeMembership(configFolder);
  } finally {
    await lock.release();
  }
  return (
    `The instance ${choice.instance} belongs to no cluster any more: it goes on with what it has, and its changes are its own. ` +
    'To have it in the cluster again, make a new one with confdit cluster join.\n'
  );
}

async function usingLog<Result>(
  environment: Readonly<Record<string, string | undefined>>,
  work: (log: ClusterLog) => Promise<Result>,
): Promise<Result> {
  const log = openLog(environment, { files: new FileReader({ user: currentUser() }), now: () => Date.now() });
  try {
    return await work(log);
  } catch (error) {
    if (error instanceof LogError)
      throw new CommandError(
        error.message,
        error.problem === 'unavailable' ? ExitCode.connectError : ExitCode.other,
      );
    throw error;
  } finally {
    await log.close();
  }
}

function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
