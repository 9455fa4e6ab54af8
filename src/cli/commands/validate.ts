// `confdit validate`: files checked as a server would check them, without any server: for a pipeline.

import { SourcesError } from '../../expression/sources-error.ts';
import { FileError } from '../../files/file-error.ts';
import { SchemaError } from '../../schema/schema-error.ts';
import { type Command, CommandError, type Invocation, UsageError, type World } from '../command.ts';
import { ExitCode } from '../exit-code.ts';
import { formatReport, REPORT_FORMATS } from '../files/problem-report.ts';
import { type FileValidation, MISSING_FILES, validateFiles } from '../offline/file-validation.ts';
import { countOf } from '../offline/import-report.ts';
import { formatJson, JSON_OPTION } from '../output.ts';
import { instanceOf, SOURCE_OPTIONS } from './instance-options.ts';

export const validateCommand: Command = {
  name: 'validate',
  group: 'Configuration as files',
  operands: 'FILE...',
  synopsis: 'Checks files of entries as a server would, without a server.',
  description:
    'FILE may be a folder, or - for standard input. Every problem is told with file, line and column, and the exit code is 1.\n' +
    'The entries are checked over the configuration of a new instance, or over that of --instance; they may name what\n' +
    'stands there. Paths of $<file:PATH>, key stores and trust stores begin at the folder of the first file, or at the\n' +
    'instance. A key manager or trust manager whose file cannot be used is a warning, unless --missing-files=ignore is given.',
  options: [
    {
      name: 'with',
      value: 'PATH',
      repeatable: true,
      synopsis: 'a file or folder with further entries, which those of FILE may name',
    },
    {
      name: 'instance',
      value: 'FOLDER',
      synopsis: 'check over the configuration and the schema of this instance (default: those of a new one)',
    },
    ...SOURCE_OPTIONS,
    {
      name: 'missing-files',
      value: 'MODE',
      synopsis: `what to make of $<file:PATH> without such a file: ${MISSING_FILES.join(', ')} (default: warn; with --instance error)`,
    },
    JSON_OPTION,
    {
      name: 'format',
      value: 'FORMAT',
      values: REPORT_FORMATS,
      synopsis: `${REPORT_FORMATS.join(', ')} (default: text)`,
    },
  ],
  run: validate,
};

async function validate(invocation: Invocation, world: World): Promise<ExitCode> {
  if (invocation.operands.length === 0)
    throw new CommandError('Which files shall be checked?', ExitCode.parameterError);
  const format = invocation.has('json') ? 'json' : oneOf(invocation, 'format', REPORT_FORMATS, 'text');
  const choice = invocation.has('instance') ? instanceOf(invocation, world) : undefined;
  const found = await inWords(() =>
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

async function inWords(work: () => Promise<FileValidation>): Promise<FileValidation> {
  try {
    return await work();
  } catch (error) {
    const isKnown =
      error instanceof SourcesError || error instanceof FileError || error instanceof SchemaError;
    if (!isKnown) throw error;
    throw new CommandError(error.message, ExitCode.wrongData, { cause: error });
  }
}
