// The entries that files describe. Files hold whole entries; a change record has no place among them.

import { LdifError } from '../../codec/ldif-error.ts';
import { readLdif } from '../../codec/ldif-reader.ts';
import type { LdifRecord } from '../../codec/ldif-record.ts';
import { readText } from '../../files/text.ts';
import { Attribute, type Entry } from '../../ldap/entry.ts';
import { completeClasses } from '../../schema/check-classes.ts';
import type { Schema } from '../../schema/schema.ts';
import { CommandError } from '../command.ts';
import { ExitCode } from '../exit-code.ts';

export interface DesiredEntry {
  readonly entry: Entry;
  readonly file: string;
  /** Of its `dn:`. */
  readonly line: number;
}

/**
 * Reads all files, each entry once, and completes what a server would complete: superior classes, and the values of
 * the name. Throws CommandError with file and line of everything that is no entry.
 */
export async function readDesiredEntries(
  files: readonly string[],
  schema: Schema,
): Promise<readonly DesiredEntry[]> {
  const problems: string[] = [];
  const byKey = new Map<string, DesiredEntry>();
  for (const file of files) {
    for (const record of await readRecords(file, problems)) {
      const at = `${file}:${record.line}`;
      if (record.type === 'change') {
        problems.push(`${at}: is a change; only entries say what there shall be.`);
        continue;
      }
      const { line } = record;
      const entry = completeEntry(record.entry, schema);
      const key = schema.dnKey(entry.dn);
      const other = byKey.get(key);
      if (other === undefined) byKey.set(key, { entry, file, line });
      else problems.push(`${at}: ${entry.dn} stands in ${other.file}:${other.line} already.`);
    }
  }
  if (problems.length > 0) throw new CommandError(problems.join('\n'), ExitCode.wrongData);
  return [...byKey.values()];
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

async function readRecords(file: string, problems: string[]): Promise<readonly LdifRecord[]> {
  try {
    return readLdif(await readText(file));
  } catch (error) {
    if (error instanceof LdifError) problems.push(`${file}: ${error.message}`);
    else problems.push(error instanceof Error ? error.message : `${file} cannot be read: ${error}.`);
    return [];
  }
}
