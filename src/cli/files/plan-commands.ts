// `confdit plan` and `confdit apply`: a tree compared with files, and made as they say in one transaction.

import { Definitions, objectDefinitions } from '../../config/definitions.ts';
import { isAtOrBelow } from '../../ldap/dn-key.ts';
import type { Schema } from '../../schema/schema.ts';
import { askYesOrNo } from '../ask.ts';
import { CommandError, type Invocation, type World } from '../command.ts';
import { shippedSchema } from '../commands/shipped-schema.ts';
import type { Directory } from '../connection/directory.ts';
import { openTyped } from '../declarations/tree-options.ts';
import { ExitCode } from '../exit-code.ts';
import { whileWorking } from '../progress-bar.ts';
import type { ServerJudgement } from './all-servers.ts';
import { type DesiredEntry, readFilesOfEntries } from './desired-entries.ts';
import { findInputFiles } from './input-files.ts';
import { locateSentence } from './located-problem.ts';
import { attributesToCompare, type PlannedChange, planChanges } from './plan.ts';
import { judgePlan } from './plan-judgement.ts';
import { describePlan, formatPlan, type PlannedEntry } from './plan-text.ts';
import { type FileProblem, formatPlace } from './problem-report.ts';

/** Where the files' entries live: the suffix whose entries are compared. */
const ROOT = 'cn=config';

/** Shows what would change, and whether it can be changed. */
export function plan(invocation: Invocation, world: World): Promise<ExitCode> {
  return withPlan(invocation, world, ExitCode.failed, (made) => showPlan(made, invocation, world));
}

/** Makes the changes, after a question. */
export function apply(invocation: Invocation, world: World): Promise<ExitCode> {
  return withPlan(invocation, world, ExitCode.wrongData, (made) => applyPlan(made, invocation, world));
}

async function showPlan(made: MadePlan, invocation: Invocation, world: World): Promise<ExitCode> {
  const { plan, text, directory } = made;
  world.stdout.write(text);
  const judging = judgePlan(directory, plan);
  const { notes, problems, unknown } = await whileWorking(world.stderr, 'trying', judging);
  for (const problem of problems) world.stderr.write(`${inFile(problem, made)}\n`);
  const others = await tellOthers(made, invocation, world);
  const all = [...problems, ...others.flatMap((one) => one.problems)];
  if (all.length > 0) {
    const count = all.length === 1 ? 'this problem' : `these ${all.length} problems`;
    throw new CommandError(`The plan cannot be applied because of ${count}.`, ExitCode.failed);
  }
  if (unknown !== undefined)
    world.stderr.write(`Whether the plan can be applied is not known; it could not be tried: ${unknown}\n`);
  // What reads JSON gets nothing else.
  for (const note of notes) world[invocation.has('json') ? 'stderr' : 'stdout'].write(`${note}\n`);
  return plan.length > 0 && invocation.has('detailed-exitcode') ? ExitCode.changes : ExitCode.success;
}

/** Has the other servers of the cluster try the plan, with --all-servers, and prints what each of them says. */
async function tellOthers(
  made: MadePlan,
  invocation: Invocation,
  world: World,
): Promise<readonly ServerJudgement[]> {
  if (!invocation.has('all-servers')) return [];
  const { judgeElsewhere } = await import('./all-servers.ts');
  const judging = judgeElsewhere(made.directory, made.plan, invocation, world);
  const judgements = await whileWorking(world.stderr, 'trying elsewhere', judging);
  for (const { name, problems, unknown } of judgements) {
    for (const problem of problems) world.stderr.write(`Server ${name}: ${inFile(problem, made)}\n`);
    if (unknown !== undefined)
      world.stderr.write(`Server ${name}: whether the plan can be applied there is not known: ${unknown}\n`);
  }
  return judgements;
}

async function applyPlan(made: MadePlan, invocation: Invocation, world: World): Promise<ExitCode> {
  const { plan, described, text } = made;
  const isJson = invocation.has('json');
  if (!isJson) world.stdout.write(text);
  if (plan.length === 0) {
    if (isJson) world.stdout.write(formatApplied(described, ''));
    return ExitCode.success;
  }
  const refusing = (await tellOthers(made, invocation, world)).find(({ problems }) => problems.length > 0);
  if (refusing !== undefined)
    throw new CommandError(
      `Nothing was changed, because the server ${refusing.name} would refuse it.`,
      refusing.exitCode,
    );
  if (!invocation.has('no-prompt')) {
    // Nobody is asked for what cannot be done.
    const judged = await whileWorking(world.stderr, 'trying', judgePlan(made.directory, plan));
    if (judged.problems.length > 0) throw refusal(judged.problems, judged.exitCode, made);
    if (!(await askYesOrNo('Make these changes?', world)))
      throw new CommandError('Nothing was changed.', ExitCode.cancelled);
  }
  const notes = await whileWorking(world.stderr, 'applying', changeAll(made));
  const done = `Done.\n${notes === '' ? '' : `${notes}\n`}`;
  world.stdout.write(isJson ? formatApplied(described, notes) : done);
  return ExitCode.success;
}

/** Makes the changes. A refusal is reported with all other problems, each with its file and line. */
async function changeAll(made: MadePlan): Promise<string> {
  const { directory, plan } = made;
  try {
    return await directory.changeAll(plan);
  } catch (error) {
    // Of a connection that is lost nobody knows what came of it.
    if (!(error instanceof CommandError) || error.exitCode === ExitCode.serverDown) throw error;
    const judged = await judgePlan(directory, plan);
    const problems = judged.problems.length > 0 ? judged.problems : error.message.split('\n');
    throw refusal(problems, error.exitCode, made);
  }
}

function refusal(problems: readonly string[], exitCode: ExitCode, made: MadePlan): CommandError {
  const lines = problems.map((problem) => inFile(problem, made));
  const text = `Nothing was changed.${lines.length === 1 ? ' ' : '\n'}${lines.join('\n')}`;
  return new CommandError(text, exitCode);
}

/** Returns a problem with the place that it comes from, if a file has its entry. */
function inFile(problem: string, { names }: MadePlan): string {
  const located = locateSentence(problem, names);
  return located === undefined ? problem : `${formatPlace(located)}${problem}`;
}

/** JSON: what was changed, and what is still to be done. */
function formatApplied(changes: readonly PlannedEntry[], notes: string): string {
  const applied = { changes, notes: notes === '' ? [] : notes.split('\n') };
  return `${JSON.stringify(applied, undefined, 2)}\n`;
}

interface MadePlan {
  readonly plan: readonly PlannedChange[];
  readonly described: readonly PlannedEntry[];
  readonly text: string;
  readonly directory: Directory;
  /** The entries of the files by each spelling of their names. */
  readonly names: ReadonlyMap<string, DesiredEntry>;
}

async function withPlan(
  invocation: Invocation,
  world: World,
  wrongFiles: ExitCode,
  use: (made: MadePlan) => Promise<ExitCode>,
): Promise<ExitCode> {
  const { operands } = invocation;
  if (operands.length === 0) {
    throw new CommandError('Which files say how it shall be?', ExitCode.parameterError);
  }
  const schema = await shippedSchema();
  const definitions = new Definitions(objectDefinitions, (text) => schema.dnKeyOfText(text));
  const files = await findInputFiles(operands);
  const { entries: desired, problems } = await readFilesOfEntries(files, schema, world.stdin);
  refuseProblems([...problems, ...findStrangers(desired, schema)], wrongFiles);
  const containers = invocation.values('prune').map((dn) => ({ dn, key: schema.dnKeyOfText(dn) }));
  const directory = await openTyped(invocation, world);
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
    return await use({ plan, described, text, directory, names: namesOf(desired, plan, schema) });
  } finally {
    await directory.close();
  }
}

/** A server may spell a name in another way than the file. */
function namesOf(
  desired: readonly DesiredEntry[],
  plan: readonly PlannedChange[],
  schema: Schema,
): ReadonlyMap<string, DesiredEntry> {
  const byKey = new Map(desired.map((one) => [schema.dnKey(one.entry.dn), one]));
  const names = new Map(desired.map((one) => [one.entry.dn.toString(), one]));
  for (const { before } of plan) {
    const one = before && byKey.get(schema.dnKey(before.dn));
    if (before !== undefined && one !== undefined) names.set(before.dn.toString(), one);
  }
  return names;
}

/** Only the configuration is compared: what lies elsewhere would be added each time. */
function findStrangers(desired: readonly DesiredEntry[], schema: Schema): readonly FileProblem[] {
  return desired
    .filter(({ entry }) => !isAtOrBelow(schema.dnKey(entry.dn), ROOT))
    .map(({ entry, file, line, column }) => {
      const text = `${entry.dn} is not below ${ROOT}. Take it out.`;
      return { file, line, column, text, rule: 'stranger' };
    });
}

function refuseProblems(problems: readonly FileProblem[], exitCode: ExitCode): void {
  if (problems.length === 0) return;
  const lines = problems.map((problem) => `${formatPlace(problem)}${problem.text}`);
  throw new CommandError(lines.join('\n'), exitCode);
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
