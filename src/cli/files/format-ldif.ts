// An LDIF file in one form, whoever wrote it: names as the schema spells them, the class and the name first, other
// attributes by name, values in their order, base64 only where it must be, no folding of what a person reads. Comments
// stay with the line below them. What the file says does not change.

import { readLdif } from '../../codec/ldif-reader.ts';
import { textFromOctets } from '../../ldap/octets.ts';
import type { Schema } from '../../schema/schema.ts';

/** A line with its folding undone, and the comments above it. */
interface CommentedLine {
  readonly comments: readonly string[];
  readonly text: string;
}

interface CommentedRecord {
  readonly lines: readonly CommentedLine[];
  /** Comments that no line follows. */
  readonly trailing: readonly string[];
}

/** A first character or any character that plain text may not have, and a blank at the end (RFC 2849 note 8). */
const UNSAFE = new RegExp(`^[ :<]|[${String.fromCharCode(0)}\\n\\r]| $`);
const CHANGE = /^(?:control|changetype):/i;

/** Throws LdifError for what is no LDIF. */
export function formatLdif(text: string, schema: Schema): string {
  // Whatever is wrong is told with its line before anything is rearranged.
  readLdif(text, { readUrl: () => '' });
  const records = splitRecords(text).map((record) => formatRecord(record, schema));
  return records.length === 0 ? '' : `${records.join('\n\n')}\n`;
}

function splitRecords(text: string): readonly CommentedRecord[] {
  const records: CommentedRecord[] = [];
  let lines: CommentedLine[] = [];
  let comments: string[] = [];
  const finish = () => {
    if (lines.length > 0 || comments.length > 0) records.push({ lines, trailing: comments });
    lines = [];
    comments = [];
  };
  for (const line of unfold(text)) {
    if (line === '') finish();
    else if (line.startsWith('#')) comments.push(line.trimEnd());
    else {
      lines.push({ comments, text: line });
      comments = [];
    }
  }
  finish();
  return records;
}

function unfold(text: string): readonly string[] {
  const lines: string[] = [];
  for (const line of text.replace(/^\uFEFF/, '').split(/\r?\n/)) {
    const last = lines.at(-1);
    if (line.startsWith(' ') && last !== undefined) lines[lines.length - 1] = last + line.slice(1);
    else lines.push(line);
  }
  return lines;
}

function formatRecord({ lines, trailing }: CommentedRecord, schema: Schema): string {
  const [first, second] = lines;
  const isEntry = first !== undefined && /^dn:/i.test(first.text) && !CHANGE.test(second?.text ?? '');
  // The lines of a change are its grammar, whatever attributes there may be of the same name.
  const spelled = (written: string) =>
    isEntry ? (schema.describe(written)?.description ?? written) : written;
  const formatted = lines.map((line) => ({ ...line, text: formatLine(line.text, spelled) }));
  const ordered = isEntry ? [...formatted.slice(0, 1), ...inOrder(formatted)] : formatted;
  return [...ordered.flatMap(({ comments, text }) => [...comments, text]), ...trailing].join('\n');
}

/** The class, then what the entry is named by, then the others by name; values keep their order. */
function inOrder(lines: readonly CommentedLine[]): readonly CommentedLine[] {
  const naming = /^dn:\s*([^=]+)=/i.exec(lines[0]?.text ?? '')?.[1]?.toLowerCase();
  const rank = ({ text }: CommentedLine) => {
    const name = nameOf(text).toLowerCase();
    const place = name === 'objectclass' ? 0 : name === naming ? 1 : 2;
    return `${place}${place === 2 ? name : ''}`;
  };
  return lines.slice(1).toSorted((one, other) => compareText(rank(one), rank(other)));
}

function compareText(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}

function nameOf(line: string): string {
  return line.slice(0, line.indexOf(':'));
}

/** @param nameInSchema how the name is spelled. */
function formatLine(line: string, nameInSchema: (written: string) => string): string {
  const colon = line.indexOf(':');
  if (colon < 0) return line;
  const name = nameInSchema(line.slice(0, colon));
  const kind = line[colon + 1];
  if (kind === '<') return `${name}:< ${line.slice(colon + 2).trimStart()}`;
  if (kind !== ':') return plainLine(name, line.slice(colon + 1).replace(/^ +/, ''));
  const base64 = line.slice(colon + 2).trim();
  const value = textFromOctets(Buffer.from(base64, 'base64'));
  return value.isWellFormed() && !UNSAFE.test(value) ? plainLine(name, value) : `${name}:: ${base64}`;
}

function plainLine(name: string, value: string): string {
  return value === '' ? `${name}:` : `${name}: ${value}`;
}
