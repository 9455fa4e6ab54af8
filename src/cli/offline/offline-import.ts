// An import while no server runs: all that the files ask for is tried on the configuration of the instance, validated as
// a whole, and then stored as one change, with a snapshot so that the next start need not repeat it.

import { randomUUID } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { DerivationThreads } from '../../config/passwords/derivation-threads.ts';
import { BulkImport } from '../../configuration/loading/bulk-import.ts';
import { append } from '../../configuration/write/staging.ts';
import type { Log } from '../../files/log.ts';
import type { InstanceChoice } from '../../instance/instance-choice.ts';
import { openConfiguration } from '../../instance/open-configuration.ts';
import { refusedControl } from '../../instance/refused-control.ts';
import { policiesOf } from '../../instance/stored-policies.ts';
import { unusableFiles } from '../../instance/unusable-files.ts';
import { dnOfChange } from '../../ldap/change.ts';
import type { World } from '../command.ts';
import { ProgressBar } from '../progress-bar.ts';
import type { ImportProblem } from './import-report.ts';
import { ImportedSecrets, type ImportKeys } from './imported-secrets.ts';
import { readChanges } from './ldif-file.ts';
import { ReplacedEntries } from './replaced-entries.ts';
import { unlessKept } from './unkept-instance.ts';

export interface OfflineImportOptions {
  readonly files: readonly string[];
  readonly choice: InstanceChoice;
  readonly world: World;
  /** Octets of standard input, if one of the files is `-`. */
  readonly stdin: Buffer;
  readonly allowsFiles: boolean;
  /** Lets an entry that is there become what the file says. */
  readonly isReplacing: boolean;
  /** Leaves out what is wrong instead of everything. */
  readonly isContinued: boolean;
  /** Stores nothing. */
  readonly isTrial: boolean;
}

export interface ImportOutcome {
  readonly problems: readonly ImportProblem[];
  /** How many changes there are that nothing is wrong with so far. */
  readonly changeCount: number;
  readonly madeCount: number;
  /** The number of the change that they are in the history; undefined when nothing was stored. */
  readonly number: number | undefined;
  /** Warnings about what was imported, a sentence each. */
  readonly warnings?: readonly string[];
  /** Where an import ended before its end; undefined when it did not. */
  readonly stopped?: StoppedImport | undefined;
}

/** An import that a refusal has ended. What was under way already could not be called back. */
export interface StoppedImport {
  readonly file: string;
  readonly line: number;
  /** How many changes were made after the one that was refused. */
  readonly madeAfterCount: number;
  readonly notTriedCount: number;
}

const IMPORTED_BY = 'cn=Offline Import';
/** In the names of key managers and trust managers. */
const PROVIDER = /manager providers,/i;
/** Leaving something out can make something else wrong, which was right with it. */
const ROUNDS_MAX = 100;

/**
 * Makes the instance where there is none; it stays only if something is stored. Throws what keeps it from being opened, and
 * StoreError when the change cannot be stored.
 */
export function importOffline(options: OfflineImportOptions): Promise<ImportOutcome> {
  const isStored = ({ number }: ImportOutcome) => number !== undefined;
  return unlessKept(options.choice.instance, () => importInRounds(options), isStored);
}

async function importInRounds(options: OfflineImportOptions): Promise<ImportOutcome> {
  const leftOut = new Set<string>();
  const told: ImportProblem[] = [];
  for (let round = 1; ; round++) {
    const { problems, ...outcome } = await importOnce(options, leftOut);
    told.push(...problems.filter((one) => !leftOut.has(placeOf(one))));
    const isStuck = problems.every((one) => leftOut.has(placeOf(one)) || one.line === 0);
    if (!options.isContinued || isStuck || round === ROUNDS_MAX) return { ...outcome, problems: told };
    for (const one of problems) leftOut.add(placeOf(one));
  }
}

/** Everything but what is left out, stored if all of it is right. */
async function importOnce(
  options: OfflineImportOptions,
  leftOut: ReadonlySet<string>,
): Promise<ImportOutcome> {
  const { choice, world } = options;
  const now = () => new Date();
  const opened = await openConfiguration({ choice, environment: world.env, now, log: logOf(world) });
  const { configuration, store } = opened;
  const threads = new DerivationThreads(availableParallelism());
  try {
    const made = { at: now(), by: IMPORTED_BY, id: randomUUID() };
    const bulk = new BulkImport({
      configuration,
      derive: threads.derive,
      findPolicy: await policiesOf(configuration, opened.instance.folder),
      ...made,
    });
    const { schema, tree, validator } = configuration;
    const replaced = new ReplacedEntries({
      schema,
      hashedAttributes: validator.definitions.hashedAttributes,
      find: async (dn) => tree.find(schema.dnKey(dn)),
      takesPasswordState: true,
    });
    const { values, master } = opened;
    const problems = await takeFiles(options, leftOut, {
      bulk,
      replaced: options.isReplacing ? replaced : undefined,
      keys: { values, master, schema },
    });
    const changeCount = bulk.changes.length;
    const isRight = problems.every((one) => leftOut.has(placeOf(one)));
    const providers = bulk.changes.map(dnOfChange).filter((dn) => PROVIDER.test(dn.toString()));
    const imported = providers.flatMap((dn) => tree.find(schema.dnKey(dn)) ?? []);
    const warnings = isRight ? await unusableFiles(imported, validator, choice.instance) : [];
    if (!isRight || options.isTrial || changeCount === 0)
      return { problems, changeCount, madeCount: 0, number: undefined, warnings };
    const number = store.lastNumber + 1;
    await append(store, [bulk.commit(number)]);
    const snapshot = store.snapshot(configuration.tree.allEntries(), number, configuration.checkedBy);
    // Nobody waits for anything else: a store that is closing does not pause.
    await Promise.all([snapshot, store.close()]);
    return { problems, changeCount, madeCount: changeCount, number, warnings };
  } finally {
    threads.close();
    await store.close();
  }
}

/** Objects that the records of files go through. */
interface ImportParts {
  readonly bulk: BulkImport;
  readonly replaced: ReplacedEntries | undefined;
  readonly keys: ImportKeys;
}

async function takeFiles(
  { files, world, stdin, allowsFiles }: OfflineImportOptions,
  leftOut: ReadonlySet<string>,
  { bulk, replaced, keys }: ImportParts,
): Promise<ImportProblem[]> {
  const problems: ImportProblem[] = [];
  const bar = new ProgressBar(world.stderr, 'checking');
  for (const [index, file] of files.entries()) {
    const secrets = new ImportedSecrets(keys, file);
    const changes = readChanges({
      path: file,
      begun: (octets) => secrets.begin(octets),
      allowsFiles,
      stdin,
      wrong: ({ line, problem }) => problems.push({ file, line, problem }),
      progress: (done, total) => bar.show(done, total, `${bulk.changes.length} changes`),
    });
    for await (const batch of changes) {
      const read = batch.map((one) => ({ ...one, ...secrets.decrypt(one.change) }));
      bulk.prepare(read.flatMap(({ change, problem }) => (problem === undefined ? [change] : [])));
      for (const { line, change, controls, problem } of read) {
        if (leftOut.has(placeOf({ file, line }))) continue;
        if (problem !== undefined) {
          problems.push({ file, line, problem });
          continue;
        }
        const refused = controls.find(({ criticality }) => criticality);
        if (refused !== undefined) {
          problems.push({ file, line, problem: `${dnOfChange(change)}: ${refusedControl(refused)}` });
          continue;
        }
        if (bulk.takeByTemplate(change)) continue;
        const needed = replaced === undefined ? change : await replaced.changeFor(change);
        if (needed !== undefined) await bulk.take(needed, { file: index, line });
      }
    }
  }
  await bulk.validate();
  bar.end();
  for (const { place, problem } of bulk.problems)
    problems.push({ file: files[place?.file ?? 0] ?? '', line: place?.line ?? 0, problem });
  return problems.sort(
    (one, other) => files.indexOf(one.file) - files.indexOf(other.file) || one.line - other.line,
  );
}

function placeOf({ file, line }: Pick<ImportProblem, 'file' | 'line'>): string {
  return `${file}:${line}`;
}

/** Makes a log that tells the person at the command line about the store. */
function logOf({ stderr }: World): Log {
  const write = (_: object, message: string) => void stderr.write(`${message}\n`);
  return { info: () => {}, warn: write, error: write };
}
