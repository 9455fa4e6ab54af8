// `confdit fmt`: files of entries in one form, in place, as formatters of code do.

import { replaceText } from '../../files/replaced-file.ts';
import { CommandError, type Invocation, type World } from '../command.ts';
import { formatDocument } from '../documents/format-document.ts';
import { ExitCode } from '../exit-code.ts';
import { commandErrorFrom } from '../file-argument.ts';
import { findInputFiles, readInputFile, STANDARD } from '../files/input-files.ts';
import { shippedSchema } from './shipped-schema.ts';

/** Writes files of entries in one form, or reports which have another. */
export async function format(invocation: Invocation, world: World): Promise<ExitCode> {
  const schema = await shippedSchema();
  const operands = invocation.operands.length === 0 ? [STANDARD] : invocation.operands;
  const isChecked = invocation.has('check');
  const changed: { readonly file: string; readonly text: string }[] = [];
  const problems: string[] = [];
  for (const file of await findInputFiles(operands)) {
    try {
      const isStandard = file === STANDARD;
      const before = await readInput(file, world);
      const text = formatDocument(before, isStandard ? 'standard input' : file, schema);
      if (isStandard ? !isChecked || text !== before : text !== before) changed.push({ file, text });
    } catch (error) {
      if (!(error instanceof CommandError)) throw error;
      problems.push(error.message);
    }
  }
  if (problems.length > 0) throw new CommandError(problems.join('\n'), ExitCode.wrongData);
  for (const { file, text } of changed) {
    if (file === STANDARD && !isChecked) {
      world.stdout.write(text);
      continue;
    }
    world.stdout.write(`${file}\n`);
    if (!isChecked) await replaceText(file, text);
  }
  return isChecked && changed.length > 0 ? ExitCode.failed : ExitCode.success;
}

async function readInput(file: string, { stdin }: World): Promise<string> {
  try {
    return await readInputFile(file, stdin);
  } catch (error) {
    throw commandErrorFrom(error);
  }
}
