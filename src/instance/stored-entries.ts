// The entries of an instance from its files, whether its server runs or not: the snapshot, and what the journal has since.
// Reads only: no lock is taken, and nothing is validated, repaired or stored.

import { randomUUID } from 'node:crypto';
import { join, resolve } from 'node:path';
import { expressionSyntaxes } from '../config/expression-syntaxes.ts';
import { PropertyValidator } from '../config/property-validator.ts';
import { Configuration } from '../configuration/configuration.ts';
import { loadCheckedEntries, loadEntries } from '../configuration/loading/configuration-loader.ts';
import { loadSiteSchema, repeatWithSiteSchema } from '../configuration/site-schema.ts';
import { Sources } from '../expression/sources.ts';
import { nodeFileSystem } from '../files/file-system.ts';
import { Schema } from '../schema/schema.ts';
import type { StoredValues } from '../store/encryption/stored-values.ts';
import { HistoryReader } from '../store/history-reader.ts';
import { JOURNAL_FOLDER } from '../store/journal.ts';
import { readSnapshot, SNAPSHOT_NAME } from '../store/snapshot.ts';
import { environmentWith } from './environment-file.ts';
import { readSchemaFiles } from './instance.ts';
import type { InstanceChoice } from './instance-choice.ts';
import { readValues } from './keys/stored-secrets.ts';
import { NotAnInstance } from './offline-instance.ts';

/** The configuration in the files of an instance. */
export interface StoredConfiguration {
  readonly configuration: Configuration;
  /** Decrypts and encrypts its values. */
  readonly values: StoredValues;
}

/** Rejects with NotAnInstance, and with what reading the files rejects with. */
export async function readStoredEntries(
  { instance, environmentFile }: InstanceChoice,
  environment: NodeJS.ProcessEnv,
): Promise<StoredConfiguration> {
  const folder = resolve(instance);
  const configFolder = join(folder, 'config');
  if ((await nodeFileSystem.inspect(join(configFolder, SNAPSHOT_NAME))) === undefined)
    throw new NotAnInstance(`${folder} is no instance: it has no config/config.ldif.`);
  const schema = Schema.parse(await readSchemaFiles({ folder }), { syntaxes: expressionSyntaxes() });
  const own = await environmentWith(environmentFile, environment);
  const values = await readValues({ folder, environment: own, schema });
  const snapshot = await readSnapshot(nodeFileSystem, configFolder, values);
  if (snapshot === undefined)
    throw new NotAnInstance(`${folder} is no instance: it has no config/config.ldif.`);
  const reader = new HistoryReader(join(configFolder, JOURNAL_FOLDER), values);
  const commits = [...reader.commits(snapshot.number + 1)].filter((commit) => commit !== undefined);
  loadSiteSchema(schema, snapshot.entries);
  const sources = await Sources.open({ environment: {}, directories: [], instanceFolder: folder });
  const configuration = new Configuration({ schema, validator: new PropertyValidator({ schema, sources }) });
  if (snapshot.checked !== undefined) loadCheckedEntries(configuration, snapshot.entries);
  else loadEntries(configuration, snapshot.entries, { at: new Date(), by: 'cn=Export' }, randomUUID);
  repeatWithSiteSchema(configuration, commits);
  return { configuration, values };
}
