// `confdit check` and `confdit repair`: whether an instance whose server is down is whole, and what is done when not.

import { resolve } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { nodeFileSystem } from '../../files/file-system.ts';
import { lockFolder } from '../../files/folder-lock.ts';
import { findExposed } from '../../files/permissions.ts';
import { environmentWith } from '../../instance/environment-file.ts';
import { secretPlaces } from '../../instance/instance.ts';
import { lookForClearSecrets, readValues } from '../../instance/keys/stored-secrets.ts';
import { formatOutdatedValue, outdatedValues } from '../../instance/load-configuration.ts';
import { configFolderOf, schemaOf } from '../../instance/offline-instance.ts';
import { StartError } from '../../instance/start-error.ts';
import { findUntrustedPlaces } from '../../instance/trusted-instance.ts';
import { unusableFiles } from '../../instance/unusable-files.ts';
import { upgradeNotes } from '../../instance/upgrade-notices.ts';
import { type StoredValues, VALUES_AS_STORED } from '../../store/encryption/stored-values.ts';
import {
  checkStore,
  problemOfExposed,
  type StoreCheck,
  type StoreProblem,
  type StoreRepair,
} from '../../store/store-check.ts';
import { StoreError } from '../../store/store-error.ts';
import { repairStore } from '../../store/store-repair.ts';
import { askYesOrNo } from '../ask.ts';
import type { Invocation, World } from '../command.ts';
import { asCommandError } from '../command-errors.ts';
import { ExitCode } from '../exit-code.ts';
import { openOfflineConfiguration } from '../offline/offline-configuration.ts';
import { formatJson } from '../output-options.ts';
import { instanceOf } from './instance-options.ts';

/** One repair may bring to light what the damage had hidden. */
const ROUNDS_MAX = 5;

const NOTHING: { readonly problems: readonly string[]; readonly notes: readonly string[] } = {
  problems: [],
  notes: [],
};

/** Reports what is wrong with the instance. */
export function checkInstance(invocation: Invocation, world: World): Promise<ExitCode> {
  return runExclusive(invocation, world, (folder) => check(folder, invocation, world));
}

/** Repairs what can be repaired, after a question. */
export function repairInstance(invocation: Invocation, world: World): Promise<ExitCode> {
  return runExclusive(invocation, world, (folder) => repair(folder, invocation, world));
}

/** Calls \`work\` with the folder of config.ldif, while no server can start on it. */
async function runExclusive(
  invocation: Invocation,
  world: World,
  work: (folder: string) => Promise<ExitCode>,
): Promise<ExitCode> {
  return asCommandError(async () => {
    const folder = await configFolderOf(instanceOf(invocation, world));
    const lock = await lockFolder(folder);
    try {
      return await work(folder);
    } finally {
      await lock.release();
    }
  });
}

async function check(folder: string, invocation: Invocation, world: World): Promise<ExitCode> {
  const found = await look(folder, invocation, world);
  if (!invocation.has('json')) show(found, world);
  const { problems, notes } =
    found.problems.length > 0 ? NOTHING : await lookAtConfiguration(folder, invocation, world);
  if (invocation.has('json')) {
    const all = [
      ...found.problems.map(({ problem, remedy }) => ({ problem, remedy })),
      ...problems.map((problem) => ({ problem })),
    ];
    world.stdout.write(formatJson({ folder, problems: all, notes: [...found.notes, ...notes] }));
    return all.length === 0 ? ExitCode.success : ExitCode.failed;
  }
  for (const line of [...problems, ...notes]) world.stdout.write(`${line}\n`);
  const count = found.problems.length + problems.length;
  if (count === 0) world.stdout.write(`${folder} is whole: ${extentOf(found)}.\n`);
  else if (found.problems.some(({ repair: one }) => one !== undefined))
    world.stdout.write('To have that done: confdit repair\n');
  return count === 0 ? ExitCode.success : ExitCode.failed;
}

/** At the store, and at who may read and write what lies beside it. */
async function look(folder: string, invocation: Invocation, world: World): Promise<StoreCheck> {
  const exposed = await findExposed(
    nodeFileSystem,
    await secretPlaces(instanceOf(invocation, world).instance),
    'readable',
  );
  const { values, problems } = await valuesOf(invocation, world);
  const found = await checkStore(nodeFileSystem, folder, values);
  const clear = await lookForClearSecrets(resolve(instanceOf(invocation, world).instance), values);
  const untrusted = (await findUntrustedPlaces(instanceOf(invocation, world).instance)).map((problem) => ({
    path: folder,
    problem,
    remedy: 'Only who owns it, or root, can do that.',
  }));
  return {
    ...found,
    problems: [
      ...untrusted,
      ...exposed.map(problemOfExposed),
      ...problems,
      ...found.problems,
      ...clear.problems,
    ],
    notes: [...found.notes, ...clear.notes],
  };
}

/** Opens what reads secret values. Without a key that fits, values stay as they are in the files, and that is a problem. */
async function valuesOf(
  invocation: Invocation,
  world: World,
): Promise<{ readonly values: StoredValues; readonly problems: readonly StoreProblem[] }> {
  const choice = instanceOf(invocation, world);
  try {
    const environment = await environmentWith(choice.environmentFile, world.env);
    const schema = await schemaOf(choice);
    return { values: await readValues({ folder: choice.instance, environment, schema }), problems: [] };
  } catch (error) {
    // Schema files that cannot be read are reported with the configuration.
    if (!(error instanceof StartError || error instanceof StoreError))
      return { values: VALUES_AS_STORED, problems: [] };
    const path = choice.instance;
    const remedy = 'Without the key no server starts, and the secrets cannot be read.';
    return { values: VALUES_AS_STORED, problems: [{ path, problem: error.message, remedy }] };
  }
}

function extentOf({ snapshotNumber, lastNumber }: StoreCheck): string {
  if (snapshotNumber === undefined) return 'nothing is stored yet';
  return `config.ldif goes through change ${snapshotNumber}, the journal through change ${lastNumber ?? snapshotNumber}`;
}

/** Reports what a start would say of the configuration itself. */
async function lookAtConfiguration(
  folder: string,
  invocation: Invocation,
  world: World,
): Promise<typeof NOTHING> {
  const choice = instanceOf(invocation, world);
  const { problems, configuration } = await openOfflineConfiguration(choice, [], world);
  if (problems.length > 0) return { problems, notes: [] };
  const { tree, validator } = configuration;
  const outdated = outdatedValues(configuration, tree.entries()).map(formatOutdatedValue);
  const unusable = await unusableFiles(tree.entries(), validator, choice.instance);
  return { problems, notes: [...outdated, ...unusable, ...(await upgradeNotes(folder, configuration))] };
}

async function repair(folder: string, invocation: Invocation, world: World): Promise<ExitCode> {
  let found = await look(folder, invocation, world);
  show(found, world);
  for (let round = 1; round <= ROUNDS_MAX && found.problems.length > 0; round++) {
    const repairs = repairsOf(found.problems);
    if (repairs.length === 0) break;
    if (!invocation.has('no-prompt') && !(await askYesOrNo('Shall that be done?', world)))
      return ExitCode.cancelled;
    const aside = await repairStore(repairs, { fileSystem: nodeFileSystem, folder, now: new Date() });
    if (aside !== undefined) world.stdout.write(`What was taken away is in ${aside}\n`);
    found = await look(folder, invocation, world);
    show(found, world);
    // Each round has a folder of its own.
    await setTimeout(1);
  }
  if (found.problems.length > 0) return ExitCode.failed;
  world.stdout.write(`${folder} is whole: ${extentOf(found)}.\n`);
  return ExitCode.success;
}

function repairsOf(problems: readonly StoreProblem[]): StoreRepair[] {
  return problems.flatMap(({ repair: one }): readonly StoreRepair[] => (one === undefined ? [] : [one]));
}

function show({ problems, notes }: StoreCheck, { stdout }: Pick<World, 'stdout'>): void {
  for (const { problem, remedy } of problems) stdout.write(`${problem}\n  ${remedy}\n`);
  for (const note of notes) stdout.write(`${note}\n`);
}
