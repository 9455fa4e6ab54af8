// What a requester sees of an entry: the selected attributes, secrets as stars unless the requester may read them,
// and the attributes that are not stored but follow from the tree.

import type { Privilege } from '../config/objects/root-dn-user.ts';
import { Selection } from '../directory/selection.ts';
import type { Attribute, Entry } from '../ldap/entry.ts';
import { LdapError } from '../ldap/ldap-error.ts';
import { makeAttributeSelector, typeKeyOf } from '../schema/attribute-selector.ts';
import type { AttributeDescription } from '../schema/attribute-type.ts';
import type { Derive, FilterOptions } from '../schema/filter-matcher.ts';
import { TextMemo } from '../schema/memo.ts';
import { normalizeAssertion, normalizeValue } from '../schema/normal-value.ts';
import type { Schema } from '../schema/schema.ts';
import type { Comparison, Requester } from './backend.ts';
import { type CountChildren, derivedAttributes } from './derived-attributes.ts';
import { maskAttribute, type SecretValues } from './masking.ts';
import { RIGHTS_KEY } from './read-only-rights.ts';

const SECRET_PRIVILEGE: Privilege = 'secret-read';
const SELECTIONS_MAX = 256;
const SELECTION_LENGTH_MAX = 1024;
/** Occurs in no text by itself (octets.ts), so that no two lists of selectors are the same text. */
const SELECTOR_SEPARATOR = '\uDC00';

interface FilterOptionsByRight {
  readonly ofAll: FilterOptions;
  readonly withoutSecrets: FilterOptions;
}

export class EntryViews {
  readonly #schema: Schema;
  readonly secrets: SecretValues;
  readonly #furtherDerived: ReadonlyMap<string, Derive>;
  readonly #selections = new TextMemo<Selection>(SELECTIONS_MAX, SELECTION_LENGTH_MAX);
  readonly #masked = new WeakMap<Entry, Entry>();
  readonly #filterOptions = new WeakMap<CountChildren, FilterOptionsByRight>();
  /** The same for all that count in the same tree. */
  readonly #derivedAttributes = new WeakMap<CountChildren, ReadonlyMap<string, Derive>>();

  /** @param furtherDerived by their keys, attributes that no entry has and that follow from more than the tree. */
  constructor(
    schema: Schema,
    secrets: SecretValues,
    furtherDerived: ReadonlyMap<string, Derive> = new Map(),
  ) {
    this.#schema = schema;
    this.secrets = secrets;
    this.#furtherDerived = furtherDerived;
  }

  /** Takes the attribute selectors of a search request. */
  selection(selectors: readonly string[]): Selection {
    const text = selectors.join(SELECTOR_SEPARATOR);
    const known = this.#selections.find(text);
    if (known !== undefined) return known;
    const selection = new Selection(this.#schema, selectors);
    this.#selections.remember(text, selection);
    return selection;
  }

  view(entry: Entry, selection: Selection, requester: Requester, countChildren: CountChildren): Entry {
    const view = selection.view(mayReadSecrets(requester) ? entry : this.#mask(entry));
    if (!selection.asksOperational) return view;
    const derived: Attribute[] = [];
    for (const [key, derive] of this.#derived(countChildren)) {
      const made = wants(selection, key) ? derive(entry) : undefined;
      if (made !== undefined) derived.push(made);
    }
    return derived.length === 0 ? view : view.withAttributes([...view.attributes, ...derived]);
  }

  /** Attributes whose values must not put entries into an order that tells the requester anything about them. */
  hiddenFrom(requester: Requester): ((key: string) => boolean) | undefined {
    if (mayReadSecrets(requester)) return undefined;
    return (key) => this.#isSecret(key) || this.secrets.mixedAttributes.has(typeKeyOf(key));
  }

  /** How a filter of this requester sees the entries of a backend. */
  filterOptions(requester: Requester, countChildren: CountChildren): FilterOptions {
    const known = this.#filterOptions.get(countChildren);
    const options = known ?? this.#makeFilterOptions(countChildren);
    if (known === undefined) this.#filterOptions.set(countChildren, options);
    return mayReadSecrets(requester) ? options.ofAll : options.withoutSecrets;
  }

  #makeFilterOptions(countChildren: CountChildren): FilterOptionsByRight {
    const derived = this.#derived(countChildren);
    const masked = [...this.secrets.mixedAttributes].map(
      (key) => [key, (entry: Entry) => this.#mask(entry).find(key)] as const,
    );
    const isHidden = (key: string) => this.#isSecret(key);
    return { ofAll: { derived }, withoutSecrets: { derived: new Map([...derived, ...masked]), isHidden } };
  }

  compare(entry: Entry, { attribute, value, requester }: Comparison, countChildren: CountChildren): boolean {
    const description = this.#schema.describe(attribute);
    if (description === undefined) {
      throw new LdapError(
        'undefinedAttributeType',
        `There is no attribute ${JSON.stringify(attribute)} in the schema.`,
      );
    }
    if (this.#isSecret(description.key) && !mayReadSecrets(requester)) {
      throw new LdapError(
        'insufficientAccessRights',
        `${description.description} needs the privilege ${SECRET_PRIVILEGE}.`,
      );
    }
    const seen = mayReadSecrets(requester) ? entry : this.#mask(entry);
    const asserted = normalizeAssertion(description.type, value);
    const isAsserted = (other: string) => normalizeValue(description.type, other) === asserted;
    // Most comparisons are true, and of the attribute that is named.
    if (asserted !== undefined && seen.find(description.key)?.values.some(isAsserted) === true) return true;
    const found = this.#attributesMeant(seen, description, countChildren);
    if (found.length === 0) {
      throw new LdapError('noSuchAttribute', `${entry.dn}: has no ${description.description}.`);
    }
    if (asserted === undefined) {
      throw new LdapError(
        'inappropriateMatching',
        `${description.description} cannot be compared with this value.`,
      );
    }
    return found.some(({ values }) => values.some(isAsserted));
  }

  /** The attribute itself, those with more options, and those of types built on it (RFC 4511 §4.10). */
  #attributesMeant(
    entry: Entry,
    description: AttributeDescription,
    countChildren: CountChildren,
  ): readonly Attribute[] {
    const derive = this.#derived(countChildren).get(description.type.key);
    if (derive !== undefined) {
      const made = derive(entry);
      return made === undefined ? [] : [made];
    }
    const selects = makeAttributeSelector(this.#schema, description);
    return selects === undefined ? [] : entry.attributes.filter(({ key }) => selects(key));
  }

  #derived(countChildren: CountChildren): ReadonlyMap<string, Derive> {
    const known = this.#derivedAttributes.get(countChildren);
    if (known !== undefined) return known;
    const derived = new Map([...derivedAttributes(countChildren), ...this.#furtherDerived]);
    this.#derivedAttributes.set(countChildren, derived);
    return derived;
  }

  #isSecret(key: string): boolean {
    return this.secrets.secretAttributes.has(typeKeyOf(key));
  }

  #mask(entry: Entry): Entry {
    const known = this.#masked.get(entry);
    if (known !== undefined) return known;
    const attributes = entry.attributes.map((attribute) => this.#maskAttribute(attribute));
    const isSame = attributes.every((attribute, index) => attribute === entry.attributes[index]);
    const masked = isSame ? entry : entry.withAttributes(attributes);
    this.#masked.set(entry, masked);
    return masked;
  }

  /** Each text once, however many values show it. */
  #maskAttribute(attribute: Attribute): Attribute {
    const masked = maskAttribute(attribute, this.secrets);
    return masked === attribute ? attribute : masked.withValues([...new Set(masked.values)]);
  }
}

function mayReadSecrets(requester: Requester): boolean {
  return requester.privileges.has(SECRET_PRIVILEGE);
}

function wants(selection: Selection, key: string): boolean {
  return key === RIGHTS_KEY ? selection.keys.has(key) : selection.wantsOperational(key);
}
