// A file of entries in one form, with its comments. What it says is compared before anything is given back: a formatter that
// loses something must not get at anybody's file.

import type { LdifError } from '../../codec/ldif-error.ts';
import { readLdif } from '../../codec/ldif-reader.ts';
import { formatChange } from '../../codec/ldif-writer.ts';
import type { Schema } from '../../schema/schema.ts';
import { CommandError } from '../command.ts';
import { ExitCode } from '../exit-code.ts';
import { formatLdif, formatLdifEntry } from '../files/format-ldif.ts';
import { formatPlace } from '../files/problem-report.ts';
import type { DocumentFormat } from './document-format.ts';
import { formatJsonEntry } from './format-objects.ts';
import { formatYaml } from './format-yaml.ts';
import { formatOf, readDocument } from './read-document.ts';

/** Throws CommandError with all that is wrong with the text. */
export function formatDocument(text: string, file: string, schema: Schema): string {
  const format = formatOf(file, text);
  const said = whatIsSaid(text, format, file, schema);
  const formatted = format === 'ldif' ? formatLdif(text, schema) : formatObjects(text, format);
  const isSame = JSON.stringify(whatIsSaid(formatted, format, file, schema)) === JSON.stringify(said);
  if (isSame) return formatted;
  const problem =
    'would say something else when it is formatted, so it is left as it is. This is a fault of confdit.';
  throw new CommandError(`${file} ${problem}`, ExitCode.other);
}

function formatObjects(text: string, format: DocumentFormat): string {
  if (format === 'yaml') return formatYaml(text);
  const objects = readDocument(text, format).records.map(({ entry }) => formatJsonEntry(entry));
  if (!text.trimStart().startsWith('[')) return `${objects.join('')}\n`;
  if (objects.length === 0) return '[]\n';
  return `[\n${objects.map((object) => object.replace(/^/gm, '  ')).join(',\n')}\n]\n`;
}

/** Each entry and each change in one form, in their order. */
function whatIsSaid(text: string, format: DocumentFormat, file: string, schema: Schema): readonly string[] {
  if (format === 'ldif') return ldifRecords(text, file, schema);
  const { records, problems } = readDocument(text, format);
  refuse(problems.map((one) => `${formatPlace({ file, ...one })}${one.problem}`));
  return records.map(({ entry }) => formatLdifEntry(entry, schema));
}

/** Changes are formatted too, and values from URLs stay URLs. */
function ldifRecords(text: string, file: string, schema: Schema): readonly string[] {
  const problems: string[] = [];
  const wrong = ({ line, problem }: LdifError) =>
    void problems.push(`${formatPlace({ file, line, column: 1 })}${problem}`);
  const records = readLdif(text, { readUrl: (url) => url, wrong });
  refuse(problems);
  return records.map((record) =>
    record.type === 'content' ? formatLdifEntry(record.entry, schema) : formatChange(record.change),
  );
}

function refuse(problems: readonly string[]): void {
  if (problems.length > 0) throw new CommandError(problems.join('\n'), ExitCode.wrongData);
}
