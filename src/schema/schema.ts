// The schema: what attributes and classes there are, when names are equal, and how cn=schema shows it (RFC 4512 §4).
// Immutable once parsed, but for what it remembers of texts it has seen.

import { Dn, RDNS_MAX, type Rdn } from '../ldap/dn.ts';
import type { Entry } from '../ldap/entry.ts';
import { LdapError } from '../ldap/ldap-error.ts';
import type { AttributeDescription, AttributeType } from './attribute-type.ts';
import type { MatchingRule } from './matching-rule.ts';
import { Memo } from './memo.ts';
import { normalizeValue } from './normal-value.ts';
import type { ObjectClass } from './object-class.ts';
import type { NameContext } from './rules/names.ts';
import { standardMatchingRules } from './rules/standard.ts';
import { buildSchemaParts, type SchemaParts, type SchemaSource } from './schema-builder.ts';
import { prepareText } from './string-preparation.ts';
import { makeSubschemaEntry, modifiableOperationalOf } from './subschema-entry.ts';
import type { Syntax } from './syntax.ts';
import { isTransferredInBinary, takesBinaryOption } from './syntaxes/octets.ts';
import { standardSyntaxes } from './syntaxes/standard.ts';
import { plainLevelOf } from './written-name.ts';

export interface SchemaOptions {
  /** Syntaxes besides the standard ones; the same OID replaces a standard one. */
  readonly syntaxes?: readonly Syntax[];
  /** Rules besides the standard ones; the same OID or name replaces a standard one. */
  readonly matchingRules?: readonly MatchingRule[];
}

const DN_TEXTS_MAX = 20_000;
const DN_TEXT_LENGTH_MAX = 1024;
/** With `a=b,` for a level, no text so short has more levels than a name may have. */
const PLAIN_NAME_LENGTH_MAX = 4 * RDNS_MAX;
const DESCRIPTIONS_MAX = 4096;
const DESCRIPTION_LENGTH_MAX = 256;
/** A value of a name may be a name itself; deeper than this it is compared as text. */
const NESTED_NAMES_MAX = 8;
/** Says how values travel, not what they are (RFC 4522): with and without it an attribute is the same. */
const BINARY_OPTION = 'binary';
const OPTION = /^[A-Za-z0-9-]+$/;

export class Schema implements NameContext {
  /** In the order of the files, superiors first. */
  readonly attributeTypes: readonly AttributeType[];
  readonly objectClasses: readonly ObjectClass[];
  readonly syntaxes: readonly Syntax[];
  readonly matchingRules: readonly MatchingRule[];
  readonly #parts: SchemaParts;
  /** Those directly built on a type. */
  readonly #inferiors = new Map<AttributeType, AttributeType[]>();
  readonly #subtypes = new Map<AttributeType, readonly AttributeType[]>();
  readonly #descriptions = new Memo<AttributeDescription>(DESCRIPTIONS_MAX, DESCRIPTION_LENGTH_MAX);
  readonly #dnKeys = new Memo<string>(DN_TEXTS_MAX, DN_TEXT_LENGTH_MAX);
  #nameDepth = 0;
  #subschemaEntry: Entry | undefined;

  private constructor(files: readonly SchemaSource[], options: SchemaOptions) {
    const rules = [...standardMatchingRules(this), ...(options.matchingRules ?? [])];
    this.#parts = buildSchemaParts(files, [...standardSyntaxes, ...(options.syntaxes ?? [])], rules);
    this.attributeTypes = [...new Set(this.#parts.types.values())];
    this.objectClasses = [...new Set(this.#parts.classes.values())];
    this.syntaxes = [...this.#parts.syntaxes.values()];
    this.matchingRules = [...new Set(this.#parts.rules.values())];
    for (const type of this.attributeTypes) this.#addInferior(type);
  }

  /** Takes schema files, in any order; throws SchemaError with file, line and words for everything that is wrong. */
  static parse(files: readonly SchemaSource[], options: SchemaOptions = {}): Schema {
    return new Schema(files, options);
  }

  /** The names of the operational attributes that users may modify; `*` does not select them. */
  get modifiableOperational(): readonly string[] {
    return modifiableOperationalOf(this.attributeTypes.map(({ definition }) => definition));
  }

  /** By any name or OID, in any case, without options. */
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

  /** The OID of a class, attribute type, matching rule or syntax; a name that several have is the class's. */
  findOid(nameOrOid: string): string | undefined {
    const found =
      this.findObjectClass(nameOrOid) ??
      this.findAttributeType(nameOrOid) ??
      this.findMatchingRule(nameOrOid) ??
      this.findSyntax(nameOrOid);
    return found?.oid;
  }

  /** The type itself and all that are built on it. */
  subtypes(type: AttributeType): readonly AttributeType[] {
    const inferiors = this.#inferiors.get(type);
    if (inferiors === undefined) return [type];
    const known = this.#subtypes.get(type);
    if (known !== undefined) return known;
    const found = [type];
    // The list grows while it is walked.
    for (const one of found) for (const inferior of this.#inferiors.get(one) ?? []) found.push(inferior);
    this.#subtypes.set(type, found);
    return found;
  }

  /** Takes an attribute description (RFC 4512 §2.5); undefined when the type is unknown or the text is none. */
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
   * Equal names have equal keys. RDNs stand leaf first with `,` between, which occurs nowhere else: the key of an
   * ancestor follows a `,` in the keys of all below it. The key of the root is empty.
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

  /** The key of a name as it is written; throws invalidDnSyntax (34). */
  dnKeyOfText(text: string): string {
    // Names within names are not looked up: what they come to depends on how deep they are.
    const known = this.#nameDepth === 0 ? (this.#dnKeys.find(text) ?? this.#keyOfPlainName(text)) : undefined;
    if (known !== undefined) return known;
    const dn = Dn.parse(text);
    if (this.#nameDepth >= NESTED_NAMES_MAX) {
      throw new LdapError(
        'invalidDnSyntax',
        `The name has names within names, more than ${NESTED_NAMES_MAX} deep.`,
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

  /** Among very many names of one kind few are remembered, but what is above them is. */
  #keyOfPlainName(text: string): string | undefined {
    const level = text.length <= PLAIN_NAME_LENGTH_MAX ? plainLevelOf(text) : undefined;
    if (level === undefined) return undefined;
    try {
      const key = `${this.#avaKey(level.type, level.value)},${this.dnKeyOfText(level.above)}`;
      this.#dnKeys.remember(text, key);
      return key;
    } catch {
      // What is wrong is told of the whole text.
      return undefined;
    }
  }

  get placeRules(): SchemaParts['placeRules'] {
    return this.#parts.placeRules;
  }

  /** cn=schema, as RFC 4512 §4.2 wants it. */
  get subschemaEntry(): Entry {
    this.#subschemaEntry ??= makeSubschemaEntry(this);
    return this.#subschemaEntry;
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

/** In hexadecimal, so that a separator in a key is never part of a value. */
function escapeSeparators(value: string): string {
  return /[\\,+]/.test(value)
    ? value.replaceAll('\\', '\\5c').replaceAll(',', '\\2c').replaceAll('+', '\\2b')
    : value;
}
