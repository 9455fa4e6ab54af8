// What a requester sees of an entry: the selected attributes, as far as its grant for that entry shows them, and the attributes
// that are not stored but follow from the tree.

import type { AccessPolicies } from '../access/access-policies.ts';
import { Grant } from '../access/grant.ts';
import { maskAttribute, type SecretValues } from '../access/masking.ts';
import type { PolicyAccess } from '../access/policy-access.ts';
import type { Privilege } from '../config/objects/root-dn-user.ts';
import { Selection } from '../directory/selection.ts';
import { Dn } from '../ldap/dn.ts';
import type { Attribute, Entry } from '../ldap/entry.ts';
import type { Filter } from '../ldap/filter.ts';
import { LdapError } from '../ldap/ldap-error.ts';
import { makeAttributeSelector, typeKeyOf } from '../schema/attribute-selector.ts';
import type { AttributeDescription } from '../schema/attribute-type.ts';
import { compileFilter, type Derive, type FilterOptions, type Matcher } from '../schema/filter-matcher.ts';
import { TextMemo } from '../schema/memo.ts';
import { normalizeAssertion, normalizeValue } from '../schema/normal-value.ts';
import type { Schema } from '../schema/schema.ts';
import type { Comparison, Requester } from './backend.ts';
import { type CountChildren, derivedAttributes } from './derived-attributes.ts';
import type { EntrySource } from './entry-source.ts';
import { RIGHTS_KEY } from './read-only-rights.ts';
import { NoSight, PolicySight, type Sight, UniformSight } from './sight.ts';
import { type DeriveFor, derivedFor } from './visible-derived.ts';

const SECRET_PRIVILEGE: Privilege = 'secret-read';
const SELECTIONS_MAX = 256;
const SELECTION_LENGTH_MAX = 1024;
/** Occurs in no text by itself (octets.ts), so that no two lists of selectors are the same text. */
const SELECTOR_SEPARATOR = '\uDC00';

/** Where the entries come from. */
type Source = Pick<EntrySource, 'countChildren' | 'children'>;

export interface EntryViewsOptions {
  readonly schema: Schema;
  readonly secrets: SecretValues;
  readonly policies: AccessPolicies;
  /** By their keys, attributes that no entry has and that follow from more than the tree. */
  readonly furtherDerived?: ReadonlyMap<string, DeriveFor>;
}

export class EntryViews {
  readonly policies: AccessPolicies;
  readonly secrets: SecretValues;
  readonly #schema: Schema;
  readonly #furtherDerived: ReadonlyMap<string, DeriveFor>;
  readonly #all: UniformSight;
  readonly #masked: UniformSight;
  readonly #nothing = new NoSight();
  readonly #joined = new WeakMap<Grant, Grant>();
  /** Sights by policies alone, for requesters that have nothing of their own. */
  readonly #sights = new WeakMap<PolicyAccess, PolicySight>();
  readonly #selections = new TextMemo<Selection>(SELECTIONS_MAX, SELECTION_LENGTH_MAX);
  readonly #filterOptions = new WeakMap<CountChildren, ReadonlyMap<Grant, FilterOptions>>();
  /** Derived attributes, shared by all sources that count in the same tree. */
  readonly #derivedAttributes = new WeakMap<CountChildren, ReadonlyMap<string, Derive>>();

  constructor({ schema, secrets, policies, furtherDerived = new Map() }: EntryViewsOptions) {
    this.#schema = schema;
    this.secrets = secrets;
    this.policies = policies;
    this.#furtherDerived = furtherDerived;
    this.#all = new UniformSight(Grant.ofAll(secrets), 'all');
    this.#masked = new UniformSight(Grant.withoutSecrets(secrets), 'without secrets');
  }

  /** Returns what policies allow the requester. */
  accessOf(requester: Requester): PolicyAccess | undefined {
    return this.policies.accessOf(requester);
  }

  /**
   * Returns what a requester sees.
   * @param isFull whether its privileges show every entry
   */
  sightOf(requester: Requester, isFull: boolean, isOwn?: (entry: Entry) => boolean): Sight {
    if (isFull && requester.privileges.has(SECRET_PRIVILEGE)) return this.#all;
    const access = this.policies.accessOf(requester);
    const everywhere = isFull ? this.#masked.uniform : undefined;
    if (access === undefined || (isFull && !access.readsSecrets))
      return isFull ? this.#masked : this.#nothing;
    if (isFull || isOwn !== undefined) return this.#policySight(access, everywhere, isOwn);
    const known = this.#sights.get(access);
    if (known !== undefined) return known;
    const sight = this.#policySight(access, undefined, undefined);
    this.#sights.set(access, sight);
    return sight;
  }

  #policySight(
    access: PolicyAccess,
    everywhere: Grant | undefined,
    isOwn: ((entry: Entry) => boolean) | undefined,
  ): PolicySight {
    return new PolicySight({
      schema: this.#schema,
      access,
      everywhere,
      isOwn,
      ofOwn: this.#masked.uniform,
      join: (one, other) => this.#join(one, other),
    });
  }

  /** Returns true if a sight shows everything, secrets too. */
  showsAll(sight: Sight): boolean {
    return sight === this.#all;
  }

  /** Returns what shows all that privileges show and the secrets that policies show. */
  #join(everywhere: Grant, granted: Grant): Grant {
    const known = this.#joined.get(granted);
    if (known !== undefined) return known;
    const joined = new Grant(this.secrets, {
      reads: (key) => everywhere.reads(key) || granted.reads(key),
      readsSecrets: (key) => everywhere.readsSecrets(key) || granted.readsSecrets(key),
    });
    this.#joined.set(granted, joined);
    return joined;
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

  /** Takes an entry that exists for the requester. */
  view(entry: Entry, selection: Selection, sight: Sight, source: Source): Entry {
    const grant = sight.uniform ?? sight.grantOf(entry);
    if (grant === undefined) return entry.withAttributes([]);
    const view = selection.view(grant.see(entry));
    if (!selection.asksOperational) return view;
    const derived: Attribute[] = [];
    for (const [key, derive] of this.#derivedFor(grant, sight, source)) {
      const made = wants(selection, key) && grant.reads(key) ? derive(entry) : undefined;
      if (made !== undefined) derived.push(made);
    }
    return derived.length === 0 ? view : view.withAttributes([...view.attributes, ...derived]);
  }

  /** Attributes whose values must not put entries into an order that tells the requester anything about them. */
  hiddenFrom(sight: Sight): ((key: string) => boolean) | undefined {
    if (sight === this.#all || sight.uniform === undefined) return undefined;
    return (key) => this.#isSecret(key) || this.isMixed(key);
  }

  /** Returns true if some values of the attribute are secret. */
  isMixed(key: string): boolean {
    return this.secrets.mixedAttributes.has(typeKeyOf(key));
  }

  /** Compiles a filter as this requester sees the entries. */
  matcher(filter: Filter, sight: Sight, source: Source): Matcher {
    const { uniform } = sight;
    if (uniform !== undefined)
      return compileFilter(this.#schema, filter, this.#filterOptionsFor(uniform, source));
    const byGrant = new Map<Grant, Matcher>();
    const compile = (grant: Grant): Matcher => {
      const options = this.#filterOptionsOf(grant, sight, source);
      const matcher = compileFilter(this.#schema, filter, options);
      byGrant.set(grant, matcher);
      return matcher;
    };
    return (entry) => {
      const grant = sight.grantOf(entry);
      if (grant === undefined) return undefined;
      return (byGrant.get(grant) ?? compile(grant))(grant.see(entry));
    };
  }

  /** Where all entries have the grant: nothing is made of an entry but what the filter asks for. */
  #filterOptionsFor(grant: Grant, { countChildren }: Source): FilterOptions {
    const known = this.#filterOptions.get(countChildren);
    const options = known ?? this.#makeFilterOptions(countChildren);
    if (known === undefined) this.#filterOptions.set(countChildren, options);
    return options.get(grant) ?? {};
  }

  #makeFilterOptions(countChildren: CountChildren): ReadonlyMap<Grant, FilterOptions> {
    const derived = this.#derived(countChildren);
    const { uniform } = this.#masked;
    const masked = [...this.secrets.mixedAttributes].map(
      (key) => [key, (entry: Entry) => uniform.see(entry).find(key)] as const,
    );
    const isHidden = (key: string) => this.#isSecret(key);
    const withoutSecrets = { derived: new Map([...derived, ...masked]), isHidden };
    return new Map<Grant, FilterOptions>([
      [this.#all.uniform, { derived }],
      [uniform, withoutSecrets],
    ]);
  }

  /** For entries that the grant has made what they are. */
  #filterOptionsOf(grant: Grant, sight: Sight, source: Source): FilterOptions {
    const derived = this.#derivedFor(grant, sight, source);
    const made = Array.from(derived, ([key, derive]) => {
      return [key, (seen: Entry) => derive(grant.originalOf(seen))] as const;
    });
    return { derived: new Map(made), isHidden: (key) => grant.hides(key) };
  }

  compare(entry: Entry, { attribute, value }: Comparison, sight: Sight, source: Source): boolean {
    const description = this.#schema.describe(attribute);
    if (description === undefined) {
      throw new LdapError(
        'undefinedAttributeType',
        `There is no attribute ${JSON.stringify(attribute)} in the schema.`,
      );
    }
    const grant = sight.grantOf(entry);
    if (grant === undefined || !grant.reads(description.type.key)) throw noSuchAttribute(entry, description);
    if (grant.hides(description.type.key)) {
      throw new LdapError(
        'insufficientAccessRights',
        `${description.description} needs the privilege ${SECRET_PRIVILEGE}.`,
      );
    }
    const seen = grant.see(entry);
    const asserted = normalizeAssertion(description.type, value);
    const isAsserted = (other: string) => normalizeValue(description.type, other) === asserted;
    // Most comparisons are true, and of the attribute that is named.
    if (asserted !== undefined && seen.find(description.key)?.values.some(isAsserted) === true) return true;
    const derive = this.#derivedFor(grant, sight, source).get(description.type.key);
    const found = this.#attributesMeant(seen, description, derive && (() => derive(entry)));
    if (found.length === 0) throw noSuchAttribute(entry, description);
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
    derive: (() => Attribute | undefined) | undefined,
  ): readonly Attribute[] {
    if (derive !== undefined) {
      const made = derive();
      return made === undefined ? [] : [made];
    }
    const selects = makeAttributeSelector(this.#schema, description);
    return selects === undefined ? [] : entry.attributes.filter(({ key }) => selects(key));
  }

  #derived(countChildren: CountChildren): ReadonlyMap<string, Derive> {
    const known = this.#derivedAttributes.get(countChildren);
    if (known !== undefined) return known;
    const derived = new Map<string, Derive>([...derivedAttributes(countChildren), ...this.#furtherDerived]);
    this.#derivedAttributes.set(countChildren, derived);
    return derived;
  }

  /** Returns the derived attributes, made of the entries that exist for the requester. */
  #derivedFor(grant: Grant, sight: Sight, source: Source): ReadonlyMap<string, Derive> {
    if (sight.isWhole) return this.#derived(source.countChildren);
    const viewer = {
      seesAllOf: (entry: Entry) => grant.seesAllOf(entry),
      sees: (dn: string) => sight.grantAt(Dn.parse(dn)) !== undefined,
    };
    const countVisible: CountChildren = (entry) => {
      let count = 0;
      for (const child of source.children(entry)) if (sight.grantOf(child) !== undefined) count += 1;
      return count;
    };
    return derivedFor(derivedAttributes(countVisible), this.#furtherDerived, viewer);
  }

  /** Returns an attribute of a change as somebody with the grant sees it. */
  maskAttribute(attribute: Attribute, grant: Grant): Attribute | undefined {
    const typeKey = this.#schema.describe(attribute.description)?.type.key ?? typeKeyOf(attribute.key);
    if (!grant.reads(typeKey)) return undefined;
    return grant.readsSecrets(typeKey) ? attribute : maskAttribute(attribute, this.secrets, typeKey);
  }

  #isSecret(key: string): boolean {
    return this.secrets.secretAttributes.has(typeKeyOf(key));
  }
}

function noSuchAttribute(entry: Entry, { description }: AttributeDescription): LdapError {
  return new LdapError('noSuchAttribute', `${entry.dn}: has no ${description}.`);
}

function wants(selection: Selection, key: string): boolean {
  return key === RIGHTS_KEY ? selection.keys.has(key) : selection.wantsOperational(key);
}
