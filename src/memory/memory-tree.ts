// The entries of a memory backend, as the write path changes them. Only the schema is checked: their meaning is unknown here.

import type { Requester } from '../backend/backend.ts';
import type { WriteTarget } from '../configuration/write/write-target.ts';
import { applyChange, type Effect, type TreeView } from '../directory/apply-change.ts';
import { indexTerms } from '../directory/index-terms.ts';
import { PASSWORD_STATE_KEYS } from '../directory/password-state-keys.ts';
import { findReferral } from '../directory/referral.ts';
import { type Stamp, stamp } from '../directory/stamp.ts';
import { Tree } from '../directory/tree.ts';
import type { Change } from '../ldap/change.ts';
import { isAtOrBelow } from '../ldap/dn-key.ts';
import { Attribute, type Entry } from '../ldap/entry.ts';
import { type Issue, refuseIfAny } from '../ldap/issue.ts';
import { LdapError } from '../ldap/ldap-error.ts';
import { newContentIssues } from '../schema/check-content-rule.ts';
import { checkValues } from '../schema/check-values.ts';
import type { Schema } from '../schema/schema.ts';

/** Attributes by which people, groups and hosts are looked up. */
const INDEXED: ReadonlySet<string> = new Set([
  'objectclass',
  'entryuuid',
  'cn',
  'sn',
  'givenname',
  'uid',
  'mail',
  'ou',
  'dc',
  'member',
  'uniquemember',
  'memberuid',
  'uidnumber',
  'gidnumber',
]);

export interface MemoryTreeOptions {
  readonly schema: Schema;
  /** Keys of the names of the top entries. */
  readonly topKeys: ReadonlySet<string>;
  readonly isSecret: (key: string, value: string) => boolean;
  /** Maximum number of entries. */
  readonly entryLimit: () => number;
  /** Called when readers see another entry under a key, or none. */
  readonly shown?: (key: string, entry: Entry | undefined) => void;
  /** Throws insufficientAccessRights (50) if the requester may not make this change. */
  readonly permit: (effect: Effect, requester: Requester) => void;
}

export class MemoryTree implements TreeView, WriteTarget {
  readonly schema: Schema;
  readonly tree: Tree;
  readonly #options: MemoryTreeOptions;

  constructor(options: MemoryTreeOptions) {
    const { schema } = options;
    this.schema = schema;
    this.#options = options;
    this.tree = new Tree({
      indexed: INDEXED,
      termsOf: (attribute) => indexTerms(schema, INDEXED, attribute),
      staged: () => {},
      ...(options.shown === undefined ? {} : { shown: options.shown }),
    });
  }

  find(key: string): Entry | undefined {
    return this.tree.findStaged(key);
  }

  hasChildren(key: string): boolean {
    return this.tree.hasStagedChildren(key);
  }

  childKeys(key: string): Iterable<string> {
    return this.tree.stagedChildKeys(key);
  }

  isTop(key: string): boolean {
    return this.#options.topKeys.has(key);
  }

  isSecret(key: string, value: string): boolean {
    return this.#options.isSecret(key, value);
  }

  apply(change: Change, made: Stamp): readonly Effect[] {
    if (change.type === 'add') this.#requireRoom(change.entry);
    return applyChange(change, this).map((effect) => {
      if (effect.after === undefined || effect.isCarriedAlong === true) return effect;
      return { ...effect, after: stamp(effect.before, effect.after, made, this.schema) };
    });
  }

  stage({ from, key, parentKey, after }: Effect): void {
    if (from !== undefined) this.tree.stage(from.key, from.parentKey, undefined);
    this.tree.stage(key, parentKey, after);
  }

  permit(effect: Effect, requester: Requester): void {
    this.#options.permit(effect, requester);
  }

  check({ before, after }: Effect): readonly Issue[] {
    return after === undefined ? [] : newContentIssues(this.schema, after, before);
  }

  differenceOf(): undefined {
    return undefined;
  }

  notesOf(): readonly string[] {
    return [];
  }

  /**
   * Adds an entry of a file; readers see it after the next commit. Operational attributes of the file are kept, as for an
   * entry replicated from another server. Throws what an add throws.
   */
  load(entry: Entry, made: Stamp): void {
    this.#requirePlace(entry);
    const isKept = ({ description }: Attribute) =>
      this.schema.describe(description)?.type.noUserModification === true;
    const added = entry.withAttributes(entry.attributes.filter((attribute) => !isKept(attribute)));
    const kept = entry.attributes
      .filter(isKept)
      .flatMap((attribute) => this.#keptAttribute(entry, attribute));
    for (const effect of this.apply({ type: 'add', entry: added }, made)) {
      const { after } = effect;
      this.stage({ ...effect, after: after && kept.reduce((whole, one) => whole.with(one), after) });
    }
  }

  /** Throws for an entry that no search would find. */
  #requirePlace({ dn }: Entry): void {
    const key = this.schema.dnKey(dn);
    const isInside = [...this.#options.topKeys].some((top) => isAtOrBelow(key, top));
    if (!isInside)
      throw new LdapError(
        'namingViolation',
        `${dn}: is not at or below a base-dn of the backend. Remove it.`,
      );
    const referral = findReferral(key, (one) => this.find(one));
    if (referral !== undefined) {
      throw new LdapError(
        'unwillingToPerform',
        `${dn}: is below the referral object ${referral.dn}, where another server has the entries. Remove one of the two.`,
      );
    }
  }

  /** Returns an operational attribute that is kept; the others follow from the tree. */
  #keptAttribute(entry: Entry, attribute: Attribute): readonly Attribute[] {
    const description = this.schema.describe(attribute.description);
    if (description === undefined || !KEPT.has(description.key)) return [];
    refuseIfAny(checkValues(this.schema, entry.dn, [attribute], (key, value) => this.isSecret(key, value)));
    return [new Attribute(description.description, attribute.values, description.key)];
  }

  #requireRoom({ dn }: Entry): void {
    const limit = this.#options.entryLimit();
    if (this.tree.size < limit) return;
    throw new LdapError(
      'adminLimitExceeded',
      `${dn}: the backend has the ${limit} entries it may have. Delete some, or raise its entry-limit.`,
    );
  }
}

const KEPT: ReadonlySet<string> = new Set([
  'entryuuid',
  'createtimestamp',
  'creatorsname',
  'modifytimestamp',
  'modifiersname',
  ...PASSWORD_STATE_KEYS,
]);
