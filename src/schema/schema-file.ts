// A schema file: LDIF text (RFC 2849) with the single entry cn=schema. Returns the attribute values with their
// line numbers. Refuses other LDIF content: URLs, change records, further entries.

import { DefinitionError, type DefinitionKind, formatDefinition, parseDefinition } from './definition.ts';
import type { SchemaProblem } from './schema-error.ts';

export interface SchemaFileValue {
  /** Attribute as in the file, without options. */
  readonly attribute: string;
  readonly value: string;
  /** Line number, starting at 1. */
  readonly line: number;
}

export interface SchemaFile {
  readonly values: readonly SchemaFileValue[];
  readonly problems: readonly SchemaProblem[];
}

interface LogicalLine {
  readonly text: string;
  readonly line: number;
}

const VALUE_LINE = /^([A-Za-z][A-Za-z0-9-]*)(?:;[A-Za-z0-9;-]*)?(::?) *([\s\S]*)$/;

/**
 * Parses a schema file and returns its values in order. Throws SchemaError with all problems of the file.
 * `path` is for messages only.
 */
export function parseSchemaFile(path: string, text: string): SchemaFile {
  const values: SchemaFileValue[] = [];
  const problems: SchemaProblem[] = damageIn(text).map((line) => ({
    file: path,
    line,
    problem: 'the line has a NUL octet, as a damaged file has; restore the file',
  }));
  let isEnded = false;
  for (const { text: lineText, line } of unfold(text)) {
    if (lineText === '') {
      isEnded ||= values.some(({ attribute }) => /^dn$/i.test(attribute));
      continue;
    }
    const value = parseLine(lineText, line);
    const problem =
      value === undefined ? 'is not LDIF: write "attribute: value"' : problemOf(value, values, isEnded);
    if (problem !== undefined) problems.push({ file: path, line, problem: `the line ${problem}` });
    if (isEnded) break;
    if (value !== undefined) values.push(value);
  }
  return { values: values.filter(({ attribute }) => !/^(?:version|dn)$/i.test(attribute)), problems };
}

/** Kinds of definitions that a site may add to the schema. */
export const SITE_KINDS: readonly DefinitionKind[] = [
  ...(['attributeTypes', 'objectClasses', 'ldapSyntaxes'] as const),
  ...(['dITContentRules', 'dITStructureRules', 'nameForms'] as const),
];
const DEFINITION_LINE = /^([A-Za-z]+): *(\(.*)$/s;

/** Returns kind and text of one definition, written as a line of a schema file; undefined for any other text. */
export function splitDefinition(
  line: string,
): { readonly kind: DefinitionKind; readonly text: string } | undefined {
  const [, name = '', text = ''] = DEFINITION_LINE.exec(line) ?? [];
  const kind = SITE_KINDS.find((one) => one.toLowerCase() === name.toLowerCase());
  return kind === undefined ? undefined : { kind, text };
}

/** Returns the definitions in a schema file, each in one line. */
export function definitionsOf(path: string, text: string): readonly string[] {
  return parseSchemaFile(path, text).values.flatMap(({ attribute, value }) => {
    const found = splitDefinition(`${attribute}: ${value.trim()}`);
    return found === undefined ? [] : [`${found.kind}: ${found.text}`];
  });
}

/** Returns the same text for definitions that say the same. */
export function definitionKey(line: string): string {
  const found = splitDefinition(line);
  if (found === undefined) return line;
  try {
    return `${found.kind}: ${formatDefinition(parseDefinition(found.kind, found.text))}`;
  } catch (error) {
    if (error instanceof DefinitionError) return line;
    throw error;
  }
}

/** Returns the first line with a NUL octet, comments included. */
function damageIn(text: string): readonly number[] {
  const at = text.indexOf('\0');
  return at < 0 ? [] : [text.slice(0, at).split('\n').length];
}

function parseLine(text: string, line: number): SchemaFileValue | undefined {
  const found = VALUE_LINE.exec(text);
  if (found === null) return undefined;
  const [, attribute = '', separator, written = ''] = found;
  const value = separator === '::' ? Buffer.from(written, 'base64').toString('utf8') : written;
  return { attribute, value, line };
}

function problemOf(
  { attribute, value }: SchemaFileValue,
  before: readonly SchemaFileValue[],
  isEnded: boolean,
): string | undefined {
  if (isEnded) return 'starts a second entry: a schema file holds cn=schema only, without empty lines in it';
  const isDn = /^dn$/i.test(attribute);
  const isFirst = before.every((other) => /^version$/i.test(other.attribute));
  if (isFirst && !isDn && !/^version$/i.test(attribute)) return 'comes before "dn: cn=schema"';
  if (isDn && !/^cn *= *schema$/i.test(value.trim()))
    return `names the entry "${value}": it must be cn=schema`;
  return undefined;
}

/** Joins folded lines and removes comments, also folded ones. Empty lines stay. */
function unfold(text: string): readonly LogicalLine[] {
  const lines: LogicalLine[] = [];
  let parts: string[] = [];
  let start = 0;
  const finish = () => {
    const joined = parts.join('');
    if (parts.length > 0 && !joined.startsWith('#')) lines.push({ text: joined, line: start });
  };
  for (const [index, line] of text
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .entries()) {
    if (line.startsWith(' ') && parts.length > 0) {
      parts.push(line.slice(1));
      continue;
    }
    finish();
    parts = [line];
    start = index + 1;
  }
  finish();
  return lines;
}
