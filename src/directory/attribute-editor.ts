// Applies the modifications of a modify request in order to a copy of the attributes (RFC 4511 §4.6; increment:
// RFC 4525). Collects the issues, so that the administrator sees all of them at once.

import type { Modification } from '../ldap/change.ts';
import type { Dn } from '../ldap/dn.ts';
import { Attribute } from '../ldap/entry.ts';
import { type Issue, SECRET_STARS } from '../ldap/issue.ts';
import { LdapError } from '../ldap/ldap-error.ts';
import type { Rdn } from '../ldap/rdn.ts';
import type { ResultCodeName } from '../ldap/result-code.ts';
import { type AttributeDescription, isRange } from '../schema/attribute-type.ts';
import { checkValues } from '../schema/check-values.ts';
import { normalizeValue } from '../schema/normal-value.ts';
import { EditedValues } from './edited-values.ts';
import { PASSWORD_STATE_KEYS } from './password-state-keys.ts';
import type { TreeView } from './tree-view.ts';

export type EditorView = Pick<TreeView, 'schema' | 'isSecret'>;

/** Edits the attributes of one entry and collects issues. */
export class AttributeEditor {
  readonly issues: Issue[] = [];
  /** Keys of the attributes that the request names, changed or not. */
  readonly touched = new Set<string>();
  readonly #dn: Dn;
  readonly #view: EditorView;
  readonly #attributes: Map<string, Attribute>;
  /** Attributes that values are added to and deleted from. `#settle` writes them back. */
  readonly #edited = new Map<string, { description: AttributeDescription; values: EditedValues }>();
  #unknownCount = 0;

  constructor(dn: Dn, attributes: readonly Attribute[], view: EditorView) {
    this.#dn = dn;
    this.#view = view;
    this.#attributes = new Map(attributes.map((attribute) => [attribute.key, attribute]));
  }

  get attributes(): Attribute[] {
    for (const { description } of this.#edited.values()) this.#settle(description);
    return [...this.#attributes.values()];
  }

  /** Sets an attribute of a new entry. */
  set(attribute: Attribute): void {
    const description = this.#describe(attribute);
    if (description === undefined) return;
    if (this.touched.has(description.key)) {
      this.#issue(
        'attributeOrValueExists',
        description,
        'is given twice',
        'List all values of an attribute together.',
      );
      return;
    }
    if (attribute.values.length === 0) {
      this.#issue('protocolError', description, 'has no value', 'Give it a value or leave it out.');
      return;
    }
    this.#put(description, attribute.values);
  }

  apply({ operation, attribute }: Modification): void {
    const description = this.#describe(attribute);
    if (description === undefined) return;
    switch (operation) {
      case 'add':
        return this.#add(description, attribute.values);
      case 'delete':
        return this.#delete(description, attribute.values);
      case 'replace':
        return this.#put(description, attribute.values);
      case 'increment':
        return this.#increment(description, attribute.values);
    }
  }

  /** Adds the values of the RDN to the entry if they are missing (RFC 4511 §4.7, §4.9). */
  addRdnValues(): void {
    for (const { type, value } of this.#dn.rdn ?? []) {
      const attribute = new Attribute(type, [value]);
      // The check of the whole entry refuses a name with an unknown attribute.
      const description = this.#view.schema.describe(type) && this.#describe(attribute);
      if (description === undefined) continue;
      if (this.#view.isSecret(description.type.key, value)) throw secretInName(description);
      if (!this.#has(description, value)) {
        this.#put(description, [...this.#settle(description), value]);
      }
    }
  }

  /** Removes the values of an old RDN (RFC 4511 §4.9, deleteoldrdn). */
  removeRdnValues(rdn: Rdn): void {
    for (const { type, value } of rdn) {
      const description = this.#view.schema.describe(type);
      if (description === undefined) continue;
      const gone = normalizeValue(description.type, value);
      this.#put(
        description,
        this.#settle(description).filter((other) => normalizeValue(description.type, other) !== gone),
      );
    }
  }

  /** Refuses a modify that removes a value of the RDN (RFC 4511 §4.6). */
  requireRdnValues(): void {
    for (const { type, value } of this.#dn.rdn ?? []) {
      const description = this.#view.schema.describe(type);
      // Only named attributes can have changed.
      if (description === undefined || !this.touched.has(description.key)) continue;
      if (this.#has(description, value)) continue;
      this.#issue(
        'notAllowedOnRdn',
        description,
        'names the entry and cannot be removed',
        'Add an entry of the new name and delete this one.',
        value,
      );
    }
  }

  #add(description: AttributeDescription, values: readonly string[]): void {
    if (values.length === 0) {
      this.#issue('protocolError', description, 'is added without a value', 'Give at least one value.');
      return;
    }
    const edited = this.#edit(description);
    for (const value of values) {
      if (edited.add(value)) continue;
      this.#issue(
        'attributeOrValueExists',
        description,
        'is there already',
        'Leave it out, or replace the attribute.',
        value,
      );
    }
  }

  #delete(description: AttributeDescription, values: readonly string[]): void {
    if (values.length === 0) {
      if (this.#settle(description).length > 0) return this.#put(description, []);
      this.#issue('noSuchAttribute', description, 'is not there, so nothing of it can be deleted');
      return;
    }
    const edited = this.#edit(description);
    const missing = values.filter((value) => !edited.delete(value));
    if (missing.length > 0) {
      this.#issue(
        'noSuchAttribute',
        description,
        'is not among the values',
        'Look at the entry for what is there.',
        missing[0],
      );
    }
  }

  /** Adds the given number to every value (RFC 4525 §3). */
  #increment(description: AttributeDescription, values: readonly string[]): void {
    const existing = this.#settle(description);
    const [step, ...others] = values;
    if (step === undefined || others.length > 0 || !INTEGER.test(step)) {
      this.#issue(
        'constraintViolation',
        description,
        'is incremented by something other than one whole number',
      );
    } else if (existing.length === 0) {
      this.#issue('noSuchAttribute', description, 'is not there, so it cannot be incremented');
    } else if (existing.length > INCREMENTED_MAX) {
      const problem = `has more than ${INCREMENTED_MAX} values, which is too many to increment`;
      this.#issue('adminLimitExceeded', description, problem);
    } else if (!existing.every((value) => INTEGER.test(value))) {
      this.#issue('constraintViolation', description, 'is not a whole number, so it cannot be incremented');
    } else {
      this.#put(
        description,
        existing.map((value) => String(BigInt(value) + BigInt(step))),
      );
    }
  }

  #has(description: AttributeDescription, value: string): boolean {
    const wanted = normalizeValue(description.type, value);
    return this.#settle(description).some((other) => normalizeValue(description.type, other) === wanted);
  }

  #edit(description: AttributeDescription): EditedValues {
    const { key, type } = description;
    this.touched.add(key);
    const known = this.#edited.get(key)?.values;
    if (known !== undefined) return known;
    const values = new EditedValues(type, this.#attributes.get(key)?.values ?? []);
    this.#edited.set(key, { description, values });
    return values;
  }

  /** Returns the current values of an attribute. */
  #settle(description: AttributeDescription): readonly string[] {
    const edited = this.#edited.get(description.key)?.values;
    if (edited !== undefined) this.#put(description, edited.values);
    return this.#attributes.get(description.key)?.values ?? [];
  }

  #put(description: AttributeDescription, values: readonly string[]): void {
    this.touched.add(description.key);
    this.#edited.delete(description.key);
    if (values.length === 0) this.#attributes.delete(description.key);
    else
      this.#attributes.set(description.key, new Attribute(description.description, values, description.key));
  }

  #describe(attribute: Attribute): AttributeDescription | undefined {
    const description = this.#view.schema.describe(attribute.description);
    if (description === undefined || isRange(description)) {
      this.#unknown(attribute);
      return undefined;
    }
    // Who asks for changes is kept from setting the state of passwords before.
    if (description.type.noUserModification && !PASSWORD_STATE_KEYS.has(description.type.key)) {
      this.#issue(
        'constraintViolation',
        description,
        'is kept by the server',
        'Leave it out of the request.',
      );
      return undefined;
    }
    return description;
  }

  #unknown(attribute: Attribute): void {
    this.#unknownCount += 1;
    if (this.#unknownCount > UNKNOWN_MAX) return;
    this.issues.push(
      ...checkValues(this.#view.schema, this.#dn, [attribute], (key, text) => this.#view.isSecret(key, text)),
    );
  }

  #issue(
    code: ResultCodeName,
    { description, key }: AttributeDescription,
    problem: string,
    advice?: string,
    value?: string,
  ): void {
    const received = value !== undefined && this.#view.isSecret(key, value) ? SECRET_STARS : value;
    this.issues.push({
      code,
      dn: this.#dn.toString(),
      property: description,
      problem,
      ...(received === undefined ? {} : { received }),
      ...(advice === undefined ? {} : { advice }),
    });
  }
}

/**
 * Refuses a password in a DN: DNs are visible in answers and in the log, and this value would never be hashed.
 */
function secretInName({ description }: AttributeDescription): LdapError {
  const advice = 'Name the entry by another attribute, such as cn.';
  return new LdapError('namingViolation', `${description} is secret and no part of a name. ${advice}`);
}

/** Integer of at most 100 digits. The cost of longer ones grows faster than their length. */
const INTEGER = /^-?\d{1,100}$/;
const INCREMENTED_MAX = 16;
/** Maximum number of unknown attributes with a suggestion: each one compares a name with the whole schema. */
const UNKNOWN_MAX = 50;
