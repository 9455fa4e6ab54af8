// An instance whose server is down, opened for work on its files.

import { access } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Requester } from '../backend/backend.ts';
import { expressionSyntaxes } from '../config/expression-syntaxes.ts';
import { PRIVILEGES } from '../config/objects/root-dn-user.ts';
import type { Configuration } from '../configuration/configuration.ts';
import { SiteSchema } from '../configuration/site-schema.ts';
import { WritePath } from '../configuration/write/write-path.ts';
import { FileError } from '../files/file-error.ts';
import type { HistoryService } from '../history/history-service.ts';
import { Runtime } from '../runtime/runtime.ts';
import { Schema } from '../schema/schema.ts';
import type { StoredValues } from '../store/encryption/stored-values.ts';
import type { Store } from '../store/store.ts';
import { onlyThroughCluster } from './cluster/membership.ts';
import { readSchemaFiles } from './instance.ts';
import type { InstanceChoice } from './instance-choice.ts';
import { openConfiguration } from './open-configuration.ts';
import { openHistory } from './open-history.ts';

/** A folder that was named as an instance and is none. */
export class NotAnInstance extends FileError {}

/** Requester of offline changes, as the journal names it. Who may write the files may do everything. */
const OFFLINE: Requester = { dn: 'cn=Offline', name: 'offline', privileges: new Set(PRIVILEGES) };

export interface OfflineInstance {
  readonly folder: string;
  readonly configuration: Configuration;
  readonly writePath: WritePath;
  readonly history: HistoryService;
  readonly requester: Requester;
  /** Encrypts secret values. */
  readonly values: StoredValues;
  close(): Promise<void>;
}

/** Resolves to the folder of config.ldif. Rejects with NotAnInstance. */
export async function configFolderOf({ instance }: InstanceChoice): Promise<string> {
  const folder = join(resolve(instance), 'config');
  try {
    await access(folder);
    return folder;
  } catch (error) {
    const problem = `${resolve(instance)} is no instance: it has no folder config. Name it with --instance.`;
    throw new NotAnInstance(problem, { cause: error });
  }
}

/** Reads the schema of an instance. Rejects with NotAnInstance, FileError and SchemaError. */
export async function schemaOf(choice: InstanceChoice): Promise<Schema> {
  await configFolderOf(choice);
  const files = await readSchemaFiles({ folder: resolve(choice.instance) });
  return Schema.parse(files, { syntaxes: expressionSyntaxes() });
}

/**
 * Opens an instance whose server is down. Rejects with what keeps it from being opened.
 * @param report takes each warning, a sentence
 */
export async function openOfflineInstance(
  choice: InstanceChoice,
  environment: NodeJS.ProcessEnv,
  report: (warning: string) => void,
): Promise<OfflineInstance> {
  const configFolder = await configFolderOf(choice);
  const warn = (_: object, message: string) => report(message);
  const log = { info: () => {}, warn, error: warn, line: undefined };
  const now = () => new Date();
  const { configuration, membership, ...opened } = await openConfiguration({ choice, environment, now, log });
  const { store, values } = opened;
  const site = new SiteSchema(configuration.schema, () => configuration.tree.stagedEntries());
  const means = { target: configuration, runtime: new Runtime([site]), now, log };
  const writePath = new WritePath({
    ...means,
    store: membership === undefined ? store : unchangeable(store, resolve(choice.instance)),
  });
  const { service } = openHistory({ configuration, writePath, store, configFolder, values });
  const close = async () => {
    await writePath.close();
    await store.close();
  };
  const folder = resolve(choice.instance);
  return { folder, configuration, writePath, history: service, requester: OFFLINE, values, close };
}

/** Returns the store of an instance of a cluster, which takes no changes here. */
function unchangeable(store: Store, folder: string): Store {
  return {
    append: () => Promise.reject(onlyThroughCluster(folder)),
    snapshot: (entries, throughNumber, checkedBy) => store.snapshot(entries, throughNumber, checkedBy),
    lastNumber: store.lastNumber,
    commitsSinceSnapshot: store.commitsSinceSnapshot,
    bytesSinceSnapshot: store.bytesSinceSnapshot,
    failure: undefined,
    close: () => store.close(),
  };
}
