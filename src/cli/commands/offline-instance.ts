// What commands need which work on an instance while its server is down, or beside it without touching anything.

import { access } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Requester } from '../../backend/backend.ts';
import { expressionSyntaxes } from '../../config/expression-syntaxes.ts';
import { PRIVILEGES } from '../../config/objects/root-dn-user.ts';
import type { Configuration } from '../../configuration/configuration.ts';
import { WritePath } from '../../configuration/write/write-path.ts';
import { SourcesError } from '../../expression/sources-error.ts';
import { FileError } from '../../files/file-error.ts';
import type { HistoryService } from '../../history/history-service.ts';
import { readSchemaFiles } from '../../instance/instance.ts';
import type { InstanceChoice } from '../../instance/instance-choice.ts';
import { openConfiguration } from '../../instance/open-configuration.ts';
import { openHistory } from '../../instance/open-history.ts';
import { StartError } from '../../instance/start-error.ts';
import { LdapError } from '../../ldap/ldap-error.ts';
import { Runtime } from '../../runtime/runtime.ts';
import { Schema } from '../../schema/schema.ts';
import { SchemaError } from '../../schema/schema-error.ts';
import { CommandError, type World } from '../command.ts';
import { ExitCode } from '../exit-code.ts';

const KNOWN = [StartError, SourcesError, SchemaError, FileError, LdapError];

/** Whoever may read and write the files may do everything; the journal says that it was done this way. */
const OFFLINE: Requester = { dn: 'cn=Offline', name: 'offline', privileges: new Set(PRIVILEGES) };

export interface OfflineInstance {
  readonly folder: string;
  readonly configuration: Configuration;
  readonly writePath: WritePath;
  readonly history: HistoryService;
  readonly requester: Requester;
  close(): Promise<void>;
}

/** The folder of config.ldif in an instance that is there. Throws CommandError. */
export async function configFolderOf({ instance }: InstanceChoice): Promise<string> {
  const folder = join(resolve(instance), 'config');
  try {
    await access(folder);
    return folder;
  } catch (error) {
    throw new CommandError(
      `${resolve(instance)} is no instance: it has no folder config. Name it with --instance.`,
      ExitCode.wrongData,
      { cause: error },
    );
  }
}

export async function schemaOf({ instance }: InstanceChoice): Promise<Schema> {
  const files = await readSchemaFiles({ folder: resolve(instance) });
  return Schema.parse(files, { syntaxes: expressionSyntaxes() });
}

/** Opens an instance whose server is down. Throws CommandError. */
export async function openOfflineInstance(
  choice: InstanceChoice,
  { env, stderr }: Pick<World, 'env' | 'stderr'>,
): Promise<OfflineInstance> {
  const configFolder = await configFolderOf(choice);
  const tell = (_: object, message: string) => void stderr.write(`${message}\n`);
  const log = { info: () => {}, warn: tell, error: tell };
  const now = () => new Date();
  const { configuration, store } = await inWords(() =>
    openConfiguration({ choice, environment: env, now, log }),
  );
  const writePath = new WritePath({ target: configuration, runtime: new Runtime([]), store, now, log });
  const { service } = openHistory({ configuration, writePath, store, configFolder });
  const close = async () => {
    await writePath.close();
    await store.close();
  };
  const folder = resolve(choice.instance);
  return { folder, configuration, writePath, history: service, requester: OFFLINE, close };
}

/** What a person can put right becomes the sentence a command ends with. */
export async function inWords<Result>(work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof Error && KNOWN.some((type) => error instanceof type))
      throw new CommandError(error.message, ExitCode.wrongData, { cause: error });
    throw error;
  }
}
