// `confdit fmt`: LDIF files in one form, in place, as formatters of code do.

import { writeFile } from 'node:fs/promises';
import { type Command, CommandError, type Invocation, type World } from '../../cli/command.ts';
import { ExitCode } from '../../cli/exit-code.ts';
import { commandErrorFrom } from '../../cli/file-argument.ts';
import { formatLdif } from '../../cli/files/format-ldif.ts';
import { findInputFiles, readInputFile, STANDARD } from '../../cli/files/input-files.ts';
import { LdifError } from '../../codec/ldif-error.ts';
import type { Schema } from '../../schema/schema.ts';
import { shippedSchema } from './shipped-schema.ts';

export const formatCommand: Command = {
  name: 'fmt',
  group: 'Configuration as files',
  operands: '[FILE...]',
  synopsis: 'Writes LDIF files in one form; without files, standard input to standard output.',
  description:
    'FILE may be a folder, with all *.ldif files below it, or - for standard input to standard output.',
  options: [
    { name: 'check', synopsis: 'write nothing; name the files that have another form, and exit with 1' },
  ],
  run: format,
};

async function format(invocation: Invocation, world: World): Promise<ExitCode> {
  const schema = await shippedSchema();
  let exitCode: ExitCode = ExitCode.success;
  const { operands } = invocation;
  for (const file of operands.length === 0 ? [STANDARD] : await findInputFiles(operands)) {
    const before = await readInput(file, world);
    const after = formatOrRefuse(before, file, schema);
    const isWritten = file === STANDARD && !invocation.has('check');
    if (isWritten) world.stdout.write(after);
    if (before === after || isWritten) continue;
    world.stdout.write(`${file}\n`);
    if (invocation.has('check')) exitCode = ExitCode.failed;
    else await writeFile(file, after);
  }
  return exitCode;
}

async function readInput(file: string, { stdin }: World): Promise<string> {
  try {
    return await readInputFile(file, stdin);
  } catch (error) {
    throw commandErrorFrom(error);
  }
}

function formatOrRefuse(text: string, file: string, schema: Schema): string {
  try {
    return formatLdif(text, schema);
  } catch (error) {
    if (!(error instanceof LdifError)) throw error;
    throw new CommandError(`${file}: ${error.message}`, ExitCode.wrongData, { cause: error });
  }
}
