// The entries that files describe. Files hold whole entries; a change record has no place among them.

import { UnreadableFile } from '../../files/named-file.ts';
import { UndecodableFile } from '../../files/text.ts';
import { Attribute, type Entry } from '../../ldap/entry.ts';
import { completeClasses } from '../../schema/check-classes.ts';
import type { Schema } from '../../schema/schema.ts';
import { CommandError, type World } from '../command.ts';
import type { DocumentRecord, ReadDocument } from '../documents/document.ts';
import { formatOf, readDocument } from '../documents/read-document.ts';
import { ExitCode } from '../exit-code.ts';
import { readInputFile } from './input-files.ts';
import { type FileProblem, formatPlace } from './problem-report.ts';

export interface DesiredEntry extends DocumentRecord {
  readonly file: string;
}

/** The entries of files, and all that is wrong with the files as files. */
export interface ReadFiles {
  readonly entries: readonly DesiredEntry[];
  readonly problems: readonly FileProblem[];
}

const UNREADABLE = 'unreadable';
const NOT_AN_ENTRY = 'syntax';
const REPEATED = 'repeated';

/**
 * Reads all files, each entry once, and completes what a server would complete: superior classes, and the values of
 * the name. Throws CommandError with file and line of everything that is no entry.
 */
export async function readDesiredEntries(
  files: readonly string[],
  schema: Schema,
  stdin: World['stdin'],
): Promise<readonly DesiredEntry[]> {
  const { entries, problems } = await readFilesOfEntries(files, schema, stdin);
  if (problems.length === 0) return entries;
  const lines = problems.map((problem) => `${formatPlace(problem)}${problem.text}`);
  throw new CommandError(lines.join('\n'), ExitCode.wrongData);
}

/** Does the same, and returns what is wrong as data. Never rejects for what is wrong with a file. */
export async function readFilesOfEntries(
  files: readonly string[],
  schema: Schema,
  stdin: World['stdin'],
): Promise<ReadFiles> {
  const problems: FileProblem[] = [];
  const byKey = new Map<string, DesiredEntry>();
  for (const file of files) {
    const { records, problems: wrong } = await readFile(file, stdin, problems);
    for (const { line, column, problem } of wrong)
      problems.push({ file, line, column, text: problem, rule: NOT_AN_ENTRY });
    for (const record of records) {
      const entry = completeEntry(record.entry, schema);
      const key = schema.dnKey(entry.dn);
      const other = byKey.get(key);
      if (other === undefined) {
        byKey.set(key, { ...record, entry, file });
        continue;
      }
      const text = `${entry.dn} is in ${other.file}:${other.line} already.`;
      problems.push({ file, line: record.line, column: record.column, text, rule: REPEATED });
    }
  }
  return { entries: [...byKey.values()], problems };
}

/** Returns the entry with what a server would complete: superior classes, and the values of its name. */
export function completeEntry(entry: Entry, schema: Schema): Entry {
  const attributes = entry.attributes.map((attribute) => {
    const described = schema.describe(attribute.description);
    const key = described?.key ?? attribute.key;
    const values = key === 'objectclass' ? completeClasses(schema, attribute.values) : attribute.values;
    return new Attribute(described?.description ?? attribute.description, values, key);
  });
  const named = (entry.dn.rdn ?? []).flatMap(({ type, value }) => {
    const described = schema.describe(type);
    const isThere = attributes.some(({ key }) => key === (described?.key ?? type.toLowerCase()));
    return isThere ? [] : [new Attribute(described?.description ?? type, [value])];
  });
  return entry.withAttributes([...attributes, ...named]);
}

async function readFile(file: string, stdin: World['stdin'], problems: FileProblem[]): Promise<ReadDocument> {
  try {
    const text = await readInputFile(file, stdin);
    return readDocument(text, formatOf(file, text));
  } catch (error) {
    if (!(error instanceof UnreadableFile)) throw error;
    const line = error instanceof UndecodableFile ? error.line : 0;
    problems.push({ file, line, column: undefined, text: error.message, rule: UNREADABLE });
    return { records: [], problems: [] };
  }
}
