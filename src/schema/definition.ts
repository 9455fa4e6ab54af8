// The text form of schema definitions (RFC 4512 §4.1): `( 2.5.4.3 NAME 'cn' SUP name )`. Parses and formats the
// grammar; does not resolve names. Accepts the fields in any order, because many programs write them so.

export type DefinitionKind =
  | 'attributeTypes'
  | 'objectClasses'
  | 'ldapSyntaxes'
  | 'matchingRules'
  | 'matchingRuleUse'
  | 'dITContentRules'
  | 'dITStructureRules'
  | 'nameForms';

export interface Definition {
  readonly kind: DefinitionKind;
  /** OID; the rule number of a DIT structure rule. */
  readonly id: string;
  /** Values by field name in upper case. A flag such as SINGLE-VALUE has an empty list. */
  readonly fields: ReadonlyMap<string, readonly string[]>;
}

/** Reports a text that is not a valid definition. The message continues a sentence about the definition. */
export class DefinitionError extends Error {
  constructor(problem: string) {
    super(problem);
    this.name = 'DefinitionError';
  }
}

type FieldForm = 'flag' | 'names' | 'text' | 'texts' | 'word' | 'oid' | 'oids' | 'oidAndLength' | 'numbers';

const OPENING = { NAME: 'names', DESC: 'text', OBSOLETE: 'flag' } as const;

/** Fields of each kind, in the order in which they are written. */
const FIELDS: Readonly<Record<DefinitionKind, Readonly<Record<string, FieldForm>>>> = {
  attributeTypes: {
    ...OPENING,
    SUP: 'oid',
    EQUALITY: 'oid',
    ORDERING: 'oid',
    SUBSTR: 'oid',
    SYNTAX: 'oidAndLength',
    'SINGLE-VALUE': 'flag',
    COLLECTIVE: 'flag',
    'NO-USER-MODIFICATION': 'flag',
    USAGE: 'word',
  },
  objectClasses: {
    ...OPENING,
    SUP: 'oids',
    ABSTRACT: 'flag',
    STRUCTURAL: 'flag',
    AUXILIARY: 'flag',
    MUST: 'oids',
    MAY: 'oids',
  },
  ldapSyntaxes: { DESC: 'text' },
  matchingRules: { ...OPENING, SYNTAX: 'oid' },
  matchingRuleUse: { ...OPENING, APPLIES: 'oids' },
  dITContentRules: { ...OPENING, AUX: 'oids', MUST: 'oids', MAY: 'oids', NOT: 'oids' },
  dITStructureRules: { ...OPENING, FORM: 'oid', SUP: 'numbers' },
  nameForms: { ...OPENING, OC: 'oid', MUST: 'oids', MAY: 'oids' },
};

/** Maximum length of an OID in characters, because the pattern uses stack for every arc. */
const OID_LENGTH_MAX = 1024;
const NUMERIC_OID = /^(?:0|[1-9]\d*)(?:\.(?:0|[1-9]\d*))+$/;
const DESCRIPTOR = /^[A-Za-z][A-Za-z0-9-]*$/;
const NUMBER = /^(?:0|[1-9]\d*)$/;
const EXTENSION = /^X-[A-Z_-]+$/;
const TOKEN = /[ \t\r\n]*(?:([()$])|'([^']*)'|([^ \t\r\n()$']+)|$)/y;

/** Returns true for a numeric OID such as `2.5.4.3` (RFC 4512 §1.4). */
export function isNumericOid(text: string): boolean {
  return text.length <= OID_LENGTH_MAX && NUMERIC_OID.test(text);
}

/** Returns true for a numeric OID or a name: `2.5.4.3` or `cn` (RFC 4512 §1.4). */
export function isOid(text: string): boolean {
  return DESCRIPTOR.test(text) || isNumericOid(text);
}

/** Parses one definition of the given kind. Throws DefinitionError for text that is not valid. */
export function parseDefinition(kind: DefinitionKind, text: string): Definition {
  const tokens = new Tokens(text);
  tokens.expect('(');
  const id = tokens.word('an OID');
  const isIdRight = kind === 'dITStructureRules' ? NUMBER.test(id) : isNumericOid(id);
  if (!isIdRight) throw new DefinitionError(`starts with "${id}", which is not a numeric OID like 2.5.4.3`);
  const fields = new Map<string, readonly string[]>();
  for (;;) {
    const token = tokens.next();
    if (token.kind === ')') break;
    if (token.kind !== 'word') throw tokens.error('a field name or ")"', token);
    const name = token.text.toUpperCase();
    const form = EXTENSION.test(name) ? 'texts' : formOf(kind, name);
    if (form === undefined) throw new DefinitionError(`has the unknown field "${token.text}"`);
    if (fields.has(name)) throw new DefinitionError(`has the field ${name} twice`);
    fields.set(name, parseField(name, form, tokens));
  }
  tokens.expectEnd();
  return { kind, id, fields };
}

/** Returns the canonical text of a definition: fields in the RFC's order, single spaces. */
export function formatDefinition(definition: Definition): string {
  const parts = [`( ${definition.id}`];
  const known = FIELDS[definition.kind];
  const order = [...Object.keys(known), ...[...definition.fields.keys()].filter((name) => !(name in known))];
  for (const name of order) {
    const form = formOf(definition.kind, name) ?? 'texts';
    const values = definition.fields.get(name);
    // An empty text is not allowed (RFC 4512 §4.1), and some clients drop a definition that has one.
    const written = form === 'text' || form === 'texts' ? values?.filter((value) => value !== '') : values;
    if (written !== undefined && (written.length > 0 || form === 'flag'))
      parts.push(formatField(name, form, written));
  }
  return `${parts.join(' ')} )`;
}

function formOf(kind: DefinitionKind, name: string): FieldForm | undefined {
  return Object.hasOwn(FIELDS[kind], name) ? FIELDS[kind][name] : undefined;
}

function parseField(name: string, form: FieldForm, tokens: Tokens): readonly string[] {
  if (form === 'flag') return [];
  const isList = form === 'names' || form === 'texts' || form === 'oids' || form === 'numbers';
  const values = isList ? tokens.list() : [tokens.value()];
  if (values.length === 0) throw new DefinitionError(`has an empty list after ${name}`);
  for (const value of values) {
    if (!isOfForm(form, value))
      throw new DefinitionError(`has "${value}" after ${name}, which is not ${WORDS[form]}`);
  }
  return values;
}

const WORDS: Readonly<Record<FieldForm, string>> = {
  flag: 'nothing',
  names: 'a name of letters, digits and hyphens that starts with a letter',
  text: 'text',
  texts: 'text',
  word: 'a word',
  oid: 'a name or an OID',
  oids: 'a name or an OID',
  oidAndLength: 'an OID, with or without a length like {256}',
  numbers: 'a number',
};

function isOfForm(form: FieldForm, value: string): boolean {
  if (form === 'names') return DESCRIPTOR.test(value);
  if (form === 'oid' || form === 'oids') return isOid(value);
  if (form === 'oidAndLength') return isOid(value.replace(/\{\d+\}$/, ''));
  if (form === 'numbers') return NUMBER.test(value);
  return true;
}

function formatField(name: string, form: FieldForm, values: readonly string[]): string {
  if (form === 'flag') return name;
  const isQuoted = form === 'names' || form === 'text' || form === 'texts';
  const texts = isQuoted ? values.map(quote) : values;
  if (texts.length === 1) return `${name} ${texts[0]}`;
  return `${name} ( ${texts.join(form === 'oids' ? ' $ ' : ' ')} )`;
}

/** Quotes a text. RFC 4512 §4.1 writes the apostrophe as `\27` and the backslash as `\5C`. */
function quote(text: string): string {
  return `'${text.replace(/\\/g, '\\5C').replace(/'/g, '\\27')}'`;
}

function unquote(text: string): string {
  return text.includes('\\')
    ? text.replace(/\\(27|5[cC])/g, (_, code: string) => (code === '27' ? "'" : '\\'))
    : text;
}

interface Token {
  readonly kind: '(' | ')' | '$' | 'word' | 'quoted' | 'end';
  readonly text: string;
}

class Tokens {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  next(): Token {
    TOKEN.lastIndex = this.#at;
    const found = TOKEN.exec(this.#text);
    if (found === null) throw new DefinitionError('lacks a closing apostrophe');
    this.#at = TOKEN.lastIndex;
    const [, mark, quoted, word] = found;
    if (mark === '(' || mark === ')' || mark === '$') return { kind: mark, text: mark };
    if (quoted !== undefined) return { kind: 'quoted', text: unquote(quoted) };
    return word === undefined ? { kind: 'end', text: '' } : { kind: 'word', text: word };
  }

  expect(kind: Token['kind']): void {
    const token = this.next();
    if (token.kind !== kind) throw this.error(`"${kind}"`, token);
  }

  expectEnd(): void {
    const token = this.next();
    if (token.kind !== 'end') throw this.error('nothing', token);
  }

  word(what: string): string {
    const token = this.next();
    if (token.kind !== 'word') throw this.error(what, token);
    return token.text;
  }

  /** Takes a word or quoted text. Some programs quote OIDs too. */
  value(token: Token = this.next()): string {
    if (token.kind !== 'word' && token.kind !== 'quoted') throw this.error('a value', token);
    return token.text;
  }

  /** Takes one value, or several in parentheses. `$` between them is optional. */
  list(): readonly string[] {
    const first = this.next();
    if (first.kind !== '(') return [this.value(first)];
    const values: string[] = [];
    for (let token = this.next(); token.kind !== ')'; token = this.next()) {
      if (token.kind !== '$') values.push(this.value(token));
    }
    return values;
  }

  error(expected: string, found: Token): DefinitionError {
    const what = found.kind === 'end' ? 'it ends' : `"${found.text}" stands`;
    return new DefinitionError(
      `needs ${expected} at character ${this.#at - found.text.length + 1}, where ${what}`,
    );
  }
}
