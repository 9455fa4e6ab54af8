// From an instance folder to its configuration, whole and valid, with its store open: what the server begins with, and
// all that commands need which work on an instance while no server runs.

import { join } from 'node:path';
import { expressionSyntaxes } from '../config/expression-syntaxes.ts';
import { PropertyValidator } from '../config/property-validator.ts';
import { Configuration } from '../configuration/configuration.ts';
import { parseDefinition } from '../expression/definition.ts';
import { Sources } from '../expression/sources.ts';
import { FileReader } from '../files/file-reader.ts';
import { nodeFileSystem, unsyncedFileSystem } from '../files/file-system.ts';
import type { Log } from '../files/log.ts';
import { currentUser } from '../files/ownership.ts';
import { requirePrivate } from '../files/permissions.ts';
import { formatIssue } from '../ldap/issue.ts';
import type { AlertSink } from '../mail/alert.ts';
import { Schema } from '../schema/schema.ts';
import type { MasterKey } from '../store/encryption/data-keys.ts';
import type { EncryptedValues } from '../store/encryption/stored-values.ts';
import { type LdifStore, openLdifStore, type StoreLog } from '../store/ldif-store.ts';
import { KEEP_ALL } from '../store/retention.ts';
import { SNAPSHOT_NAME } from '../store/snapshot.ts';
import { nameOfChecker } from './checked-by.ts';
import {
  type Membership,
  onlyThroughCluster,
  readMembership,
  requireAgreement,
} from './cluster/membership.ts';
import { idleSiteFiles } from './cluster/site-files.ts';
import { environmentWith } from './environment-file.ts';
import { type Instance, openInstance, readSchemaFiles, secretPlaces } from './instance.ts';
import type { InstanceChoice } from './instance-choice.ts';
import { encryptInstance, openValues, requireSameKey } from './keys/stored-secrets.ts';
import { isReplaceable, replaceUnreadable, withHint } from './last-known-good.ts';
import { formatOutdatedValue, type LoadedConfiguration, loadConfiguration } from './load-configuration.ts';
import { LastSecrets } from './secrets/last-secrets.ts';
import { secretReader } from './secrets/secret-reader.ts';
import { makeStartChanges } from './start-changes.ts';
import { StartError } from './start-error.ts';
import { findSharedPlaces, requireTrustedInstance } from './trusted-instance.ts';

const NOBODY: AlertSink = { raise: () => {} };

export interface ConfigurationOptions {
  readonly choice: InstanceChoice;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly now: () => Date;
  readonly log: Log;
  /** Hears of files that were edited by hand. */
  readonly alerts?: AlertSink;
  /** True for a server, which reaches the cluster that its instance may belong to. */
  readonly isServer?: boolean;
}

export interface OpenConfiguration {
  readonly instance: Instance;
  readonly schema: Schema;
  readonly configuration: Configuration;
  readonly store: LdifStore;
  /** Encrypts and decrypts secret values in files. */
  readonly values: EncryptedValues;
  readonly master: MasterKey;
  /** The cluster that the instance belongs to: its store is a copy then. */
  readonly membership: Membership | undefined;
  readonly environment: ConfigurationOptions['environment'];
  /** True if a snapshot should be written before anything else. */
  readonly isSnapshotDue: boolean;
  /** Reads what values name. */
  readonly files: FileReader;
  /** Reads again where expressions are resolved from. */
  openSources(): Promise<Sources>;
  /** Closes the store, and waits for everything else that is being written. */
  close(): Promise<void>;
}

/** Throws what an administrator can put right (StartError and its like); then nothing is left open. */
export async function openConfiguration(options: ConfigurationOptions): Promise<OpenConfiguration> {
  const { choice, now, log, alerts = NOBODY } = options;
  const environment = await environmentWith(choice.environmentFile, options.environment);
  await requireTrustedInstance(choice.instance);
  const instance = await openInstance(choice.instance, environment.CONFDIT_CERTIFICATE_NAMES);
  await requirePrivate(nodeFileSystem, await secretPlaces(choice.instance));
  for (const sentence of await findSharedPlaces(instance.folder)) log.warn({}, sentence);
  const membership = await readMembership(instance.configFolder);
  if (options.isServer === true) requireAgreement(instance.folder, membership, environment);
  const schemaFiles = await readSchemaFiles(instance);
  const schema = Schema.parse(schemaFiles, { syntaxes: expressionSyntaxes() });
  const definitions = choice.definitions.map(parseDefinition);
  const files = new FileReader({ user: currentUser() });
  const openSources = () =>
    Sources.open({ environment, definitions, instanceFolder: instance.folder, files });
  const sources = await openSources();
  const checkedBy = nameOfChecker(schemaFiles);
  const { configFolder } = instance;
  const keyPlace = { folder: instance.folder, environment, schema };
  const keys = await openValues(keyPlace);
  if (choice.isLastKnownGood === true) await replaceUnreadable(configFolder, now(), log, keys.values);
  const values = await encryptInstance({ folder: instance.folder, open: keys, now, log });
  const last = await LastSecrets.open({ configFolder, values, log });
  const findLast = (name: string) => last.find(name);
  const secrets = secretReader({ instanceFolder: instance.folder, files, now, log, findLast });
  const newConfiguration = () =>
    new Configuration({ schema, validator: new PropertyValidator({ schema, sources }), checkedBy, secrets });
  const hintOptions = { configFolder, choice, schema, sources, values };
  // All of the past is kept until the configuration says how much.
  const opened = await openLdifStore({
    folder: configFolder,
    log: storeLogOf(log, alerts),
    now,
    retention: KEEP_ALL,
    values,
    ...(membership === undefined ? {} : { fileSystem: unsyncedFileSystem }),
  }).catch(async (error: unknown) => {
    throw (await isReplaceable(configFolder, values)) ? await withHint(error, hintOptions) : error;
  });
  const { store } = opened;
  try {
    await requireSameKey(values, keyPlace);
    const isLastKnownGood = choice.isLastKnownGood === true;
    if (opened.isUnclear && !isLastKnownGood && choice.acceptsEdit !== true) throw unclearEdit(configFolder);
    const commits = await makeStartChanges({
      configFolder,
      opened: (membership && { ...opened, store: refusing(store, instance) }) ?? opened,
      newConfiguration,
      now: now(),
      log,
      alerts,
      isLastKnownGood,
      acceptsEdit: choice.acceptsEdit === true,
      values,
    });
    const configuration = newConfiguration();
    const isShared = membership !== undefined;
    const loaded = await loadConfiguration(configuration, { ...opened, commits }, now(), isShared);
    reportLoaded(opened.warnings, loaded, { log, alerts });
    if (isShared) await reportIdleFiles(instance, schema, log);
    configuration.keepSecrets((used) => void last.keep(used));
    const close = () => store.close().then(() => last.settled());
    const isSnapshotDue = loaded.isSnapshotDue || opened.isForeign || opened.edited !== undefined;
    const stored = { configuration, store, values, master: keys.keys.master, isSnapshotDue, close };
    return { instance, schema, openSources, files, membership, environment, ...stored };
  } catch (error) {
    await store.close();
    throw await withHint(error, hintOptions);
  }
}

/** Returns a store that takes nothing: the configuration is changed through the cluster. */
function refusing({ lastNumber }: LdifStore, { folder }: Instance): Pick<LdifStore, 'lastNumber' | 'append'> {
  return { lastNumber, append: () => Promise.reject(onlyThroughCluster(folder)) };
}

/** Reports the files of the site's schema that do not count in a cluster. */
async function reportIdleFiles(instance: Instance, { added }: Schema, log: Pick<Log, 'warn'>): Promise<void> {
  for (const sentence of await idleSiteFiles(instance, added)) log.warn({}, sentence);
}

/** Reports what was found, and what of it is not in force here. */
function reportLoaded(
  warnings: readonly string[],
  { notInForce, outdated }: LoadedConfiguration,
  { log, alerts }: { readonly log: Pick<Log, 'warn'>; readonly alerts: AlertSink },
): void {
  const absent = notInForce.map((issue) => `Not in force on this server: ${formatIssue(issue)}`);
  for (const sentence of [...warnings, ...absent, ...outdated.map(formatOutdatedValue)])
    log.warn({}, sentence);
  if (notInForce.length === 0) return;
  const problems = notInForce.map(formatIssue).join('\n');
  const message = `The server starts without what cannot be in force on it:\n${problems}`;
  alerts.raise({ type: 'confdit.NotInForce', message });
}

function storeLogOf(log: Log, alerts: AlertSink): StoreLog {
  return {
    warn: (message) => log.warn({}, message),
    error: (message) => log.error({}, message),
    lostEdit: (message) => alerts.raise({ type: 'org.opends.server.ManualConfigEditLost', message }),
  };
}

function unclearEdit(configFolder: string): StartError {
  return new StartError(
    `${join(configFolder, SNAPSHOT_NAME)} is not as the server wrote it (its checksum differs), and what it was is not ` +
      'archived, so that an edit cannot be told from damage. If its present content is meant: confdit start ' +
      '--accept-edit. If not, restore the file from a backup.',
  );
}
