// Entries that are like one before them: same classes, same attributes, same place, and other values only where each
// value can be checked by itself. They are as right as that one, and need not be applied and validated again.

import { areIndependent, independentProperties } from '../../config/checks/independent-properties.ts';
import type { PropertyDefinition } from '../../config/property-definition.ts';
import { Attribute, Entry } from '../../ldap/entry.ts';
import { checkValues } from '../../schema/check-values.ts';
import type { Configuration } from '../configuration.ts';

/** How many kinds of entries are remembered. */
const TEMPLATES_MAX = 8;
const ID_KEY = 'entryuuid';
/** A name in words of unreserved characters is the value as it stands. */
const PLAIN_VALUE = /^[A-Za-z0-9._-]+(?: [A-Za-z0-9._-]+)*$/;

export class EntryTemplates {
  readonly #configuration: Configuration;
  #templates: readonly Template[] = [];

  constructor(configuration: Configuration) {
    this.#configuration = configuration;
  }

  /** Returns the template that the entry, as it is written, follows. */
  find(entry: Entry): Template | undefined {
    return this.#templates.find((template) => template.isLike(entry));
  }

  /** Takes an entry that is in its place, as it was written and as it became; forgets it when it is no good template. */
  remember(written: Entry, stored: Entry): void {
    const configuration = this.#configuration;
    const definition = configuration.validator.definitions.findForEntry(stored);
    const alone = definition && independentProperties(definition);
    if (alone === undefined || !isSameOrder(written, stored, configuration)) return;
    const key = configuration.schema.dnKey(stored.dn);
    const difference = { key, before: undefined, after: stored };
    const { validator } = configuration;
    if (validator.validate(difference, configuration).length > 0) return;
    if (validator.checkChange(difference).length > 0) return;
    const template = new Template(configuration, written, stored, alone);
    this.#templates = [template, ...this.#templates.slice(0, TEMPLATES_MAX - 1)];
  }
}

class Template {
  readonly #configuration: Configuration;
  readonly #written: Entry;
  readonly #stored: Entry;
  readonly #alone: ReadonlyMap<string, PropertyDefinition>;
  /** `cn=`, and what follows the first level of the name. */
  readonly #nameStart: string;
  readonly #nameEnd: string;
  readonly #nameKey: string;
  readonly #idIndex: number;

  constructor(
    configuration: Configuration,
    written: Entry,
    stored: Entry,
    alone: ReadonlyMap<string, PropertyDefinition>,
  ) {
    this.#configuration = configuration;
    this.#written = written;
    this.#stored = stored;
    this.#alone = alone;
    const text = written.dn.toString();
    this.#nameStart = text.slice(0, text.indexOf('=') + 1);
    this.#nameEnd = text.slice(text.indexOf(','));
    this.#nameKey = this.#nameStart.slice(0, -1).toLowerCase();
    this.#idIndex = stored.attributes.findIndex(({ key }) => key === ID_KEY);
  }

  isLike(entry: Entry): boolean {
    const templates = this.#written.attributes;
    const name = this.#nameOf(entry);
    if (name === undefined || entry.attributes.length !== templates.length) return false;
    let isNamed = false;
    for (const [index, attribute] of entry.attributes.entries()) {
      const template = templates[index];
      if (template === undefined || attribute.description !== template.description) return false;
      if (attribute.key === this.#nameKey) {
        if (attribute.values.length !== 1 || attribute.values[0] !== name) return false;
        isNamed = true;
      } else if (attribute !== template && !this.#isAllowed(entry, attribute, template)) return false;
    }
    return isNamed;
  }

  /** The entry as it is stored. */
  stored(entry: Entry, id: string): Entry {
    const attributes = this.#stored.attributes.slice();
    const templates = this.#written.attributes;
    for (const [index, attribute] of entry.attributes.entries()) {
      const template = attributes[index];
      if (attribute !== templates[index] && template !== undefined)
        attributes[index] = template.withValues(attribute.values);
    }
    attributes[this.#idIndex] = new Attribute('entryUUID', [id], ID_KEY);
    return new Entry(entry.dn, attributes);
  }

  #nameOf({ dn }: Entry): string | undefined {
    const text = dn.toString();
    if (!text.startsWith(this.#nameStart) || !text.endsWith(this.#nameEnd)) return undefined;
    const name = text.slice(this.#nameStart.length, text.length - this.#nameEnd.length);
    return PLAIN_VALUE.test(name) ? name : undefined;
  }

  #isAllowed(entry: Entry, attribute: Attribute, template: Attribute): boolean {
    const { values } = attribute;
    if (
      values.length === template.values.length &&
      values.every((value, at) => value === template.values[at])
    )
      return true;
    const property = this.#alone.get(attribute.key);
    if (property === undefined || !areIndependent(property, values)) return false;
    return checkValues(this.#configuration.schema, entry.dn, [attribute], () => true).length === 0;
  }
}

/** Returns true if the stored entry begins with what was written, in its order, and the name is a plain one below another. */
function isSameOrder(written: Entry, stored: Entry, { schema }: Configuration): boolean {
  const [ava, ...others] = written.dn.rdn ?? [];
  if (ava === undefined || others.length > 0 || !PLAIN_VALUE.test(ava.value)) return false;
  if (!written.dn.toString().startsWith(`${ava.type}=${ava.value},`)) return false;
  return written.attributes.every(
    ({ description }, index) => schema.describe(description)?.key === stored.attributes[index]?.key,
  );
}
