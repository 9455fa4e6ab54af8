// The property validator checks that the configuration is valid after a change. It reads the changed entry and those
// that it affects, never the whole tree, and returns all issues. The caller keeps the tree and the reference index,
// and validates one change at a time.

import type { Sources } from '../expression/sources.ts';
import type { EntryDifference } from '../ldap/change.ts';
import type { Dn } from '../ldap/dn.ts';
import { isAtOrBelow, isBelow } from '../ldap/dn-key.ts';
import type { Entry } from '../ldap/entry.ts';
import type { Issue } from '../ldap/issue.ts';
import { newContentIssues } from '../schema/check-content-rule.ts';
import type { Schema } from '../schema/schema.ts';
import {
  type ChangedProperty,
  changedProperties,
  mayWait,
  type PendingChange,
  type PendingChanges,
  pendingAfter,
  readingsInForce,
} from './admin-actions.ts';
import { checkBindNames, checkLastWriter } from './checks/administrator-check.ts';
import { checkFurther } from './checks/further-check.ts';
import { checkAnyHandler, checkLastHandler } from './checks/handler-check.ts';
import { checkLastNeeded, checkNeeds, kindTargetsOf, ownKindTargetsOf } from './checks/needed-kind-check.ts';
import { checkAttributeLists } from './checks/policy-check.ts';
import {
  type CheckContext,
  type ConfigView,
  checkReferences,
  checkReferencesInForce,
  checkTargetDeletion,
  checkTargetDisabling,
  referencesOf,
  targetKeysOf,
} from './checks/reference-check.ts';
import { checkDeletion, checkStructure } from './checks/structure-check.ts';
import { checkTrustBase } from './checks/trust-base-check.ts';
import { checkOptions, checkOutdated, checkReadOnly } from './checks/written-checks.ts';
import type { ConfigurationObject } from './configuration-object.ts';
import { checkObject, decodeObject } from './decode-object.ts';
import { Definitions, objectDefinitions } from './definitions.ts';
import { effectiveEntry } from './effective-entry.ts';
import type { ObjectDefinition } from './object-definition.ts';
import { CONFIG_ROOT } from './objects/properties/places.ts';
import { formatPendingChange, formatPendingNote } from './pending-change-text.ts';
import type { PropertyDefinition } from './property-definition.ts';
import { type ObjectReading, type PropertyReading, readProperties } from './property-reader.ts';
import { ReadingMemo } from './reading-memo.ts';
import { namedTargetsOf, namesInOtherWays, ReferenceIndex } from './reference-index.ts';
import {
  type FollowingReferences,
  followedObject,
  followedPending,
  followingReferences,
  type NewNames,
} from './renamed-references.ts';
import { checkOwnSecrets, secretNamesIn } from './secret-names.ts';
import { originTexts } from './value-origins.ts';

/** A stored entry with its pending changes. */
export interface EntryInForce {
  readonly entry: Entry;
  readonly pending: PendingChanges | undefined;
}

export interface PropertyValidatorOptions {
  readonly schema: Schema;
  readonly sources: Sources;
  /** Definitions of all kinds; by default those of this program. */
  readonly definitions?: readonly ObjectDefinition[];
}

const NO_NAMES: ReadonlyMap<string, Dn> = new Map();
const ENTRY_TRUST_KIND = 'ldap-trust-manager-provider';

/** Validates changes with one set of sources. */
export class PropertyValidator {
  readonly definitions: Definitions;
  readonly sources: Sources;
  readonly #readings: ReadingMemo;
  readonly #schema: Schema;
  readonly #rootKey: string;
  readonly #plainTargets = new Map<ObjectDefinition, readonly string[] | undefined>();
  readonly #options: PropertyValidatorOptions;

  constructor(options: PropertyValidatorOptions) {
    const { schema, sources, definitions = objectDefinitions } = options;
    this.#options = options;
    this.#schema = schema;
    this.sources = sources;
    this.#readings = new ReadingMemo(sources);
    this.definitions = new Definitions(definitions, (text) => schema.dnKeyOfText(text));
    this.#rootKey = schema.dnKeyOfText(CONFIG_ROOT);
  }

  /** Returns a validator with other sources, for a reload. */
  withSources(sources: Sources): PropertyValidator {
    return new PropertyValidator({ ...this.#options, sources });
  }

  /** Reads all entries again when they are needed: the sources have more than before. */
  forget(): void {
    this.#readings.forget();
  }

  /**
   * Returns all issues of one change (result codes 19, 53, 64, 65): values, rules of the object, references in both
   * directions. The view is the tree after the change. A change outside cn=config has no issues here.
   * @param earlier Validator with which the old entry was read; a reload changes the meaning of an unchanged entry.
   */
  validate(
    { key, before, after }: EntryDifference,
    view: ConfigView,
    earlier: PropertyValidator = this,
  ): readonly Issue[] {
    if (!this.#isBelowRoot(key)) return [];
    const context = this.#context(view);
    const old = before && earlier.#read(before);
    if (after !== undefined) return this.#checkEntry(old, after, this.#read(after), key, context);
    return before === undefined ? [] : this.#checkDeletion(before, key, context);
  }

  /** Returns further issues of an entry that the schema refuses, see further-check.ts. */
  checkFurther(entry: Entry, known: readonly Issue[], view: ConfigView): readonly Issue[] {
    return checkFurther(entry, known, this.#context(view));
  }

  /** Returns issues that prevent a start although every entry is valid. Takes the connection handlers. */
  checkStart(handlers: Iterable<Entry>): readonly Issue[] {
    return checkAnyHandler(Array.from(handlers, (entry) => this.#read(entry)));
  }

  /** Returns issues that refuse a change only. A server starts with values of an earlier version and logs them. */
  checkChange({ before, after }: EntryDifference): readonly Issue[] {
    if (after === undefined) return [];
    const isTrust = this.definitions.findForEntry(after)?.kind === ENTRY_TRUST_KIND;
    const trust = isTrust ? checkTrustBase(this.decode(after), this.#schema) : [];
    return [...this.checkOutdated(after, before), ...trust];
  }

  /**
   * Returns the issues of values that an earlier version accepted and this one refuses, without those already
   * stored.
   * @param earlier Validator with which the old entry was read.
   */
  checkOutdated(after: Entry, before?: Entry, earlier: PropertyValidator = this): readonly Issue[] {
    const now = this.#read(after, before);
    const values = now === undefined ? [] : checkOutdated(before && earlier.#read(before), now);
    return [...values, ...newContentIssues(this.#schema, after, before)];
  }

  /** Returns all issues of a whole configuration, in the order of the entries. Takes linear time. */
  validateAll(entries: Iterable<Entry>): readonly Issue[] {
    const byKey = new Map<string, Entry>();
    const readings = new Map<string, ObjectReading | undefined>();
    const index = new ReferenceIndex();
    for (const entry of entries) {
      const key = this.#schema.dnKey(entry.dn);
      const reading = this.#read(entry);
      byKey.set(key, entry);
      readings.set(key, reading);
      index.set(key, this.#targetsOf(reading));
    }
    const context = this.#context({
      find: (key) => byKey.get(key),
      referrers: (key) => index.referrers(key),
      childKeys: (key) => [...byKey.keys()].filter((one) => isBelow(one, key)),
    });
    const issues: Issue[] = [];
    for (const [key, entry] of byKey) {
      if (!this.#isBelowRoot(key)) continue;
      issues.push(...this.#checkEntry(undefined, entry, readings.get(key), key, context));
    }
    return issues;
  }

  /**
   * Returns the ReferenceIndex keys of an entry: the targets of its stored and of its effective values (`pending`).
   * `before` is the entry before the change.
   */
  targetsOf(entry: Entry, before?: Entry, pending?: PendingChanges): readonly string[] {
    const reading = this.#read(entry, before);
    if (reading === undefined) return [];
    reading.targets ??= this.#sameTargets(reading, before) ?? this.#targetsOf(reading);
    const inForce = pending && this.#readInForce({ entry, pending });
    if (inForce === undefined) return reading.targets;
    return [...new Set([...reading.targets, ...this.#referredTo(inForce)])];
  }

  /** Returns the previous targets if no reference has changed. */
  #sameTargets(reading: ObjectReading, before: Entry | undefined): readonly string[] | undefined {
    const earlier = before && this.#readings.find(before);
    const { definition, properties } = reading;
    if (earlier?.definition !== definition || namesByMoreThanReferences(definition)) return undefined;
    const isKept = ({ name }: PropertyDefinition) => properties.get(name) === earlier.properties.get(name);
    return [...definition.references, ...definition.secrets].every(isKept) ? earlier.targets : undefined;
  }

  /** Returns the ReferenceIndex keys of an entry. Reads an entry without references only in part. */
  storedTargetsOf(entry: Entry): readonly string[] {
    const definition = this.definitions.findForEntry(entry);
    if (definition === undefined) return [];
    if (!this.#plainTargets.has(definition))
      this.#plainTargets.set(definition, this.#plainTargetsOf(definition));
    const plain = this.#plainTargets.get(definition);
    const isPlain = plain !== undefined && definition.references.every(({ key }) => isAbsent(entry, key));
    return isPlain && secretNamesIn(definition, entry).length === 0 ? plain : this.targetsOf(entry);
  }

  /**
   * Returns the pending changes after a change of an entry; undefined for none, see pendingAfter.
   * @param validator Validator with which the old entry was read, if not this one.
   * @param names Entries that are renamed together with it: a reference that follows is no other value.
   * @param isHeld True if all that is in force is to stay.
   */
  pendingAfter(
    before: EntryInForce,
    after: Entry,
    at: Date,
    validator: PropertyValidator = this,
    names: NewNames = NO_NAMES,
    isHeld = false,
  ): PendingChanges | undefined {
    const definition = this.definitions.findForEntry(after);
    if (definition === undefined) return undefined;
    const { entry } = before;
    const pending = followedPending(before.pending, names, this.#schema);
    const isQuick = pending === undefined && validator === this && !isHeld;
    if (isQuick && !mayWait(definition, entry, after)) return undefined;
    const follow = (reading: ObjectReading | undefined) =>
      reading && followedObject(reading, names, this.#schema);
    const written = follow(validator.#read(entry));
    const inForce = follow(validator.#readInForce(before));
    if (written === undefined || inForce === undefined) return undefined;
    const now = this.#readings.read(definition, after);
    const read = (held: ReadonlyMap<string, PropertyReading>) =>
      readProperties(definition, after, this.sources, undefined, held);
    return pendingAfter({ written, inForce, pending }, now, read, at, isHeld);
  }

  /** Returns the modifications with which the references of an entry follow a rename. */
  followingReferences(
    entry: Entry,
    pending: PendingChanges | undefined,
    names: NewNames,
  ): FollowingReferences {
    const reading = this.#read(entry);
    if (reading === undefined) return { modifications: [], stuck: undefined };
    const inForce = pending && this.#readInForce({ entry, pending });
    return followingReferences(reading, inForce, names, this.#schema);
  }

  /** Returns true if effective objects differ in names only: their own and those of other renamed entries. */
  differsInNamesOnly(before: EntryInForce, after: EntryInForce, names: NewNames): boolean {
    const old = this.#readInForce(before);
    const now = this.#readInForce(after);
    if (old === undefined || now === undefined || old.definition !== now.definition) return false;
    const changed = changedProperties(followedObject(old, names, this.#schema), now);
    return changed.every(({ property }) => property.attribute === now.definition.namingAttribute);
  }

  /**
   * Compares the meaning of an unchanged entry with that of other sources: returns the pending changes and the
   * properties whose effective values have changed. With `isHeld` all that is in force stays.
   */
  compareWith(
    other: PropertyValidator,
    before: EntryInForce,
    at: Date,
    isHeld = false,
  ): { readonly pending: PendingChanges | undefined; readonly changed: readonly ChangedProperty[] } {
    const { entry } = before;
    const pending = this.pendingAfter(before, entry, at, other, NO_NAMES, isHeld);
    const old = other.#readInForce(before);
    const now = this.#readInForce({ entry, pending });
    return { pending, changed: old === undefined || now === undefined ? [] : changedProperties(old, now) };
  }

  /** Formats pending changes: as lines of an answer, or as values of the entry. */
  formatPending(entry: Entry, changes: Iterable<PendingChange>, as: 'notes' | 'values'): readonly string[] {
    const reading = this.#read(entry);
    if (reading === undefined) return [];
    const format = as === 'notes' ? formatPendingNote : formatPendingChange;
    return Array.from(changes, (change) => format(reading, change));
  }

  /** Returns the typed object with its effective values; undefined if the entry is no valid object. */
  decode(entry: Entry, pending?: PendingChanges): ConfigurationObject | undefined {
    const definition = this.definitions.findForEntry(entry);
    if (definition === undefined) return undefined;
    const object =
      pending === undefined
        ? decodeObject(definition, entry, this.#readings).object
        : this.#readInForce({ entry, pending })?.object;
    return object as ConfigurationObject | undefined;
  }

  /** Returns the entry for cn=effective, with its DN in cn=config. */
  effectiveEntry(entry: Entry, pending?: PendingChanges): Entry {
    return effectiveEntry(entry, this.#readInForce({ entry, pending }), this.sources);
  }

  /** Returns the origins of the effective values, see originTexts. */
  originsOf(entry: Entry, pending?: PendingChanges): readonly string[] {
    const reading = this.#readInForce({ entry, pending });
    if (reading === undefined) return [];
    return originTexts(reading);
  }

  #readInForce({ entry, pending }: EntryInForce): ObjectReading | undefined {
    const definition = this.definitions.findForEntry(entry);
    if (definition === undefined || pending === undefined) return this.#read(entry);
    return readProperties(definition, entry, this.sources, undefined, readingsInForce(pending));
  }

  #context(view: ConfigView): CheckContext {
    const readInForce = (entry: Entry) => {
      const pending = view.pending?.(entry);
      return pending && this.#readInForce({ entry, pending });
    };
    return {
      schema: this.#schema,
      definitions: this.definitions,
      readings: this.#readings,
      readInForce,
      view,
    };
  }

  #targetsOf(reading: ObjectReading | undefined): readonly string[] {
    if (reading === undefined) return [];
    const kinds = kindTargetsOf(reading, this.definitions);
    return [...this.#referredTo(reading), ...kinds, ...namedTargetsOf(reading, this.#schema)];
  }

  #referredTo(reading: ObjectReading): readonly string[] {
    return referencesOf(reading).flatMap((reference) => targetKeysOf(reference, this.#schema));
  }

  /** Returns the ReferenceIndex keys of an entry without references; undefined if they depend on its values. */
  #plainTargetsOf(definition: ObjectDefinition): readonly string[] | undefined {
    const hasDefault = definition.references.some(({ defaultReading }) => defaultReading.texts.length > 0);
    if (hasDefault || namesByMoreThanReferences(definition)) return undefined;
    return ownKindTargetsOf(definition, this.definitions);
  }

  #isBelowRoot(key: string): boolean {
    return isAtOrBelow(key, this.#rootKey);
  }

  #read(entry: Entry, before?: Entry): ObjectReading | undefined {
    const definition = this.definitions.findForEntry(entry);
    return definition === undefined ? undefined : this.#readings.read(definition, entry, before);
  }

  #checkEntry(
    old: ObjectReading | undefined,
    after: Entry,
    now: ObjectReading | undefined,
    key: string,
    context: CheckContext,
  ): readonly Issue[] {
    const structure = checkStructure(after, key, this.definitions, this.#schema);
    if (structure.length > 0 || now === undefined) return structure;
    return [
      ...checkObject(now),
      ...checkOptions(now),
      ...checkOwnSecrets(now),
      ...checkReadOnly(old, now),
      ...checkAttributeLists(now, this.#schema),
      ...checkReferences(now, context),
      ...checkReferencesInForce(now, context),
      ...checkNeeds(now, context),
      ...checkBindNames(now, key, context),
      ...checkLastWriter(old, now, key, context),
      ...checkLastHandler(old, now, key, context),
      ...(old === undefined ? [] : checkTargetDisabling(old, now, key, context)),
    ];
  }

  #checkDeletion(before: Entry, key: string, context: CheckContext): readonly Issue[] {
    return [
      ...checkDeletion(before, key, this.definitions),
      ...checkTargetDeletion(before, key, context),
      ...checkLastNeeded(before, key, context),
      ...checkLastWriter(this.#read(before), undefined, key, context),
      ...checkLastHandler(this.#read(before), undefined, key, context),
    ];
  }
}

/** Returns true if properties other than references add ReferenceIndex keys. */
function namesByMoreThanReferences(definition: ObjectDefinition): boolean {
  return definition.neededKinds.length > 0 || namesInOtherWays(definition);
}

function isAbsent(entry: Entry, key: string): boolean {
  return entry.peek(key).length === 0;
}
