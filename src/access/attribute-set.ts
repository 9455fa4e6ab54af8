// The attributes that a policy allows, by the keys of their types. A secret is among them by its own name only.

import type { AttributeType } from '../schema/attribute-type.ts';
import { EXTENSIBLE_OBJECT_OID } from '../schema/check-classes.ts';
import type { Schema } from '../schema/schema.ts';

/** The facts that a list of attributes is read with. */
export interface AttributeFacts {
  readonly schema: Schema;
  /** Keys of the attributes whose values are secret. */
  readonly secretAttributes: ReadonlySet<string>;
}

export class AttributeSet {
  readonly #facts: AttributeFacts;
  readonly #allowed: AttributeList;
  readonly #exceptions: AttributeList;
  readonly #known = new Map<string, boolean>();

  /** @param allowed and exceptions: names, `*`, `+`, `@class`; unknown ones allow nothing. */
  constructor(facts: AttributeFacts, allowed: readonly string[], exceptions: readonly string[]) {
    this.#facts = facts;
    this.#allowed = new AttributeList(facts.schema, allowed);
    this.#exceptions = new AttributeList(facts.schema, exceptions);
  }

  /** Returns true if the attribute is allowed; takes the key of its type. */
  has(typeKey: string): boolean {
    const known = this.#known.get(typeKey);
    if (known !== undefined) return known;
    const { secretAttributes } = this.#facts;
    const isThere = secretAttributes.has(typeKey)
      ? this.#allowed.names(typeKey)
      : this.#allowed.includes(typeKey);
    const has = isThere && !this.#exceptions.includes(typeKey);
    this.#known.set(typeKey, has);
    return has;
  }

  /** Returns true if the secret values of an attribute are allowed that has others too. */
  hasSecretsOf(typeKey: string): boolean {
    return this.#allowed.names(typeKey) && this.has(typeKey);
  }
}

class AttributeList {
  readonly #schema: Schema;
  readonly #hasAllUser: boolean;
  readonly #hasAllOperational: boolean;
  /** Keys of the types that are named. */
  readonly #named: ReadonlySet<string>;
  /** These and their subtypes, and what the classes have. */
  readonly #keys: ReadonlySet<string>;

  constructor(schema: Schema, members: readonly string[]) {
    this.#schema = schema;
    const classes = members
      .filter((member) => member.startsWith('@'))
      .flatMap((member) => schema.findObjectClass(member.slice(1)) ?? []);
    const isExtensible = classes.some(({ lineage }) =>
      [...lineage].some(({ oid }) => oid === EXTENSIBLE_OBJECT_OID),
    );
    this.#hasAllUser = members.includes('*') || isExtensible;
    this.#hasAllOperational = members.includes('+');
    const types = members.flatMap((member) => schema.findAttributeType(member) ?? []);
    this.#named = new Set(types.map(({ key }) => key));
    const ofClasses = classes.flatMap(({ must, may }) => [...must, ...may]);
    this.#keys = new Set([...types.flatMap((type) => subtypeKeys(schema, type)), ...ofClasses]);
  }

  names(typeKey: string): boolean {
    return this.#named.has(typeKey);
  }

  includes(typeKey: string): boolean {
    if (this.#keys.has(typeKey)) return true;
    const isOperational = this.#schema.findAttributeType(typeKey)?.isOperational === true;
    return isOperational ? this.#hasAllOperational : this.#hasAllUser;
  }
}

function subtypeKeys(schema: Schema, type: AttributeType): readonly string[] {
  return schema.subtypes(type).map(({ key }) => key);
}
