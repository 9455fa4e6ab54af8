// A configuration as it would be in force, from files alone: those of an instance, whether its server runs or not, and
// LDIF files on top. Reads only: no lock is taken, nothing is created, repaired or stored.

import { randomUUID } from 'node:crypto';
import { access } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { LdifError } from '../../codec/ldif-error.ts';
import { readLdif } from '../../codec/ldif-reader.ts';
import type { LdifRecord } from '../../codec/ldif-record.ts';
import { expressionSyntaxes } from '../../config/expression-syntaxes.ts';
import { deriveForCommand } from '../../config/passwords/derivation.ts';
import { PropertyValidator } from '../../config/property-validator.ts';
import { Configuration } from '../../configuration/configuration.ts';
import { loadEntries } from '../../configuration/loading/configuration-loader.ts';
import { withStoredPasswords } from '../../configuration/rights/stored-passwords.ts';
import { loadSiteSchema, repeatWithSiteSchema } from '../../configuration/site-schema.ts';
import { Staging, stageAll } from '../../configuration/write/staging.ts';
import { parseDefinition } from '../../expression/definition.ts';
import { Sources } from '../../expression/sources.ts';
import { FileReader } from '../../files/file-reader.ts';
import { nodeFileSystem } from '../../files/file-system.ts';
import { environmentWith } from '../../instance/environment-file.ts';
import { readSchemaFiles } from '../../instance/instance.ts';
import type { InstanceChoice } from '../../instance/instance-choice.ts';
import { readValues } from '../../instance/keys/stored-secrets.ts';
import { secretReader } from '../../instance/secrets/secret-reader.ts';
import { makeStartChanges } from '../../instance/start-changes.ts';
import { StartError } from '../../instance/start-error.ts';
import { policiesOf } from '../../instance/stored-policies.ts';
import { type Change, dnOfChange } from '../../ldap/change.ts';
import type { Entry } from '../../ldap/entry.ts';
import { formatIssue } from '../../ldap/issue.ts';
import { LdapError } from '../../ldap/ldap-error.ts';
import type { FindPolicy } from '../../runtime/password-policies.ts';
import { Schema } from '../../schema/schema.ts';
import { ARCHIVE_FOLDER } from '../../store/archive.ts';
import { editOf, findOriginal, readUncutSnapshot } from '../../store/edited-snapshot.ts';
import { type StoredValues, VALUES_AS_STORED } from '../../store/encryption/stored-values.ts';
import { HistoryReader } from '../../store/history-reader.ts';
import { JOURNAL_FOLDER } from '../../store/journal.ts';
import { CommandError, type World } from '../command.ts';
import { shippedSchema } from '../commands/shipped-schema.ts';
import { ExitCode } from '../exit-code.ts';
import { commandErrorFrom } from '../file-argument.ts';
import { readInputFile } from '../files/input-files.ts';
import { ReplacedEntries } from './replaced-entries.ts';

export interface OfflineConfiguration {
  /** True if the instance has a configuration of its own. */
  readonly isStored: boolean;
  readonly configuration: Configuration;
  /** Problems of the configuration, one sentence each; values of secrets are not shown. */
  readonly problems: readonly string[];
}

const SHIPPED_CONFIG = fileURLToPath(new URL('../../../config', import.meta.url));
const ROOT = /^cn=config$/i;
const MADE_BY = 'cn=Offline';
/** Nothing happens that anybody should hear of. */
const NOBODY = { raise: () => {}, info: () => {}, warn: () => {}, error: () => {} };

/**
 * Entries of the files are added to what the instance has, or, without an instance, to what is shipped, and take the place
 * of entries that are there; a file with the
 * entry cn=config is a whole configuration and takes the place of both. Rejects with what reading files and sources throws.
 */
export async function openOfflineConfiguration(
  choice: InstanceChoice,
  files: readonly string[],
  { env: environment, stdin }: Pick<World, 'env' | 'stdin'>,
): Promise<OfflineConfiguration> {
  const folder = resolve(choice.instance);
  const isThere = await exists(join(folder, 'config', 'config.ldif'));
  const schema = isThere
    ? Schema.parse(await readSchemaFiles({ folder }), { syntaxes: expressionSyntaxes() })
    : await shippedSchema();
  const own = await environmentWith(choice.environmentFile, environment);
  const values = isThere ? await readValues({ folder, environment: own, schema }) : VALUES_AS_STORED;
  const sources = await Sources.open({
    environment: own,
    definitions: choice.definitions.map(parseDefinition),
    instanceFolder: folder,
  });
  const secrets = secretReader({
    instanceFolder: folder,
    files: new FileReader(),
    now: () => new Date(),
  });
  const newConfiguration = () =>
    new Configuration({ schema, validator: new PropertyValidator({ schema, sources }), secrets });
  const configuration = newConfiguration();
  const records: PlacedRecord[] = [];
  for (const file of files) records.push(...(await readRecords(file, stdin)));
  const isWhole = records.some(
    ({ record }) => record.type === 'content' && ROOT.test(record.entry.dn.toString()),
  );
  const problems = isWhole
    ? []
    : await loadStored(configuration, {
        folder: isThere ? join(folder, 'config') : SHIPPED_CONFIG,
        newConfiguration,
        values,
      });
  const taken = new Map<string, PlacedRecord>();
  const { tree, validator } = configuration;
  const stored = new Map([...tree.entries()].map((entry) => [schema.dnKey(entry.dn), entry]));
  const findPolicy = await policiesOf(configuration, folder);
  for (const record of records) problems.push(...(await take(configuration, record, taken, findPolicy)));
  tree.commit();
  await configuration.readAheadOf(tree.entries());
  const issues = [
    ...configuration.checkAll(),
    ...[...tree.entries()].flatMap((entry) =>
      validator.checkOutdated(entry, stored.get(schema.dnKey(entry.dn))),
    ),
  ];
  return { isStored: isThere, configuration, problems: [...problems, ...issues.map(formatIssue)] };
}

interface StoredPlace {
  /** The folder of config.ldif. */
  readonly folder: string;
  readonly newConfiguration: () => Configuration;
  readonly values: StoredValues;
}

/** The snapshot and what the journal has besides, and what the next start would make of edits and changes that wait. */
async function loadStored(
  configuration: Configuration,
  { folder, newConfiguration, values }: StoredPlace,
): Promise<string[]> {
  const found = await readUncutSnapshot(nodeFileSystem, folder, values);
  if (found === undefined) return [];
  const original = await findOriginal(nodeFileSystem, join(folder, ARCHIVE_FOLDER), found, values);
  const { entries, number } = original ?? found;
  const reader = new HistoryReader(join(folder, JOURNAL_FOLDER), values);
  const commits = [...reader.commits(number + 1)].filter((commit) => commit !== undefined);
  const store = { lastNumber: commits.at(-1)?.number ?? number, append: async () => {} };
  const opened = { entries, commits, edited: original && editOf(found, original), store };
  loadSiteSchema(configuration.schema, entries);
  const issues = loadEntries(configuration, entries, { at: new Date(), by: MADE_BY }, randomUUID);
  const problems = issues.map(formatIssue);
  try {
    const made = await makeStartChanges({
      configFolder: folder,
      opened,
      newConfiguration,
      now: new Date(),
      log: NOBODY,
      alerts: NOBODY,
      isLastKnownGood: false,
      acceptsEdit: false,
      values,
      isTrial: true,
    });
    repeatWithSiteSchema(configuration, made);
  } catch (error) {
    if (!(error instanceof StartError)) throw error;
    problems.push(error.message);
    repeatWithSiteSchema(configuration, commits);
  }
  return problems;
}

interface PlacedRecord {
  readonly path: string;
  readonly record: LdifRecord;
}

/** Throws CommandError with the place of all that is no LDIF. */
async function readRecords(path: string, stdin: World['stdin']): Promise<readonly PlacedRecord[]> {
  const text = await readInputFile(path, stdin).catch((error: unknown) => {
    throw commandErrorFrom(error);
  });
  const problems: string[] = [];
  const wrong = ({ line, column, problem }: LdifError) =>
    void problems.push(`${path}:${line}:${column}: ${problem}`);
  const records = readLdif(text, { wrong }).map((record) => ({ path, record }));
  if (problems.length > 0) throw new CommandError(problems.join('\n'), ExitCode.wrongData);
  return records;
}

async function take(
  configuration: Configuration,
  placed: PlacedRecord,
  taken: Map<string, PlacedRecord>,
  findPolicy: FindPolicy,
): Promise<readonly string[]> {
  const { path, record } = placed;
  const { schema } = configuration;
  const place = `${path}:${record.line}`;
  try {
    const asked: Change = record.type === 'content' ? { type: 'add', entry: record.entry } : record.change;
    const key = schema.dnKey(dnOfChange(asked));
    const there = configuration.find(key);
    const earlier = taken.get(key);
    if (record.type === 'content') {
      if (earlier !== undefined)
        return [`${place}: ${record.entry.dn} is in ${earlier.path}:${earlier.record.line} already.`];
      taken.set(key, placed);
    }
    const change = await replacing(asked, there, configuration);
    if (change === undefined) return [];
    const ready = await withStoredPasswords(change, {
      schema,
      acceptance: 'strong',
      derive: deriveForCommand,
      find: () => there,
      findPolicy,
      by: MADE_BY,
      now: () => new Date(),
    });
    const made = { at: new Date(), by: MADE_BY };
    if (asked.type === 'add' && ready.type === 'add' && there === undefined) {
      const issues = loadEntries(configuration, [ready.entry], made, randomUUID);
      return issues.map((issue) => `${place}: ${formatIssue(issue)}`);
    }
    const staging = new Staging(configuration, { ...made, id: randomUUID() });
    stageAll(staging, [ready], (one) => configuration.withFollowers(one));
    return [];
  } catch (error) {
    if (error instanceof LdapError) return [`${place}: ${error.message}`];
    throw error;
  }
}

/** An entry that is there becomes what a file says, as `plan` would make it; undefined: it is so already. */
function replacing(
  change: Change,
  there: Entry | undefined,
  { schema, validator }: Configuration,
): Promise<Change | undefined> {
  const { hashedAttributes } = validator.definitions;
  return new ReplacedEntries({ schema, hashedAttributes, find: async () => there }).changeFor(change);
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
