// What a requester sees of an entry: the selected attributes, secrets as stars unless the requester may read them,
// and the attributes that are not stored but follow from the tree.

import type { Privilege } from '../config/objects/root-dn-user.ts';
import { SECRET_STARS } from '../config/secret.ts';
import { Selection } from '../directory/selection.ts';
import { Attribute, type Entry } from '../ldap/entry.ts';
import { LdapError } from '../ldap/ldap-error.ts';
import { normalizeAssertion, normalizeValue } from '../schema/normal-value.ts';
import type { Schema } from '../schema/schema.ts';
import type { Comparison, Requester } from './backend.ts';

const SECRET_PRIVILEGE: Privilege = 'secret-read';
const SELECTIONS_MAX = 256;

/** How many entries are directly below one. */
export type CountChildren = (entry: Entry) => number;

export class EntryViews {
  readonly #schema: Schema;
  readonly #secretAttributes: ReadonlySet<string>;
  readonly #selections = new Map<string, Selection>();
  readonly #masked = new WeakMap<Entry, Entry>();

  constructor(schema: Schema, secretAttributes: ReadonlySet<string>) {
    this.#schema = schema;
    this.#secretAttributes = secretAttributes;
  }

  /** Takes the attribute selectors of a search request. */
  selection(selectors: readonly string[]): Selection {
    const text = selectors.join(' ');
    const known = this.#selections.get(text);
    if (known !== undefined) return known;
    const selection = new Selection(this.#schema, selectors);
    if (this.#selections.size >= SELECTIONS_MAX) this.#selections.clear();
    this.#selections.set(text, selection);
    return selection;
  }

  view(entry: Entry, selection: Selection, requester: Requester, countChildren: CountChildren): Entry {
    const view = selection.view(mayReadSecrets(requester) ? entry : this.#mask(entry));
    const derived = DERIVED.filter(({ key }) => selection.wantsOperational(key));
    if (derived.length === 0) return view;
    const attributes = derived.map(({ name, derive }) => new Attribute(name, [derive(entry, countChildren)]));
    return view.withAttributes([...view.attributes, ...attributes]);
  }

  /** Attributes whose values a filter must not tell the requester anything about. */
  hiddenFrom(requester: Requester): ((key: string) => boolean) | undefined {
    return mayReadSecrets(requester) ? undefined : (key) => this.#isSecret(key);
  }

  compare(entry: Entry, { attribute, value, requester }: Comparison): boolean {
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
    const found = entry.find(description.key);
    if (found === undefined) {
      throw new LdapError('noSuchAttribute', `${entry.dn}: has no ${description.description}.`);
    }
    const asserted = normalizeAssertion(description.type, value);
    if (asserted === undefined) {
      throw new LdapError(
        'inappropriateMatching',
        `${description.description} cannot be compared with this value.`,
      );
    }
    return found.values.some((other) => normalizeValue(description.type, other) === asserted);
  }

  #isSecret(key: string): boolean {
    const semicolon = key.indexOf(';');
    return this.#secretAttributes.has(semicolon < 0 ? key : key.slice(0, semicolon));
  }

  #mask(entry: Entry): Entry {
    const known = this.#masked.get(entry);
    if (known !== undefined) return known;
    const masked = entry.attributes.some(({ key }) => this.#isSecret(key))
      ? entry.withAttributes(
          entry.attributes.map((attribute) =>
            this.#isSecret(attribute.key) ? attribute.withValues([SECRET_STARS]) : attribute,
          ),
        )
      : entry;
    this.#masked.set(entry, masked);
    return masked;
  }
}

function mayReadSecrets(requester: Requester): boolean {
  return requester.privileges.has(SECRET_PRIVILEGE);
}

interface Derived {
  readonly key: string;
  readonly name: string;
  derive(entry: Entry, countChildren: CountChildren): string;
}

/** Operational attributes that are not stored (RFC 5020; X.501 for the counts; RFC 4512 §4.2). */
const DERIVED: readonly Derived[] = [
  { key: 'entrydn', name: 'entryDN', derive: (entry) => entry.dn.toString() },
  {
    key: 'hassubordinates',
    name: 'hasSubordinates',
    derive: (entry, countChildren) => (countChildren(entry) > 0 ? 'TRUE' : 'FALSE'),
  },
  {
    key: 'numsubordinates',
    name: 'numSubordinates',
    derive: (entry, countChildren) => String(countChildren(entry)),
  },
  { key: 'subschemasubentry', name: 'subschemaSubentry', derive: () => 'cn=schema' },
];
