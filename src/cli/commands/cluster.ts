// `confdit cluster`: makes a cluster of an instance, another instance of a cluster, or an instance of its own of one of a cluster.
// Server processes must be down for init and leave. See cluster-check.ts for the comparison of an instance with its cluster.

import { resolve } from 'node:path';
import type { Requester } from '../../backend/backend.ts';
import { ClusterKeys } from '../../cluster/cluster-keys.ts';
import { type ClusterLog, LogError, type LogSnapshot } from '../../cluster/cluster-log.ts';
import { formatLogSnapshot } from '../../cluster/snapshot-text.ts';
import { SITE_SCHEMA, SiteSchema } from '../../configuration/site-schema.ts';
import { WritePath } from '../../configuration/write/write-path.ts';
import { lockFolder } from '../../files/folder-lock.ts';
import { readMembership, removeMembership, writeMembership } from '../../instance/cluster/membership.ts';
import { missingDefinitions } from '../../instance/cluster/site-files.ts';
import { environmentWith } from '../../instance/environment-file.ts';
import type { InstanceChoice } from '../../instance/instance-choice.ts';
import { valuesOf } from '../../instance/keys/stored-secrets.ts';
import { configFolderOf } from '../../instance/offline-instance.ts';
import { type OpenConfiguration, openConfiguration } from '../../instance/open-configuration.ts';
import { Dn } from '../../ldap/dn.ts';
import { Attribute } from '../../ldap/entry.ts';
import { Runtime } from '../../runtime/runtime.ts';
import { type Environment, usingLog, usingServers } from '../cluster/cluster-access.ts';
import { exportCluster, joinCluster } from '../cluster/new-from-cluster.ts';
import { CommandError, type Invocation, UsageError, type World } from '../command.ts';
import { asCommandError } from '../command-errors.ts';
import { ExitCode } from '../exit-code.ts';
import { checkCluster } from './cluster-check.ts';
import { instanceOf } from './instance-options.ts';

/** Runs one of the words. */
export async function cluster(invocation: Invocation, world: World): Promise<ExitCode> {
  const [word, ...others] = invocation.operands;
  const work = WORDS.get(word ?? '');
  if (work === undefined) throw new UsageError(`Give one of ${[...WORDS.keys()].join(', ')}.`);
  if (others.length !== (word === 'forget' ? 1 : 0))
    throw new UsageError('Only forget takes another word: the name or the id of one server.');
  const choice = instanceOf(invocation, world);
  world.stdout.write(await asCommandError(() => work(choice, invocation, world)));
  return ExitCode.success;
}

const CONFIG = Dn.parse('cn=config');
const INIT: Requester = { dn: 'cn=Cluster Init', name: 'cluster init', privileges: new Set() };

type Work = (choice: InstanceChoice, invocation: Invocation, world: World) => Promise<string>;

const WORDS: ReadonlyMap<string, Work> = new Map([
  ['init', initCluster],
  ['join', joinCluster],
  ['leave', leaveCluster],
  ['export', exportCluster],
  ['forget', forgetServer],
  ['check', checkCluster],
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
  const site = new SiteSchema(schema, () => configuration.tree.stagedEntries());
  const writePath = new WritePath({ target: configuration, runtime: new Runtime([site]), store, now, log });
  try {
    // Entries of an instance that was never started have no identity before they are written.
    if (opened.isSnapshotDue) await writePath.snapshot();
    await shareSiteSchema(opened, writePath);
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

/** Puts into the configuration what files of the site add to the schema: other servers do not have these files. */
async function shareSiteSchema(
  { instance, schema }: Pick<OpenConfiguration, 'instance' | 'schema'>,
  writePath: WritePath,
): Promise<void> {
  const missing = await missingDefinitions(instance, schema.added);
  if (missing.length === 0) return;
  const attribute = new Attribute(SITE_SCHEMA, missing);
  const change = { type: 'modify', dn: CONFIG, modifications: [{ operation: 'add', attribute }] } as const;
  await writePath.submit(change, INIT);
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

/** Makes an instance one of its own again. */
async function leaveCluster(choice: InstanceChoice, _: Invocation, world: World): Promise<string> {
  const configFolder = await configFolderOf(choice);
  const membership = await readMembership(configFolder);
  if (membership === undefined)
    throw new CommandError(`${resolve(choice.instance)} belongs to no cluster.`, ExitCode.noSuchObject);
  const environment = await environmentWith(choice.environmentFile, world.env);
  const lock = await lockFolder(configFolder);
  try {
    await removeMembership(configFolder);
  } finally {
    await lock.release();
  }
  const { serverId } = membership;
  const isNamed = (environment.CONFDIT_ETCD ?? '') !== '';
  const kept =
    serverId === undefined
      ? undefined
      : isNamed
        ? await forget(environment, serverId)
        : 'CONFDIT_ETCD is not set.';
  const advice =
    kept === undefined
      ? ''
      : `The others miss it as a server that is away until you run at one of them: confdit cluster forget ${serverId} (${kept})\n`;
  return (
    `The instance ${choice.instance} belongs to no cluster any more: it goes on with what it has, and its changes are its own. ` +
    `To have it in the cluster again, make a new one with confdit cluster join.\n${advice}`
  );
}

/** Takes a server out of the cluster that will not come back, and cannot leave by itself. */
async function forgetServer(choice: InstanceChoice, { operands }: Invocation, world: World): Promise<string> {
  const environment = await environmentWith(choice.environmentFile, world.env);
  const wanted = operands[1] ?? '';
  const [server, ...others] = await usingServers(environment, (servers) => servers.find(wanted));
  if (server === undefined)
    throw new CommandError(`The cluster knows no server ${JSON.stringify(wanted)}.`, ExitCode.noSuchObject);
  if (others.length > 0) {
    const ids = [server, ...others].map(({ id }) => id).join(', ');
    throw new CommandError(
      `Several servers have that name. Give one of the ids: ${ids}`,
      ExitCode.parameterError,
    );
  }
  if (server.isHere)
    throw new CommandError(
      `The server ${wanted} is running, or was until a few seconds ago. Stop it, and run there: confdit cluster leave`,
      ExitCode.other,
    );
  const problem = await forget(environment, server.id);
  if (problem !== undefined) throw new CommandError(problem, ExitCode.connectError);
  return `The cluster knows no server ${wanted} any more. Do not start it again: it would be one of the cluster as before.\n`;
}

function forget(environment: Environment, id: string): Promise<string | undefined> {
  return usingServers(environment, (servers) => servers.forget(id));
}
