// The schema: attribute types, object classes, equality of names, and the entry cn=schema (RFC 4512 §4). What its files define
// never changes; definitions of the configuration are added to that, and may be others later.

import { Dn, RDNS_MAX } from '../ldap/dn.ts';
import type { Entry } from '../ldap/entry.ts';
import { LdapError } from '../ldap/ldap-error.ts';
import type { Rdn } from '../ldap/rdn.ts';
import type { AttributeDescription, AttributeType } from './attribute-type.ts';
import type { ContentRule } from './content-rule.ts';
import type { MatchingRule } from './matching-rule.ts';
import { TextMemo } from './memo.ts';
import { normalizeValue } from './normal-value.ts';
import { findStructuralClass, type ObjectClass } from './object-class.ts';
import type { NameContext } from './rules/names.ts';
import { standardMatchingRules } from './rules/standard.ts';
import {
  buildSchemaParts,
  extendSchemaParts,
  type SchemaParts,
  type SchemaSource,
} from './schema-builder.ts';
import { SchemaError } from './schema-error.ts';
import { prepareText } from './string-preparation.ts';
import { makeSubschemaEntry, modifiableOperationalOf } from './subschema-entry.ts';
import type { Syntax } from './syntax.ts';
import { isTransferredInBinary, takesBinaryOption } from './syntaxes/octets.ts';
import { standardSyntaxes } from './syntaxes/standard.ts';
import { plainLevelOf } from './written-name.ts';

export interface SchemaOptions {
  /** Syntaxes in addition to the built-in ones. One with the OID of a built-in syntax replaces it. */
  readonly syntaxes?: readonly Syntax[];
  /**
   * Matching rules in addition to the built-in ones. One with the same OID or name replaces the built-in rule.
   */
  readonly matchingRules?: readonly MatchingRule[];
}

/** Definitions that can take the place of those that were added before. */
export interface PreparedDefinitions {
  /** Keys of attribute types, and names in lower case of classes, that go or become others. */
  readonly gone: ReadonlySet<string>;
  use(): void;
}

const DN_TEXTS_MAX = 20_000;
const DN_TEXT_LENGTH_MAX = 1024;
/**
 * Maximum length of a plain name in characters. With `a=b,` for a level, it cannot exceed the limit of levels.
 */
const PLAIN_NAME_LENGTH_MAX = 4 * RDNS_MAX;
const DESCRIPTIONS_MAX = 4096;
const DESCRIPTION_LENGTH_MAX = 256;
/** Maximum depth of DNs inside of DN values. Deeper values are compared as text. */
const NESTED_NAMES_MAX = 8;
/** Transfer option (RFC 4522). It does not change which attribute is meant. */
const BINARY_OPTION = 'binary';
const OPTION = /^[A-Za-z0-9-]+$/;

/** Definitions of attribute types and object classes, with the lookups and name keys that depend on them. */
export class Schema implements NameContext {
  /** Definitions of the files. */
  readonly #base: SchemaParts;
  #added: readonly string[] = [];
  #parts: SchemaParts;
  #attributeTypes: readonly AttributeType[] = [];
  #objectClasses: readonly ObjectClass[] = [];
  /** Direct subtypes of a type. */
  #inferiors = new Map<AttributeType, AttributeType[]>();
  #subtypes = new Map<AttributeType, readonly AttributeType[]>();
  #descriptions = new TextMemo<AttributeDescription>(DESCRIPTIONS_MAX, DESCRIPTION_LENGTH_MAX);
  #dnKeys = new TextMemo<string>(DN_TEXTS_MAX, DN_TEXT_LENGTH_MAX);
  #nameDepth = 0;
  #subschemaEntry: Entry | undefined;

  private constructor(files: readonly SchemaSource[], options: SchemaOptions) {
    const rules = [...standardMatchingRules(this), ...(options.matchingRules ?? [])];
    this.#base = buildSchemaParts(files, [...standardSyntaxes, ...(options.syntaxes ?? [])], rules);
    this.#parts = this.#base;
    this.#use(this.#base);
  }

  /** Parses schema files, in any order. Throws SchemaError with file and line of every problem. */
  static parse(files: readonly SchemaSource[], options: SchemaOptions = {}): Schema {
    return new Schema(files, options);
  }

  /** All attribute types, in the order of the files, superiors first. */
  get attributeTypes(): readonly AttributeType[] {
    return this.#attributeTypes;
  }

  get objectClasses(): readonly ObjectClass[] {
    return this.#objectClasses;
  }

  get syntaxes(): readonly Syntax[] {
    return [...this.#parts.syntaxes.values()];
  }

  get matchingRules(): readonly MatchingRule[] {
    return [...new Set(this.#parts.rules.values())];
  }

  /** Definitions that were added to those of the files, as they were written. */
  get added(): readonly string[] {
    return this.#added;
  }

  /**
   * Prepares definitions that are added to those of the files, in place of those that were added before.
   * @param definitions lines of a schema file: `attributeTypes: ( … )`
   * @throws SchemaError with all problems; each line is that of the definition, starting at 1
   */
  prepareAdded(definitions: readonly string[]): PreparedDefinitions {
    const text = ['dn: cn=schema', ...definitions].join('\n');
    const parts = asLines(() => extendSchemaParts(this.#base, { path: '', text }, this.#parts));
    const types = new Set(parts.types.values());
    const classes = new Map([...parts.classes].map(([name, { definition }]) => [name, definition]));
    const gone = new Set<string>();
    for (const type of this.#attributeTypes) if (!types.has(type)) gone.add(type.key);
    for (const [name, { definition }] of this.#parts.classes)
      if (classes.get(name) !== definition) gone.add(name);
    return {
      gone,
      use: () => {
        this.#added = definitions;
        this.#use(parts);
      },
    };
  }

  /** Names of the operational attributes that clients may modify. `*` does not select them. */
  get modifiableOperational(): readonly string[] {
    return modifiableOperationalOf(this.attributeTypes.map(({ definition }) => definition));
  }

  /** Finds an attribute type by name or OID, in any case, without options. */
  findAttributeType(nameOrOid: string): AttributeType | undefined {
    return this.#parts.types.get(nameOrOid) ?? this.#parts.types.get(nameOrOid.toLowerCase());
  }

  findObjectClass(nameOrOid: string): ObjectClass | undefined {
    return this.#parts.classes.get(nameOrOid) ?? this.#parts.classes.get(nameOrOid.toLowerCase());
  }

  findSyntax(oid: string): Syntax | undefined {
    return this.#parts.syntaxes.get(oid);
  }

  findMatchingRule(nameOrOid: string): MatchingRule | undefined {
    return this.#parts.rules.get(nameOrOid.toLowerCase());
  }

  /**
   * Finds the OID of a class, attribute type, matching rule or syntax. If several have the name, the class
   * wins.
   */
  findOid(nameOrOid: string): string | undefined {
    const found =
      this.findObjectClass(nameOrOid) ??
      this.findAttributeType(nameOrOid) ??
      this.findMatchingRule(nameOrOid) ??
      this.findSyntax(nameOrOid);
    return found?.oid;
  }

  /** Returns the type and all its subtypes. */
  subtypes(type: AttributeType): readonly AttributeType[] {
    const inferiors = this.#inferiors.get(type);
    if (inferiors === undefined) return [type];
    const known = this.#subtypes.get(type);
    if (known !== undefined) return known;
    const found = [type];
    // The list grows during this loop.
    for (const one of found) for (const inferior of this.#inferiors.get(one) ?? []) found.push(inferior);
    this.#subtypes.set(type, found);
    return found;
  }

  /**
   * Parses an attribute description (RFC 4512 §2.5). Returns undefined if the text is not valid or the type is
   * unknown.
   */
  describe(text: string): AttributeDescription | undefined {
    const known = this.#descriptions.find(text);
    if (known !== undefined) return known;
    const [name = '', ...written] = text.split(';');
    const type = this.findAttributeType(name);
    if (type === undefined || !written.every((option) => OPTION.test(option))) return undefined;
    const tags = new Set(written.map((option) => option.toLowerCase()));
    if (tags.delete(BINARY_OPTION) && !takesBinaryOption(type.syntax)) return undefined;
    const options = [...tags].sort();
    const described = {
      type,
      options,
      description: [
        type.name,
        ...options,
        ...(isTransferredInBinary(type.syntax) ? [BINARY_OPTION] : []),
      ].join(';'),
      key: [type.key, ...options].join(';'),
    };
    this.#descriptions.remember(text, described);
    return described;
  }

  /**
   * Returns the key of a DN. Equal DNs have equal keys. A key has the RDNs leaf first with `,` between, and no
   * other `,`: the key of a descendant ends with `,` and the key of its ancestor. The key of the root is empty.
   */
  dnKey(dn: Dn): string {
    const known = this.#nameDepth === 0 ? this.#dnKeys.find(dn.toString()) : undefined;
    return known ?? dn.rdns.map((rdn) => this.rdnKey(rdn)).join(',');
  }

  rdnKey(rdn: Rdn): string {
    const [first, ...others] = rdn;
    if (first === undefined) return '';
    if (others.length === 0) return this.#avaKey(first.type, first.value);
    return rdn
      .map((ava) => this.#avaKey(ava.type, ava.value))
      .sort()
      .join('+');
  }

  /** Returns the key of a DN in text form. Throws LdapError invalidDNSyntax (34). */
  dnKeyOfText(text: string): string {
    // DNs inside of DN values are not cached: their keys depend on the nesting depth.
    const known = this.#nameDepth === 0 ? (this.#dnKeys.find(text) ?? this.#keyOfPlainName(text)) : undefined;
    if (known !== undefined) return known;
    const dn = Dn.parse(text);
    if (this.#nameDepth >= NESTED_NAMES_MAX) {
      throw new LdapError(
        'invalidDnSyntax',
        `The name has nested names, more than ${NESTED_NAMES_MAX} deep.`,
      );
    }
    this.#nameDepth += 1;
    try {
      const key = this.dnKey(dn);
      if (this.#nameDepth === 1) this.#dnKeys.remember(text, key);
      return key;
    } finally {
      this.#nameDepth -= 1;
    }
  }

  /**
   * Returns the key of a DN in plain words, or undefined for any other. Caches the parent: many names share
   * one.
   */
  #keyOfPlainName(text: string): string | undefined {
    const level = text.length <= PLAIN_NAME_LENGTH_MAX ? plainLevelOf(text) : undefined;
    if (level === undefined) return undefined;
    try {
      const key = `${this.#avaKey(level.type, level.value)},${this.dnKeyOfText(level.above)}`;
      this.#dnKeys.remember(text, key);
      return key;
    } catch {
      // The error is reported for the whole text.
      return undefined;
    }
  }

  /** The DIT content rules, in the order of the files. */
  get contentRules(): readonly ContentRule[] {
    return [...this.#parts.contentRules.values()];
  }

  /** Returns the DIT content rule of the structural class among these (RFC 4512 §4.1.6), or undefined when it has none. */
  contentRuleOf(classes: readonly string[]): ContentRule | undefined {
    const { contentRules } = this.#parts;
    // Most schemas have none, and every change asks.
    const structural = contentRules.size === 0 ? undefined : findStructuralClass(this, classes);
    return structural && contentRules.get(structural);
  }

  get placeRules(): SchemaParts['placeRules'] {
    return this.#parts.placeRules;
  }

  /** The entry cn=schema (RFC 4512 §4.2). */
  get subschemaEntry(): Entry {
    this.#subschemaEntry ??= makeSubschemaEntry(this);
    return this.#subschemaEntry;
  }

  /** Puts definitions into force, and forgets everything that was derived from others. */
  #use(parts: SchemaParts): void {
    this.#parts = parts;
    this.#attributeTypes = [...new Set(parts.types.values())];
    this.#objectClasses = [...new Set(parts.classes.values())];
    this.#inferiors = new Map();
    this.#subtypes = new Map();
    this.#descriptions = new TextMemo(DESCRIPTIONS_MAX, DESCRIPTION_LENGTH_MAX);
    this.#dnKeys = new TextMemo(DN_TEXTS_MAX, DN_TEXT_LENGTH_MAX);
    this.#subschemaEntry = undefined;
    for (const type of this.#attributeTypes) this.#addInferior(type);
  }

  #addInferior(type: AttributeType): void {
    const { superior } = type;
    if (superior === undefined) return;
    const list = this.#inferiors.get(superior);
    if (list === undefined) this.#inferiors.set(superior, [type]);
    else list.push(type);
  }

  #avaKey(typeText: string, value: string): string {
    const type = this.findAttributeType(typeText);
    const key = type?.key ?? typeText.toLowerCase();
    const normal = type === undefined ? (prepareText(value, true) ?? value) : normalizeValue(type, value);
    return `${key}=${escapeSeparators(normal)}`;
  }
}

/** Names the lines of problems as those of the definitions: the first line of the text is no definition. */
function asLines<Result>(work: () => Result): Result {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof SchemaError)) throw error;
    throw new SchemaError(error.problems.map((one) => ({ ...one, line: one.line - 1 })));
  }
}

/** Writes separators in hexadecimal, so that no value contains one. */
function escapeSeparators(value: string): string {
  return /[\\,+]/.test(value)
    ? value.replaceAll('\\', '\\5c').replaceAll(',', '\\2c').replaceAll('+', '\\2b')
    : value;
}
