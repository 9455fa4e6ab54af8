// The mark of an instance that belongs to a cluster: config/cluster.json. With it the configuration is changed through the log of
// the cluster alone; without that rule a change made on one server only would make two histories of one.

import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { nodeFileSystem } from '../../files/file-system.ts';
import { UnreadableFile } from '../../files/named-file.ts';
import { readText } from '../../files/text.ts';
import { replaceFile } from '../../store/encryption/rewrite-files.ts';
import { StoreError } from '../../store/store-error.ts';
import { StartError } from '../start-error.ts';

export const MEMBERSHIP_NAME = 'cluster.json';
/** Environment variable with the addresses of etcd. */
const VARIABLE = 'CONFDIT_ETCD';
const FORMAT = 1;
const MARK = /^\{"format":(\d+),"history":"([0-9a-f-]{36})"(?:,"server":"([0-9a-f-]{36})")?\}\n$/;

export interface Membership {
  /** Id of the history of the cluster. */
  readonly historyId: string;
  /** Id of this server, which no other server of the cluster has; undefined in files of earlier builds. */
  readonly serverId: string | undefined;
}

/** Reads the mark; undefined for an instance that belongs to no cluster. Throws StartError for a file that is none. */
export async function readMembership(configFolder: string): Promise<Membership | undefined> {
  const path = join(configFolder, MEMBERSHIP_NAME);
  let text: string;
  try {
    text = await readText(path);
  } catch (error) {
    if (error instanceof UnreadableFile && error.isAbsent) return undefined;
    throw error;
  }
  const [, format, historyId, serverId] = MARK.exec(text) ?? [];
  if (Number(format) === FORMAT && historyId !== undefined) return { historyId, serverId };
  if (Number(/^\{"format":(\d+),/.exec(text)?.[1]) > FORMAT)
    throw new StartError(`${path} is of a newer version of confdit. Upgrade this server.`);
  throw new StartError(`${path} is not as this version of confdit wrote it. Restore it from a backup.`);
}

/** Marks an instance as one of a cluster, with a new id of its own. Returns the id. */
export async function writeMembership(configFolder: string, historyId: string): Promise<string> {
  const serverId = randomUUID();
  const text = `{"format":${FORMAT},"history":"${historyId}","server":"${serverId}"}\n`;
  await replaceFile(nodeFileSystem, join(configFolder, MEMBERSHIP_NAME), Buffer.from(text));
  return serverId;
}

/** Takes the mark away. */
export async function removeMembership(configFolder: string): Promise<void> {
  await rm(join(configFolder, MEMBERSHIP_NAME), { force: true });
  await nodeFileSystem.syncFolder(configFolder);
}

/** Throws StartError if the environment and the instance do not agree about whether it belongs to a cluster. */
export function requireAgreement(
  folder: string,
  membership: Membership | undefined,
  environment: Readonly<Record<string, string | undefined>>,
): void {
  const isNamed = (environment[VARIABLE] ?? '') !== '';
  if (isNamed && membership === undefined)
    throw new StartError(
      `${VARIABLE} is set, and the instance ${folder} belongs to no cluster. Begin a cluster with it: confdit cluster ` +
        'init. Or make another instance from a cluster: confdit cluster join.',
    );
  if (!isNamed && membership !== undefined)
    throw new StartError(
      `The instance ${folder} belongs to a cluster, and ${VARIABLE} is not set: changes made without the cluster would be ` +
        'lost to it. Set the variable, or take the instance out with confdit cluster leave.',
    );
}

/** Returns the error for a change to the files of an instance that belongs to a cluster. */
export function onlyThroughCluster(folder: string): StoreError {
  return new StoreError(
    `The instance ${folder} belongs to a cluster, whose configuration is changed over LDAP while a server runs. Files that ` +
      'were edited, config-changes.ldif and changes with --offline are not taken.',
  );
}
