// `confdit fmt`: LDIF files in one form, in place, as formatters of code do.

import { writeFile } from 'node:fs/promises';
import { text as readText } from 'node:stream/consumers';
import { type Command, CommandError, type Invocation, type World } from '../../cli/command.ts';
import { ExitCode } from '../../cli/exit-code.ts';
import { readFileArgument } from '../../cli/file-argument.ts';
import { formatLdif } from '../../cli/files/format-ldif.ts';
import { LdifError } from '../../codec/ldif-error.ts';
import type { Schema } from '../../schema/schema.ts';
import { shippedSchema } from './shipped-schema.ts';

export const formatCommand: Command = {
  name: 'fmt',
  group: 'Configuration as files',
  operands: '[FILE...]',
  synopsis: 'Writes LDIF files in one form; without files, standard input to standard output.',
  options: [
    { name: 'check', synopsis: 'write nothing; name the files that have another form, and exit with 1' },
  ],
  run: format,
};

async function format(invocation: Invocation, world: World): Promise<ExitCode> {
  const schema = await shippedSchema();
  if (invocation.operands.length === 0) {
    world.stdout.write(formatOrRefuse(await readText(world.stdin), 'standard input', schema));
    return ExitCode.success;
  }
  let exitCode: ExitCode = ExitCode.success;
  for (const file of invocation.operands) {
    const before = await readFileArgument(file);
    const after = formatOrRefuse(before, file, schema);
    if (before === after) continue;
    world.stdout.write(`${file}\n`);
    if (invocation.has('check')) exitCode = ExitCode.failed;
    else await writeFile(file, after);
  }
  return exitCode;
}

function formatOrRefuse(text: string, file: string, schema: Schema): string {
  try {
    return formatLdif(text, schema);
  } catch (error) {
    if (!(error instanceof LdifError)) throw error;
    throw new CommandError(`${file}: ${error.message}`, ExitCode.wrongData, { cause: error });
  }
}
