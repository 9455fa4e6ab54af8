// The modifications of a modify request, one after the other on a copy of the attributes (RFC 4511 §4.6,
// increment: RFC 4525). Issues are collected, so that the administrator sees all that is wrong with a request.

import type { Modification } from '../ldap/change.ts';
import type { Dn } from '../ldap/dn.ts';
import { Attribute } from '../ldap/entry.ts';
import type { Issue } from '../ldap/issue.ts';
import { LdapError } from '../ldap/ldap-error.ts';
import type { ResultCodeName } from '../ldap/result-code.ts';
import type { AttributeDescription } from '../schema/attribute-type.ts';
import { checkValues } from '../schema/check-values.ts';
import { normalizeValue } from '../schema/normal-value.ts';
import type { TreeView } from './apply-change.ts';

export class AttributeEditor {
  readonly issues: Issue[] = [];
  /** Keys of the attributes that were given, whether they changed in the end or not. */
  readonly touched = new Set<string>();
  readonly #dn: Dn;
  readonly #view: TreeView;
  readonly #attributes: Map<string, Attribute>;

  constructor(dn: Dn, attributes: readonly Attribute[], view: TreeView) {
    this.#dn = dn;
    this.#view = view;
    this.#attributes = new Map(attributes.map((attribute) => [attribute.key, attribute]));
  }

  get attributes(): Attribute[] {
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

  /** RFC 4511 §4.7: an add that leaves out values of its RDN gets them. */
  addRdnValues(): void {
    for (const { type, value } of this.#dn.rdn ?? []) {
      const description = this.#view.schema.describe(type);
      if (description === undefined) {
        this.#unknown(new Attribute(type, [value]));
      } else if (!this.#has(description, value)) {
        const values = this.#attributes.get(description.key)?.values ?? [];
        this.#put(description, [...values, value]);
      }
    }
  }

  /** RFC 4511 §4.6: a modify cannot take away what the entry is named by. */
  requireRdnValues(): void {
    for (const { type, value } of this.#dn.rdn ?? []) {
      const description = this.#view.schema.describe(type);
      if (description === undefined || this.#has(description, value)) continue;
      throw new LdapError(
        'notAllowedOnRdn',
        `${this.#dn}: ${description.description} "${value}" names the entry and cannot be removed. Add an entry of the new name and delete this one.`,
      );
    }
  }

  #add(description: AttributeDescription, values: readonly string[]): void {
    if (values.length === 0) {
      this.#issue('protocolError', description, 'is added without a value', 'Give at least one value.');
      return;
    }
    const existing = this.#attributes.get(description.key)?.values ?? [];
    const present = new Set(existing.map((value) => normalizeValue(description.type, value)));
    for (const value of values) {
      if (!present.has(normalizeValue(description.type, value))) continue;
      this.#issue(
        'attributeOrValueExists',
        description,
        'is there already',
        'Leave it out, or replace the attribute.',
        value,
      );
    }
    this.#put(description, [...existing, ...values]);
  }

  #delete(description: AttributeDescription, values: readonly string[]): void {
    const existing = this.#attributes.get(description.key)?.values;
    if (existing === undefined) {
      this.#issue('noSuchAttribute', description, 'is not there, so nothing of it can be deleted');
      return;
    }
    if (values.length === 0) return this.#put(description, []);
    const gone = new Set(values.map((value) => normalizeValue(description.type, value)));
    const kept = existing.filter((value) => !gone.delete(normalizeValue(description.type, value)));
    if (gone.size > 0) {
      const missing = values.find((value) => gone.has(normalizeValue(description.type, value)));
      this.#issue(
        'noSuchAttribute',
        description,
        'is not among the values',
        'Look at the entry for what is there.',
        missing,
      );
    }
    this.#put(description, kept);
  }

  /** RFC 4525 §3: every value grows by the one that is given. */
  #increment(description: AttributeDescription, values: readonly string[]): void {
    const existing = this.#attributes.get(description.key)?.values;
    const [step, ...others] = values;
    if (step === undefined || others.length > 0 || !INTEGER.test(step)) {
      this.#issue(
        'constraintViolation',
        description,
        'is incremented by something other than one whole number',
      );
    } else if (existing === undefined) {
      this.#issue('noSuchAttribute', description, 'is not there, so it cannot be incremented');
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
    const values = this.#attributes.get(description.key)?.values ?? [];
    return values.some((other) => normalizeValue(description.type, other) === wanted);
  }

  #put(description: AttributeDescription, values: readonly string[]): void {
    this.touched.add(description.key);
    if (values.length === 0) this.#attributes.delete(description.key);
    else
      this.#attributes.set(description.key, new Attribute(description.description, values, description.key));
  }

  #describe(attribute: Attribute): AttributeDescription | undefined {
    const description = this.#view.schema.describe(attribute.description);
    if (description === undefined) {
      this.#unknown(attribute);
    } else if (description.type.noUserModification) {
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
    this.issues.push(
      ...checkValues(this.#view.schema, this.#dn, [attribute], (key) => this.#view.isSecret(key)),
    );
  }

  #issue(
    code: ResultCodeName,
    { description, key }: AttributeDescription,
    problem: string,
    advice?: string,
    value?: string,
  ): void {
    const received = value !== undefined && this.#view.isSecret(key) ? '***' : value;
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

const INTEGER = /^-?\d+$/;
