// `confdit import-ldif`: entries and changes from LDIF files into a running server, or into an instance whose server is
// down.

import { parseFilter } from '../../codec/filter-text.ts';
import { Definitions, objectDefinitions } from '../../config/definitions.ts';
import { UNUSABLE } from '../../instance/unusable-files.ts';
import { countOf } from '../../ldap/issue.ts';
import { CommandError, type Invocation, type World } from '../command.ts';
import { asCommandError } from '../command-errors.ts';
import type { ChangeStream } from '../connection/change-stream.ts';
import { ExitCode } from '../exit-code.ts';
import { attributesToCompare } from '../files/plan.ts';
import { writeProblems } from '../offline/import-report.ts';
import { readStdin } from '../offline/ldif-file.ts';
import { type ImportOutcome, importOffline, type StoppedImport } from '../offline/offline-import.ts';
import { importOnline } from '../offline/online-import.ts';
import { FoundEntries, ReplacedEntries } from '../offline/replaced-entries.ts';
import { instanceOf } from './instance-options.ts';
import { openChangeStream } from './open-directory.ts';
import { shippedSchema } from './shipped-schema.ts';

/** Imports LDIF files into a server or an instance. */
export async function importLdif(invocation: Invocation, world: World): Promise<ExitCode> {
  const files = invocation.operands;
  if (files.length === 0) throw new CommandError('Which files shall be imported?', ExitCode.parameterError);
  const asked = {
    files,
    world,
    stdin: await readStdin(files, world.stdin),
    allowsFiles: invocation.has('allow-file-urls'),
    isContinued: invocation.has('continue'),
    isTrial: invocation.has('dry-run'),
  };
  const outcome = invocation.has('offline')
    ? await asCommandError(() =>
        importOffline({
          ...asked,
          isReplacing: invocation.has('replace-existing'),
          choice: instanceOf(invocation, world),
        }),
      )
    : await importOnline({
        ...asked,
        replaced: invocation.has('replace-existing') ? await replacedOnServer() : undefined,
        open: () => openChangeStream(invocation, world),
      });
  writeProblems(outcome.problems, world.stderr);
  for (const warning of outcome.warnings ?? []) world.stderr.write(`${UNUSABLE}${warning}\n`);
  world.stdout.write(`${summaryOf(outcome, asked.isTrial)}\n`);
  return outcome.problems.length === 0 ? ExitCode.success : ExitCode.wrongData;
}

/** Finds the entries of a running server that files of an import replace. */
async function replacedOnServer(): Promise<(stream: ChangeStream) => ReplacedEntries> {
  const schema = await shippedSchema();
  const definitions = new Definitions(objectDefinitions, (text) => schema.dnKeyOfText(text));
  const attributes = attributesToCompare(schema);
  return (stream) => {
    const search = (base: string) => stream.search(base, parseFilter('(objectClass=*)'), attributes);
    const found = new FoundEntries(schema, search, isMissing);
    const { hashedAttributes } = definitions;
    return new ReplacedEntries({ schema, hashedAttributes, find: (dn) => found.find(dn) });
  };
}

function isMissing(error: unknown): boolean {
  return error instanceof CommandError && error.exitCode === ExitCode.noSuchObject;
}

/** A change that was refused has ended the import: where, and what of the files is in the server now. */
function stoppedIn(
  { madeCount, problems }: ImportOutcome,
  { file, line, madeAfterCount, notTriedCount }: StoppedImport,
  isTrial: boolean,
): string {
  const after =
    madeAfterCount === 0 ? '' : ` (${madeAfterCount} of them after this line: they were under way)`;
  const failed = `${problems.length} refused, ${notTriedCount} not tried`;
  if (isTrial) return `Stopped at ${file}:${line}. ${failed}; nothing was changed.`;
  const advice = 'To import the rest, correct what was refused and import again with --replace-existing.';
  return `Stopped at ${file}:${line}. ${countOf(madeCount, 'change')} made${after}, ${failed}. ${advice}`;
}

/** The first thing to try where a file has entries that are there, such as an export of a whole configuration. */
function replaceAdvice(problems: ImportOutcome['problems']): string {
  const exists = problems.some(({ problem }) => problem.includes('an entry of this name exists already'));
  return exists ? ' With --replace-existing, entries that are there become what the file says.' : '';
}

function summaryOf(outcome: ImportOutcome, isTrial: boolean): string {
  const { problems, changeCount, madeCount, number, stopped } = outcome;
  if (stopped !== undefined) return stoppedIn(outcome, stopped, isTrial);
  const found = problems.length === 0 ? 'no problems' : countOf(problems.length, 'problem');
  if (isTrial) return `${countOf(changeCount, 'change')} checked, ${found}; nothing was changed.`;
  if (madeCount === 0) return `Nothing was changed: ${found}.${replaceAdvice(problems)}`;
  const where = number === undefined ? '' : `, as change ${number} of the history`;
  return `${countOf(madeCount, 'change')} made${where}; ${found}.`;
}
