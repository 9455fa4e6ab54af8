// Files of entries, checked as a server would check them that begins with them: over the configuration of a new instance,
// or over that of an instance that is there.

import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readLdif } from '../../codec/ldif-reader.ts';
import { hintsOf } from '../../config/hints.ts';
import { PropertyValidator } from '../../config/property-validator.ts';
import { parseDefinition } from '../../expression/definition.ts';
import { Sources } from '../../expression/sources.ts';
import { readText } from '../../files/text.ts';
import { environmentWith } from '../../instance/environment-file.ts';
import type { InstanceChoice } from '../../instance/instance-choice.ts';
import { schemaOf } from '../../instance/offline-instance.ts';
import { readStoredEntries } from '../../instance/stored-entries.ts';
import { unusableFiles } from '../../instance/unusable-files.ts';
import type { Entry } from '../../ldap/entry.ts';
import { formatIssue, type Issue } from '../../ldap/issue.ts';
import { checkEntry } from '../../schema/check-classes.ts';
import type { Schema } from '../../schema/schema.ts';
import type { World } from '../command.ts';
import { shippedSchema } from '../commands/shipped-schema.ts';
import { type DesiredEntry, readFilesOfEntries } from '../files/desired-entries.ts';
import { findInputFiles, STANDARD } from '../files/input-files.ts';
import { locateHints, locateIssue, locateSentence } from '../files/located-problem.ts';
import type { FileProblem } from '../files/problem-report.ts';

export interface FileValidationOptions {
  /** Files and folders to check; `-` is standard input. */
  readonly checked: readonly string[];
  /** Files and folders with entries that the checked ones may name. Their problems are reported too. */
  readonly others: readonly string[];
  /** Undefined: the configuration of a new instance. */
  readonly choice: InstanceChoice | undefined;
  readonly definitions: readonly string[];
  readonly environmentFile: string | undefined;
  /** How `$<file:…>` counts when there is no such file. */
  readonly missingFiles: 'ignore' | 'warn' | 'error';
  readonly world: Pick<World, 'env' | 'stdin'>;
}

export interface FileValidation {
  /** How many entries were checked. */
  readonly entryCount: number;
  readonly problems: readonly FileProblem[];
  readonly warnings: readonly FileProblem[];
}

/** Configuration of a new instance. */
const SHIPPED_CONFIGURATION = new URL('../../../config/config.ldif', import.meta.url);

/** Rejects with what keeps the sources from being opened, and with CommandError for files that are not there. */
export async function validateFiles(options: FileValidationOptions): Promise<FileValidation> {
  const { choice, checked, others, world, missingFiles } = options;
  const schema = choice === undefined ? await shippedSchema() : await schemaOf(choice);
  const names = await findInputFiles(checked);
  const read = await readFilesOfEntries(names, schema, world.stdin);
  const beside = await readOthers(await findInputFiles(others), names, schema, world);
  const desired = [...read.entries, ...withoutKnown(beside.entries, read.entries, schema)];
  const wrong = [...read.problems, ...beside.problems];
  const validator = new PropertyValidator({ schema, sources: await openSources(options, names) });
  const base = await entriesOf(choice, world);
  const issues = issuesOf(validator, schema, desired, base).filter(
    // What could not be read may be what others name.
    (issue) => wrong.length === 0 || !isAbsence(issue),
  );
  const isWarning = ({ isFileMissing }: Issue) => isFileMissing === true && missingFiles !== 'error';
  const located = (some: readonly Issue[]) => locate(some, desired, schema);
  const warned = missingFiles === 'warn' ? issues.filter(isWarning) : [];
  const byName = new Map(desired.map((one) => [one.entry.dn.toString(), one]));
  const unusable =
    missingFiles === 'ignore'
      ? []
      : await unusableFiles(
          desired.map(({ entry }) => entry),
          validator,
          choice?.instance ?? folderOf(names),
        );
  const wrongValues = located(issues.filter((issue) => !isWarning(issue)));
  return {
    entryCount: desired.length,
    problems: inOrder([...wrong, ...wrongValues], names),
    warnings: inOrder(
      [
        ...located(warned),
        ...unusable.flatMap((sentence) => locateSentence(sentence, byName) ?? []),
        ...hintsIn(desired, issues, { schema, validator }),
      ],
      names,
    ),
  };
}

/** As somebody reads the files: from the first line of the first to the last of the last. */
function inOrder(problems: readonly FileProblem[], files: readonly string[]): readonly FileProblem[] {
  const rank = ({ file }: FileProblem) => (files.includes(file) ? files.indexOf(file) : files.length);
  return problems.toSorted((one, other) => rank(one) - rank(other) || one.line - other.line);
}

async function readOthers(
  files: readonly string[],
  known: readonly string[],
  schema: Schema,
  { stdin }: Pick<World, 'stdin'>,
) {
  const paths = new Set(known.map((file) => resolve(file)));
  const others = files.filter((file) => !paths.has(resolve(file)));
  return readFilesOfEntries(others, schema, stdin);
}

/** A file that is checked says what an entry shall be, whatever is beside it. */
function withoutKnown(
  entries: readonly DesiredEntry[],
  known: readonly DesiredEntry[],
  schema: Schema,
): readonly DesiredEntry[] {
  const keys = new Set(known.map(({ entry }) => schema.dnKey(entry.dn)));
  return entries.filter(({ entry }) => !keys.has(schema.dnKey(entry.dn)));
}

async function openSources(
  { choice, definitions, environmentFile, world }: FileValidationOptions,
  files: readonly string[],
): Promise<Sources> {
  return Sources.open({
    environment: await environmentWith(environmentFile, world.env),
    definitions: definitions.map(parseDefinition),
    instanceFolder: choice?.instance ?? folderOf(files),
  });
}

/** Returns the folder in which relative paths begin where there is no instance. */
function folderOf([first = STANDARD]: readonly string[]): string {
  return first === STANDARD ? '.' : dirname(resolve(first));
}

async function entriesOf(
  choice: InstanceChoice | undefined,
  { env }: Pick<World, 'env'>,
): Promise<readonly Entry[]> {
  if (choice !== undefined) return [...(await readStoredEntries(choice, env)).configuration.tree.entries()];
  const records = readLdif(await readText(fileURLToPath(SHIPPED_CONFIGURATION)));
  return records.flatMap((record) => (record.type === 'content' ? [record.entry] : []));
}

/** Without what is wrong with the base alone: the files have no part in that. */
function issuesOf(
  validator: PropertyValidator,
  schema: Schema,
  desired: readonly DesiredEntry[],
  base: readonly Entry[],
): readonly Issue[] {
  const isSecret = (key: string, value: string) =>
    validator.definitions.secretAttributes.has(key) || validator.definitions.show(key, value) !== value;
  const stored = new Map(base.map((entry) => [schema.dnKey(entry.dn), entry]));
  const byKey = new Map(stored);
  for (const { entry } of desired) byKey.set(schema.dnKey(entry.dn), entry);
  const own = new Set(desired.map(({ entry }) => entry.dn.toString()));
  const before = new Set(validator.validateAll(base).map(formatIssue));
  const syntactic = desired.flatMap(({ entry }) => checkEntry(schema, entry, isSecret));
  const isTold = toldBy(syntactic, desired, validator);
  return [
    ...syntactic,
    ...desired.flatMap(({ entry }) => validator.checkOutdated(entry, stored.get(schema.dnKey(entry.dn)))),
    ...validator
      .validateAll(byKey.values())
      .filter((issue) => own.has(issue.dn) || !before.has(formatIssue(issue)))
      .filter((issue) => !isTold(issue)),
  ];
}

/** Returns true if the schema has reported the property already; a server reports it once, too. */
function toldBy(
  known: readonly Issue[],
  desired: readonly DesiredEntry[],
  { definitions }: PropertyValidator,
): (issue: Issue) => boolean {
  const keyOf = (dn: string, attribute: string) => `${dn}\n${attribute.toLowerCase()}`;
  const told = new Set(known.flatMap(({ dn, property }) => (property ? [keyOf(dn, property)] : [])));
  const kinds = new Map(desired.map(({ entry }) => [entry.dn.toString(), definitions.findForEntry(entry)]));
  return ({ dn, property = '' }) => {
    const attribute = kinds.get(dn)?.propertiesByName.get(property)?.attribute;
    return attribute !== undefined && told.has(keyOf(dn, attribute));
  };
}

/** Returns hints about values without effect in valid entries. */
function hintsIn(
  desired: readonly DesiredEntry[],
  issues: readonly Issue[],
  { schema, validator }: { readonly schema: Schema; readonly validator: PropertyValidator },
): readonly FileProblem[] {
  const wrong = new Set(issues.map(({ dn }) => schema.dnKeyOfText(dn)));
  return desired.flatMap((one) => {
    if (wrong.has(schema.dnKey(one.entry.dn))) return [];
    const object = validator.decode(one.entry);
    return object === undefined ? [] : locateHints(hintsOf(object), one, 'smtp-property');
  });
}

function isAbsence({ code, problem }: Issue): boolean {
  return code === 'noSuchObject' || problem.endsWith('does not exist');
}

/** Each sentence once. What is wrong with an entry of no file is wrong because of the first. */
function locate(
  issues: readonly Issue[],
  desired: readonly DesiredEntry[],
  schema: Schema,
): readonly FileProblem[] {
  const [first] = desired;
  const problems = new Map<string, FileProblem>();
  for (const issue of issues) {
    const problem = locateIssue(issue, desired, schema) ?? {
      file: first?.file ?? STANDARD,
      line: first?.line ?? 1,
      column: undefined,
      text: formatIssue(issue),
      rule: issue.code,
    };
    problems.set(`${problem.file}\n${problem.text}`, problem);
  }
  return [...problems.values()];
}
