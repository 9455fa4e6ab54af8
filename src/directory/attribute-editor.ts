// The modifications of a modify request, one after the other on a copy of the attributes (RFC 4511 §4.6,
// increment: RFC 4525). Issues are collected, so that the administrator sees all that is wrong with a request.

import type { Modification } from '../ldap/change.ts';
import type { Dn, Rdn } from '../ldap/dn.ts';
import { Attribute } from '../ldap/entry.ts';
import type { Issue } from '../ldap/issue.ts';
import { LdapError } from '../ldap/ldap-error.ts';
import type { ResultCodeName } from '../ldap/result-code.ts';
import { type AttributeDescription, isRange } from '../schema/attribute-type.ts';
import { checkValues } from '../schema/check-values.ts';
import { normalizeValue } from '../schema/normal-value.ts';
import { EditedValues } from './edited-values.ts';
import type { TreeView } from './tree-view.ts';

export type EditorView = Pick<TreeView, 'schema' | 'isSecret'>;

export class AttributeEditor {
  readonly issues: Issue[] = [];
  /** Keys of the attributes that were given, whether they changed in the end or not. */
  readonly touched = new Set<string>();
  readonly #dn: Dn;
  readonly #view: EditorView;
  readonly #attributes: Map<string, Attribute>;
  /** The attributes that are added to and deleted from; `#settle` makes attributes of them. */
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

  /** An attribute of an entry that is added. */
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

  /** RFC 4511 §4.7 and §4.9: the entry has the values it is named by, whether they were given or not. */
  addRdnValues(): void {
    for (const { type, value } of this.#dn.rdn ?? []) {
      const attribute = new Attribute(type, [value]);
      // A name made of something unknown is refused when the entry is checked as a whole.
      const description = this.#view.schema.describe(type) && this.#describe(attribute);
      if (description === undefined) continue;
      if (this.#view.isSecret(description.type.key, value)) throw secretInName(description);
      if (!this.#has(description, value)) {
        this.#put(description, [...this.#settle(description), value]);
      }
    }
  }

  /** RFC 4511 §4.9: the values of a name the entry does not have any more. */
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

  /** RFC 4511 §4.6: a modify cannot take away what the entry is named by. */
  requireRdnValues(): void {
    for (const { type, value } of this.#dn.rdn ?? []) {
      const description = this.#view.schema.describe(type);
      // What was not touched is as it was.
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

  /** RFC 4525 §3: every value grows by the one that is given. */
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

  /** The values of an attribute as they are by now. */
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
    if (description.type.noUserModification) {
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
    const received = value !== undefined && this.#view.isSecret(key, value) ? '***' : value;
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

/** Everybody sees names, in answers and in the log, and a password in one would never become a hash. */
function secretInName({ description }: AttributeDescription): LdapError {
  const advice = 'Name the entry by another attribute, such as cn.';
  return new LdapError('namingViolation', `${description} is secret and no part of a name. ${advice}`);
}

/** Longer numbers count nothing, and cost more than they are long. */
const INTEGER = /^-?\d{1,100}$/;
const INCREMENTED_MAX = 16;
/** A suggestion for an unknown name compares it with all there are. */
const UNKNOWN_MAX = 50;
