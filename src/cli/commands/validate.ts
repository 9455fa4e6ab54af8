// `confdit validate`: files checked as a server would check them, without any server: for a pipeline.

import { countOf } from '../../ldap/issue.ts';
import { CommandError, type Invocation, UsageError, type World } from '../command.ts';
import { asCommandError } from '../command-errors.ts';
import { ExitCode } from '../exit-code.ts';
import { formatReport, MISSING_FILES, REPORT_FORMATS } from '../files/problem-report.ts';
import { type FileValidation, validateFiles } from '../offline/file-validation.ts';
import { formatJson } from '../output-options.ts';
import { instanceOf } from './instance-options.ts';

/** Checks files and reports all problems. */
export async function validate(invocation: Invocation, world: World): Promise<ExitCode> {
  if (invocation.operands.length === 0)
    throw new CommandError('Which files shall be checked?', ExitCode.parameterError);
  const format = invocation.has('json') ? 'json' : oneOf(invocation, 'format', REPORT_FORMATS, 'text');
  const choice = invocation.has('instance') ? instanceOf(invocation, world) : undefined;
  const found = await asCommandError(() =>
    validateFiles({
      checked: invocation.operands,
      others: invocation.values('with'),
      choice,
      definitions: invocation.values('define'),
      environmentFile: invocation.value('env-file'),
      missingFiles: oneOf(
        invocation,
        'missing-files',
        MISSING_FILES,
        choice === undefined ? 'warn' : 'error',
      ),
      world,
    }),
  );
  world.stdout.write(format === 'json' ? formatJson(asJson(found)) : formatReport(found, format));
  if (found.problems.length > 0) return ExitCode.failed;
  if (format === 'text') world.stdout.write(summaryOf(found));
  return ExitCode.success;
}

function oneOf<Word extends string>(
  invocation: Invocation,
  option: string,
  words: readonly Word[],
  otherwise: Word,
): Word {
  const written = invocation.value(option) ?? otherwise;
  const word = words.find((one) => one === written.toLowerCase());
  if (word === undefined) throw new UsageError(`--${option} is one of ${words.join(', ')}.`);
  return word;
}

function asJson({ entryCount, problems, warnings }: FileValidation): object {
  return { entries: entryCount, problems, ...(warnings.length === 0 ? {} : { warnings }) };
}

function summaryOf({ entryCount, warnings }: FileValidation): string {
  const warned = warnings.length === 0 ? '' : `, ${countOf(warnings.length, 'warning')}`;
  return `${countOf(entryCount, 'entry', 'entries')}, no problems${warned}.\n`;
}
