// The configuration as a whole: the tree of what is written, who refers to whom, and what entries mean with the
// sources of this run. The write path changes it, the backends show it.

import type { PropertyValidator } from '../config/property-validator.ts';
import type { ConfigView } from '../config/reference-check.ts';
import { ReferenceIndex } from '../config/reference-index.ts';
import { applyChange, type Effect, type TreeView } from '../directory/apply-change.ts';
import { indexTerms } from '../directory/index-terms.ts';
import { idOfChange, type Stamp, stamp } from '../directory/stamp.ts';
import { Tree } from '../directory/tree.ts';
import type { Change } from '../ldap/change.ts';
import type { Dn } from '../ldap/dn.ts';
import { Attribute, type Entry } from '../ldap/entry.ts';
import type { Issue } from '../ldap/issue.ts';
import type { ObjectDifference } from '../runtime/component.ts';
import { checkEntry } from '../schema/check-classes.ts';
import type { Schema } from '../schema/schema.ts';
import type { Commit } from '../store/store.ts';
import { ValuesInForce } from './values-in-force.ts';
import type { WriteTarget } from './write-target.ts';

/** Attributes that searches for a value of theirs find without looking at every entry. */
const INDEXED: ReadonlySet<string> = new Set([
  'objectclass',
  'cn',
  'uid',
  'entryuuid',
  'ds-cfg-smtp-server',
  'ds-cfg-trust-manager-provider',
]);

export interface ConfigurationOptions {
  readonly schema: Schema;
  readonly validator: PropertyValidator;
}

export class Configuration implements TreeView, ConfigView, WriteTarget {
  readonly schema: Schema;
  readonly tree: Tree;
  readonly inForce: ValuesInForce;
  readonly #references = new ReferenceIndex();
  /** The same of what readers see. */
  readonly #shownReferences = new ReferenceIndex();

  constructor({ schema, validator }: ConfigurationOptions) {
    this.schema = schema;
    this.inForce = new ValuesInForce(validator);
    const targetsOf = (entry: Entry | undefined, before?: Entry) =>
      entry === undefined ? [] : this.validator.targetsOf(entry, before);
    this.tree = new Tree({
      indexed: INDEXED,
      termsOf: (attribute) => indexTerms(schema, INDEXED, attribute),
      staged: (key, entry, before) => this.#references.set(key, targetsOf(entry, before)),
      shown: (key, entry) => this.#shownReferences.set(key, targetsOf(entry)),
    });
  }

  get validator(): PropertyValidator {
    return this.inForce.validator;
  }

  /** The configuration keeps its identity, and the numbers of its commits, over every restart. */
  get historyId(): string | undefined {
    return this.tree.find(this.schema.dnKeyOfText('cn=config'))?.first('entryuuid');
  }

  /** The entry as the writer sees it. */
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
    return !key.includes(',');
  }

  /** How many entries readers see directly below one. */
  countChildren(dn: Dn): number {
    return this.tree.findNode(this.schema.dnKey(dn))?.childCount ?? 0;
  }

  referrers(key: string): Iterable<string> {
    return this.#references.referrers(key);
  }

  /** Who refers to an entry that readers see: how many, and the keys of the first so many. */
  users(key: string): { readonly count: number; first(max: number): readonly string[] } {
    const index = this.#shownReferences;
    return { count: index.countReferrers(key), first: (max) => index.firstReferrers(key, max) };
  }

  /** Whether values of the attribute are secrets, or may be; takes its name as a client may write it. */
  isSecretAttribute(description: string): boolean {
    const key = this.schema.describe(description)?.type.key ?? '';
    const { secretAttributes, mixedAttributes } = this.validator.definitions;
    return secretAttributes.has(key) || mixedAttributes.has(key);
  }

  isSecret(key: string, value: string): boolean {
    const { definitions } = this.validator;
    const [type = key] = key.split(';', 1);
    return definitions.secretAttributes.has(type) || definitions.show(type, value) !== value;
  }

  /** What the runtime is asked about; the objects are decoded only when a component wants them. */
  differenceOf({ key, before, after }: Pick<Effect, 'key' | 'before' | 'after'>): ObjectDifference {
    const decode = (entry: Entry | undefined) => entry && this.inForce.decode(entry);
    return {
      key,
      kinds: [this.#kindOf(before), this.#kindOf(after)],
      get before() {
        return decode(before);
      },
      get after() {
        return decode(after);
      },
    };
  }

  /** Everything there is, as what came about since nothing was: what the runtime starts from. */
  *differences(): Generator<ObjectDifference> {
    for (const entry of this.tree.entries()) {
      yield this.differenceOf({ key: this.schema.dnKey(entry.dn), before: undefined, after: entry });
    }
  }

  /** What the change would do to the tree, operational attributes included. Throws what refuses it. */
  apply(change: Change, made: Stamp): readonly Effect[] {
    return applyChange(change, this).map((effect) => {
      if (effect.after === undefined) return effect;
      return { ...effect, after: stamp(effect.before, effect.after, made, this.schema) };
    });
  }

  check(effect: Effect): readonly Issue[] {
    return this.validator.validate(effect, this);
  }

  settle(effect: Effect, at: Date): void {
    this.inForce.settle(effect, at);
  }

  notesOf(effect: Effect): readonly string[] {
    return this.inForce.notesOf(effect);
  }

  stage({ key, parentKey, after }: Effect): void {
    this.tree.stage(key, parentKey, after);
  }

  /** Takes the entries of a snapshot, parents before children; returns what is wrong with them. */
  load(entries: readonly Entry[], made: Omit<Stamp, 'id'>, newId: () => string): Issue[] {
    const issues: Issue[] = [];
    for (const loaded of entries) {
      const entry = this.#inSchemaSpelling(loaded);
      issues.push(...checkEntry(this.schema, entry, (key, value) => this.isSecret(key, value)));
      const isStamped = entry.find('entryuuid') !== undefined;
      const complete = isStamped ? entry : stamp(undefined, entry, { ...made, id: newId() }, this.schema);
      const key = this.schema.dnKey(entry.dn);
      const parent = entry.dn.parent;
      const parentKey = parent === undefined || parent.isRoot ? undefined : this.schema.dnKey(parent);
      issues.push(...this.#placeIssues(entry, key, parentKey));
      if (parentKey === undefined || this.find(parentKey) !== undefined)
        this.tree.stage(key, parentKey, complete);
    }
    this.tree.commit();
    return issues;
  }

  /** Repeats commits of the journal. Throws when one cannot be repeated. */
  replay(commits: readonly Commit[]): void {
    for (const { changes, at, by, id } of commits) {
      changes.forEach((change, index) => {
        for (const effect of this.apply(change, { at, by, id: idOfChange(id, index) })) this.stage(effect);
      });
      this.tree.commit();
    }
  }

  #kindOf(entry: Entry | undefined): string | undefined {
    return entry === undefined ? undefined : this.validator.definitions.findForEntry(entry)?.kind;
  }

  #placeIssues(entry: Entry, key: string, parentKey: string | undefined): Issue[] {
    const dn = entry.dn.toString();
    if (this.find(key) !== undefined) {
      return [
        {
          code: 'entryAlreadyExists',
          dn,
          problem: 'stands twice in the file',
          advice: 'Remove one of the two.',
        },
      ];
    }
    if (parentKey !== undefined && this.find(parentKey) === undefined) {
      return [
        {
          code: 'noSuchObject',
          dn,
          problem: 'comes without or before its parent',
          advice: 'Put the parent before it.',
        },
      ];
    }
    return [];
  }

  #inSchemaSpelling(entry: Entry): Entry {
    const attributes = entry.attributes.map((attribute) => {
      const described = this.schema.describe(attribute.description);
      return described === undefined
        ? attribute
        : new Attribute(described.description, attribute.values, described.key);
    });
    return entry.withAttributes(attributes);
  }
}
