// The lines of one LDIF record as the entry or the change they describe (RFC 2849; `increment` from RFC 4525 §3).
// Knows nothing of the schema: which attributes exist and what their values may be is checked elsewhere.

import type { Change, Modification } from '../ldap/change.ts';
import type { Control } from '../ldap/control.ts';
import { Dn } from '../ldap/dn.ts';
import { type Attribute, Entry } from '../ldap/entry.ts';
import { LdapError } from '../ldap/ldap-error.ts';
import type { Rdn } from '../ldap/rdn.ts';
import { LdifError } from './ldif-error.ts';
import type { LdifLine } from './ldif-lines.ts';
import type { LdifName, LdifValue, LdifValueReader } from './ldif-value.ts';

/** A content record: an entry. */
export interface LdifContentRecord {
  readonly type: 'content';
  /** Line of its `dn:`. */
  readonly line: number;
  readonly entry: Entry;
}

/** A change record. */
export interface LdifChangeRecord {
  readonly type: 'change';
  readonly line: number;
  readonly change: Change;
  readonly controls: readonly Control[];
}

export type LdifRecord = LdifContentRecord | LdifChangeRecord;

const MODIFICATIONS: ReadonlySet<string> = new Set<Modification['operation']>([
  'add',
  'delete',
  'replace',
  'increment',
]);
/** The second line of a change; the first, if the one with the name is wrong. */
const CHANGE_START = /^(?:control|changetype):/i;
/** Line that ldapsearch prints after the entries, unless it has the option -LLL. */
const RESULT_OF_SEARCH = /^(?:search|result): \d+|^ref: ldap/;
const CONTROL = /^(\d+(?:\.\d+)*)(?: +(true|false))? *(:.*)?$/s;

/** Parses the lines of one record, at least one. Throws LdifError. */
export function parseLdifRecord(lines: readonly LdifLine[], values: LdifValueReader): LdifRecord {
  const [first] = lines;
  if (first === undefined) throw new RangeError('A record has at least one line.');
  const dn = readDn(first, values);
  const line = first.number;
  const second = lines[1];
  if (second === undefined || !CHANGE_START.test(second.text)) {
    return { type: 'content', line, entry: new Entry(dn, readAttributes(lines, 1, values)) };
  }
  const cursor = new LineCursor(lines, values, 1);
  const controls: Control[] = [];
  while (cursor.peekKey() === 'control') controls.push(readControl(cursor.take('control'), values));
  return { type: 'change', line, change: readChange(dn, cursor), controls };
}

/** Takes the lines after `dn:` one by one. */
class LineCursor {
  readonly lines: readonly LdifLine[];
  readonly values: LdifValueReader;
  at: number;

  constructor(lines: readonly LdifLine[], values: LdifValueReader, at: number) {
    this.lines = lines;
    this.values = values;
    this.at = at;
  }

  get isAtEnd(): boolean {
    return this.at >= this.lines.length;
  }

  /** Returns the text before the colon of the next line, in lower case. */
  peekKey(): string | undefined {
    return this.lines[this.at]?.text.split(':', 1)[0]?.toLowerCase();
  }

  next(): LdifValue | '-' | undefined {
    const line = this.lines[this.at];
    if (line === undefined) return undefined;
    this.at += 1;
    return line.text.trimEnd() === '-' ? '-' : this.values.read(line);
  }

  /** Returns the next line, which must have this name. */
  take(key: string): LdifValue {
    const line = this.lines[this.at]?.number ?? (this.lines.at(-1)?.number ?? 0) + 1;
    const value = this.next();
    if (value === undefined || value === '-' || value.name.key !== key) {
      throw new LdifError(line, `A line "${key}: …" is expected here.`);
    }
    return value;
  }

  mustBeAtEnd(what: string): void {
    const line = this.lines[this.at];
    if (line === undefined) return;
    throw new LdifError(line.number, `Nothing may follow ${what}; end the record with a blank line.`);
  }
}

function readChange(dn: Dn, cursor: LineCursor): Change {
  const written = cursor.take('changetype');
  const type = written.value.trimEnd().toLowerCase();
  switch (type) {
    case 'add':
      return { type, entry: new Entry(dn, readAttributes(cursor.lines, cursor.at, cursor.values)) };
    case 'delete':
      cursor.mustBeAtEnd('"changetype: delete"');
      return { type, dn };
    case 'modify':
      return { type, dn, modifications: readModifications(cursor) };
    case 'modrdn':
    case 'moddn':
      return readModifyDn(dn, cursor);
    default:
      throw new LdifError(
        written.line,
        'The change type is unknown; allowed are add, delete, modify, modrdn and moddn.',
      );
  }
}

function readModifications(cursor: LineCursor): Modification[] {
  const modifications: Modification[] = [];
  for (let start = cursor.next(); start !== undefined; start = cursor.next()) {
    if (start === '-' || !MODIFICATIONS.has(start.name.key)) {
      const line = cursor.lines[cursor.at - 1]?.number ?? 0;
      throw new LdifError(line, 'A line "add:", "delete:", "replace:" or "increment:" is expected here.');
    }
    const name = cursor.values.name(start.value.trimEnd(), start.line);
    modifications.push({
      operation: start.name.key as Modification['operation'],
      attribute: cursor.values.attribute(name, readModificationValues(name, cursor)),
    });
  }
  return modifications;
}

/** Reads up to the `-`. Accepts a record that ends without it: people often leave it out. */
function readModificationValues(name: LdifName, cursor: LineCursor): string[] {
  const found: string[] = [];
  for (let value = cursor.next(); value !== undefined && value !== '-'; value = cursor.next()) {
    if (value.name.key !== name.key) {
      throw new LdifError(
        value.line,
        `A value of ${name.description} is expected here, or a line "-" before the next modification.`,
      );
    }
    found.push(value.value);
  }
  return found;
}

function readModifyDn(dn: Dn, cursor: LineCursor): Change {
  const newRdn = readRdn(cursor.take('newrdn'));
  const deleteOldRdn = cursor.take('deleteoldrdn');
  const flag = deleteOldRdn.value.trimEnd();
  if (flag !== '0' && flag !== '1') {
    throw new LdifError(deleteOldRdn.line, 'deleteoldrdn must be 0 (keep the old name as a value) or 1.');
  }
  const newSuperior = cursor.isAtEnd ? undefined : cursor.take('newsuperior');
  cursor.mustBeAtEnd('"newsuperior"');
  return {
    type: 'modifyDn',
    dn,
    newRdn,
    deleteOldRdn: flag === '1',
    newSuperior: newSuperior === undefined ? undefined : parseDn(newSuperior.value, newSuperior.line),
  };
}

/** Returns the errors in the lines of an entry. The lines of a change depend on each other and are not judged. */
export function findLdifProblems(lines: readonly LdifLine[], values: LdifValueReader): readonly LdifError[] {
  if (lines.slice(0, 2).some(({ text }) => CHANGE_START.test(text))) return [];
  return lines.flatMap((line, index) => problemOfLine(line, index, values) ?? []);
}

function problemOfLine(line: LdifLine, index: number, values: LdifValueReader): LdifError | undefined {
  try {
    if (index === 0) readDn(line, values);
    else if (values.read(line).name.key === 'dn') return startsInside(line.number);
    return undefined;
  } catch (error) {
    if (error instanceof LdifError) return error;
    throw error;
  }
}

function readAttributes(lines: readonly LdifLine[], from: number, values: LdifValueReader): Attribute[] {
  const found = new Map<string, { name: LdifName; values: string[] }>();
  let last: { name: LdifName; values: string[] } | undefined;
  for (let index = from; index < lines.length; index++) {
    const line = lines[index];
    if (line === undefined) break;
    const { name, value } = values.read(line);
    if (last?.name.key !== name.key) {
      if (name.key === 'dn') throw startsInside(line.number);
      last = found.get(name.key);
      if (last === undefined) {
        last = { name, values: [] };
        found.set(name.key, last);
      }
    }
    last.values.push(value);
  }
  return Array.from(found.values(), (one) => values.attribute(one.name, one.values));
}

function startsInside(line: number): LdifError {
  return new LdifError(
    line,
    'A new entry starts within another; put a blank line, without spaces, before this "dn:".',
  );
}

function readDn(line: LdifLine, values: LdifValueReader): Dn {
  if (RESULT_OF_SEARCH.test(line.text)) {
    throw new LdifError(
      line.number,
      'A line of the result of ldapsearch is no entry. Leave it out, or use ldapsearch -LLL.',
    );
  }
  if (!/^dn:/i.test(line.text)) {
    throw new LdifError(
      line.number,
      'A record must start with a line "dn: …"; see whether a blank line cuts it.',
    );
  }
  if (line.text[3] === '<')
    throw new LdifError(line.number, 'A name cannot be given by a URL; write it after "dn:".');
  return parseDn(values.read(line).value, line.number);
}

/** Unreserved characters only: the name cannot be wrong, so it is parsed on first use. */
const PLAIN_NAME =
  /^[A-Za-z][A-Za-z0-9-]*=[\w.-]+(?: [\w.-]+)*(?:,[A-Za-z][A-Za-z0-9-]*=[\w.-]+(?: [\w.-]+)*){0,15}$/;

function parseDn(text: string, line: number): Dn {
  if (PLAIN_NAME.test(text)) return Dn.unread(text);
  try {
    return Dn.parse(text);
  } catch (error) {
    if (error instanceof LdapError) throw new LdifError(line, error.message, { cause: error });
    throw error;
  }
}

function readRdn(written: LdifValue): Rdn {
  const [rdn, ...others] = parseDn(written.value, written.line).rdns;
  if (rdn === undefined || others.length > 0) {
    throw new LdifError(written.line, 'newrdn must be one RDN, such as cn=Example.');
  }
  return rdn;
}

function readControl(written: LdifValue, values: LdifValueReader): Control {
  const match = CONTROL.exec(written.value);
  if (match === null) {
    throw new LdifError(
      written.line,
      'A control is written "control: OID", then true or false, then ": value".',
    );
  }
  const [, oid = '', criticality, valueSpec] = match;
  return {
    oid,
    criticality: criticality === 'true',
    value: valueSpec === undefined ? undefined : values.valueAfter(valueSpec, 0, written.line),
  };
}
