// `confdit plan` and `confdit apply`: a tree compared with files, and made as they say in one transaction.

import type { Definitions } from '../../config/definitions.ts';
import type { Schema } from '../../schema/schema.ts';
import { askYesOrNo } from '../ask.ts';
import { type Command, CommandError, type CommandOption, type Invocation, type World } from '../command.ts';
import type { Directory, OpenDirectory } from '../directory.ts';
import { ExitCode } from '../exit-code.ts';
import { whileWorking } from '../progress-bar.ts';
import { type DesiredEntry, readDesiredEntries } from './desired-entries.ts';
import { attributesToCompare, type PlannedChange, planChanges } from './plan.ts';
import { describePlan, type EntryDifference, formatPlan } from './plan-text.ts';

export interface PlanCommandsOptions {
  readonly schema: () => Promise<Schema>;
  readonly definitions: (schema: Schema) => Definitions;
  readonly connectionOptions: readonly CommandOption[];
  readonly open: OpenDirectory;
}

/** Where the files' entries live: the suffix whose entries are compared. */
const ROOT = 'cn=config';

const OPTIONS: readonly CommandOption[] = [
  {
    name: 'prune',
    value: 'DN',
    repeatable: true,
    synopsis: 'delete what lives below this entry and stands in none of the files',
  },
  { name: 'json', synopsis: 'print JSON' },
];

export function planCommands(options: PlanCommandsOptions): readonly Command[] {
  const group = 'Configuration as files';
  const operands = 'FILE...';
  return [
    {
      name: 'plan',
      group,
      operands,
      synopsis: 'Shows what would change if the configuration were as files say.',
      description:
        'The files hold whole entries: an attribute that an entry of theirs does not have is to be removed. Entries\n' +
        'that stand in no file are left alone, unless --prune names what they live below.',
      options: [
        ...OPTIONS,
        { name: 'detailed-exitcode', synopsis: 'exit with 2 while something is to be changed' },
        ...options.connectionOptions,
      ],
      run: (invocation, world) =>
        withPlan(invocation, world, options, async ({ plan, text }) => {
          world.stdout.write(text);
          return plan.length > 0 && invocation.has('detailed-exitcode') ? ExitCode.changes : ExitCode.success;
        }),
    },
    {
      name: 'apply',
      group,
      operands,
      synopsis: 'Makes the configuration as files say: all changes at once, or none.',
      description:
        'Shows the plan and asks first, unless --no-prompt is given. Nothing is changed when somebody else has changed\n' +
        'one of the entries meanwhile.',
      options: [
        ...OPTIONS,
        { name: 'no-prompt', short: 'n', synopsis: 'do not ask' },
        ...options.connectionOptions,
      ],
      run: (invocation, world) =>
        withPlan(invocation, world, options, async ({ plan, described, text, directory }) => {
          const isJson = invocation.has('json');
          if (!isJson) world.stdout.write(text);
          if (plan.length === 0) {
            if (isJson) world.stdout.write(formatApplied(described, ''));
            return ExitCode.success;
          }
          if (!invocation.has('no-prompt') && !(await askYesOrNo('Make these changes?', world))) {
            throw new CommandError('Nothing was changed.', ExitCode.cancelled);
          }
          const notes = await whileWorking(world.stderr, 'applying', changeAll(directory, plan));
          const done = `Done.\n${notes === '' ? '' : `${notes}\n`}`;
          world.stdout.write(isJson ? formatApplied(described, notes) : done);
          return ExitCode.success;
        }),
    },
  ];
}

async function changeAll(directory: Directory, plan: readonly PlannedChange[]): Promise<string> {
  try {
    return await directory.changeAll(plan);
  } catch (error) {
    // Of a connection that is lost nobody knows what came of it.
    if (!(error instanceof CommandError) || error.exitCode === ExitCode.serverDown) throw error;
    throw new CommandError(`Nothing was changed. ${error.message}`, error.exitCode, { cause: error });
  }
}

/** JSON: what was changed, and what is still to be done. */
function formatApplied(changes: readonly EntryDifference[], notes: string): string {
  const applied = { changes, notes: notes === '' ? [] : notes.split('\n') };
  return `${JSON.stringify(applied, undefined, 2)}\n`;
}

interface MadePlan {
  readonly plan: readonly PlannedChange[];
  readonly described: readonly EntryDifference[];
  readonly text: string;
  readonly directory: Directory;
}

async function withPlan(
  invocation: Invocation,
  world: World,
  options: PlanCommandsOptions,
  use: (made: MadePlan) => Promise<ExitCode>,
): Promise<ExitCode> {
  const { operands } = invocation;
  if (operands.length === 0) {
    throw new CommandError('Which files say how it shall be?', ExitCode.parameterError);
  }
  const schema = await options.schema();
  const definitions = options.definitions(schema);
  const desired = await readDesiredEntries(operands, schema);
  refuseStrangers(desired, schema);
  const containers = invocation.values('prune').map((dn) => ({ dn, key: schema.dnKeyOfText(dn) }));
  const directory = await options.open(invocation, world);
  try {
    const attributes = attributesToCompare(schema);
    const found = directory.search({ base: ROOT, scope: 'sub', attributes });
    const current = await whileWorking(world.stderr, 'comparing', found);
    refuseUnknown(containers, new Set(current.map(({ dn }) => schema.dnKey(dn))));
    const plan = planChanges({
      schema,
      desired: desired.map(({ entry }) => entry),
      current,
      pruned: containers.map(({ key }) => key),
      hashedAttributes: definitions.hashedAttributes,
    });
    const described = describePlan(plan, definitions);
    const text = invocation.has('json')
      ? `${JSON.stringify(described, undefined, 2)}\n`
      : formatPlan(described, world.stdout);
    return await use({ plan, described, text, directory });
  } finally {
    await directory.close();
  }
}

/** Only the configuration is compared: what lies elsewhere would be added each time. */
function refuseStrangers(desired: readonly DesiredEntry[], schema: Schema): void {
  const problems = desired
    .filter(({ entry }) => !`,${schema.dnKey(entry.dn)}`.endsWith(`,${ROOT}`))
    .map(({ entry, file, line }) => `${file}:${line}: ${entry.dn} is not below ${ROOT}. Take it out.`);
  if (problems.length > 0) throw new CommandError(problems.join('\n'), ExitCode.wrongData);
}

/** A container that is wrongly spelled would keep what was to go. */
function refuseUnknown(
  containers: readonly { readonly dn: string; readonly key: string }[],
  known: ReadonlySet<string>,
): void {
  const problems = containers
    .filter(({ key }) => !known.has(key))
    .map(({ dn }) => `--prune ${dn}: there is no such entry below ${ROOT}.`);
  if (problems.length > 0) throw new CommandError(problems.join('\n'), ExitCode.noSuchObject);
}
