// `confdit convert`: files of entries from one form into another, to standard output.

import { countOf } from '../../ldap/issue.ts';
import { CommandError, type Invocation, type World } from '../command.ts';
import type { RecordComments } from '../documents/document.ts';
import { formatOfOption } from '../documents/document-format.ts';
import { EntryWriter } from '../documents/entry-writer.ts';
import { ExitCode } from '../exit-code.ts';
import { readDesiredEntries } from '../files/desired-entries.ts';
import { findInputFiles } from '../files/input-files.ts';
import { shippedSchema } from './shipped-schema.ts';

/** Prints the entries of files in another form. */
export async function convert(invocation: Invocation, world: World): Promise<ExitCode> {
  const format = formatOfOption('to', invocation.value('to') ?? 'yaml');
  if (invocation.operands.length === 0)
    throw new CommandError('Which files shall be converted?', ExitCode.parameterError);
  const schema = await shippedSchema();
  const files = await findInputFiles(invocation.operands);
  const entries = await readDesiredEntries(files, schema, world.stdin);
  const writer = new EntryWriter(format, schema);
  for (const { entry, comments } of entries) world.stdout.write(writer.next(entry, comments));
  world.stdout.write(writer.end());
  const count = format === 'json' ? entries.filter(({ comments }) => hasComments(comments)).length : 0;
  if (count > 0)
    world.stderr.write(
      `JSON has no comments: those of ${countOf(count, 'entry', 'entries')} are left out.\n`,
    );
  return ExitCode.success;
}

function hasComments({ head, byKey, tail }: RecordComments): boolean {
  return head.length + byKey.size + tail.length > 0;
}
