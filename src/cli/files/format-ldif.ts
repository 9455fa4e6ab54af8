// LDIF in one form, whoever wrote it: names as the schema spells them, the class and the name first, other attributes by
// name, values in their order, base64 only where it must be, no folding of what a person reads. Comments stay with the line
// below them. What the text says does not change.

import { readLdif } from '../../codec/ldif-reader.ts';
import type { Entry } from '../../ldap/entry.ts';
import { octetsFromText, textFromOctets } from '../../ldap/octets.ts';
import { visibleText } from '../../ldap/visible-text.ts';
import type { Schema } from '../../schema/schema.ts';

/** A line with its folding undone, and the comments above it. */
interface CommentedLine {
  readonly comments: readonly string[];
  readonly text: string;
}

export interface CommentedRecord {
  readonly lines: readonly CommentedLine[];
  /** Comments that no line follows. */
  readonly trailing: readonly string[];
}

/** A first character that plain text may not have, a line end, and a blank at the end (RFC 2849 note 8). */
const UNSAFE = /^[ :<]|[\n\r]| $/;
const CHANGE = /^(?:control|changetype):/i;

/** Throws LdifError for what is no LDIF. */
export function formatLdif(text: string, schema: Schema): string {
  // All errors are reported with their lines before anything is rearranged.
  readLdif(text, { readUrl: () => '' });
  const records = splitRecords(text).map((record) => formatRecord(record, schema));
  return records.length === 0 ? '' : `${records.join('\n\n')}\n`;
}

/** Returns an entry in the form that `formatLdif` gives, with its line end. */
export function formatLdifEntry({ dn, attributes }: Entry, schema: Schema): string {
  const lines = attributes.flatMap(({ description, values }) => {
    const name = schema.describe(description)?.description ?? description;
    return values.map((value) => ({ name, text: valueLine(name, value) }));
  });
  const naming = dn.rdn?.[0]?.type.toLowerCase();
  const ordered = inOrder(lines, naming).map(({ text }) => `${text}\n`);
  return `${valueLine('dn', dn.toString())}\n${ordered.join('')}`;
}

/** Returns the records of a text that is LDIF, and comments that stand alone as records without lines. */
export function splitRecords(text: string): readonly CommentedRecord[] {
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
    // The next line may be an entry already.
    else if (records.length === 0 && lines.length === 0 && /^version:/i.test(line)) {
      lines.push({ comments, text: line });
      comments = [];
      finish();
    } else if (line.startsWith('#')) comments.push(line.trimEnd());
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
  const formatted = lines.map(({ comments, text }) => ({ comments, ...formatLine(text, spelled) }));
  const [head, ...others] = formatted;
  const ordered =
    isEntry && head !== undefined ? [head, ...inOrder(others, namingOf(first.text))] : formatted;
  return [...ordered.flatMap(({ comments, text }) => [...comments, text]), ...trailing].join('\n');
}

/** The attribute of the leftmost RDN, in lower case. */
function namingOf(dnLine: string): string | undefined {
  const isEncoded = dnLine.startsWith('::', 2);
  const dn = isEncoded ? decoded(dnLine.slice(4)) : dnLine.slice(3);
  return /^\s*([^=\s]+)\s*=/.exec(dn)?.[1]?.toLowerCase();
}

/** The class, then what the entry is named by, then the others by name; values keep their order. */
function inOrder<Line extends { readonly name: string }>(
  lines: readonly Line[],
  naming: string | undefined,
): readonly Line[] {
  const rank = ({ name }: Line) => {
    const key = name.toLowerCase();
    const place = key === 'objectclass' ? 0 : key === naming ? 1 : 2;
    return `${place}${place === 2 ? key : ''}`;
  };
  return lines.toSorted((one, other) => compareText(rank(one), rank(other)));
}

function compareText(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}

/** @param nameInSchema how the name is spelled. */
function formatLine(
  line: string,
  nameInSchema: (written: string) => string,
): { readonly name: string; readonly text: string } {
  const colon = line.indexOf(':');
  if (colon < 0) return { name: '', text: line };
  const name = nameInSchema(line.slice(0, colon));
  const kind = line[colon + 1];
  if (kind === '<') return { name, text: `${name}:< ${line.slice(colon + 2).trimStart()}` };
  const value = kind === ':' ? decoded(line.slice(colon + 2)) : line.slice(colon + 1).replace(/^ +/, '');
  return { name, text: valueLine(name, value) };
}

function decoded(base64: string): string {
  return textFromOctets(Buffer.from(base64.trim(), 'base64'));
}

/** In base64 also where a terminal would obey the text, or it would be shown in another order. */
function valueLine(name: string, value: string): string {
  if (value === '') return `${name}:`;
  const isPlain = value.isWellFormed() && !UNSAFE.test(value) && visibleText(value) === value;
  return isPlain ? `${name}: ${value}` : `${name}:: ${Buffer.from(octetsFromText(value)).toString('base64')}`;
}
