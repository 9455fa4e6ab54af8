// The configuration as a whole: the tree of what is written, who refers to whom, and what entries mean with the
// sources of this run. The write path changes it, the backends show it.

import type { Requester } from '../backend/backend.ts';
import type { PendingChanges } from '../config/admin-actions.ts';
import type { ConfigView } from '../config/checks/reference-check.ts';
import { ENTRY_TRUST_KEY } from '../config/checks/trust-base-check.ts';
import { hintsOf } from '../config/hints.ts';
import { isOfKind } from '../config/object-definition.ts';
import { connectionHandler } from '../config/objects/connection-handler.ts';
import { Container } from '../config/objects/properties/places.ts';
import { followedPolicy } from '../config/policy-names.ts';
import type { PropertyValidator } from '../config/property-validator.ts';
import { ReferenceIndex } from '../config/reference-index.ts';
import type { NewNames } from '../config/renamed-references.ts';
import { applyChange, type Effect, type TreeView } from '../directory/apply-change.ts';
import { indexTerms } from '../directory/index-terms.ts';
import { type Stamp, stamp } from '../directory/stamp.ts';
import { Tree } from '../directory/tree.ts';
import { readAhead } from '../expression/read-ahead.ts';
import type { Change, ModifyDnChange } from '../ldap/change.ts';
import type { Dn } from '../ldap/dn.ts';
import type { Entry } from '../ldap/entry.ts';
import type { Issue } from '../ldap/issue.ts';
import type { ObjectDifference } from '../runtime/component.ts';
import type { Schema } from '../schema/schema.ts';
import { Difference } from './difference.ts';
import { policyNotes } from './policy-notes.ts';
import { requireLoginRights } from './rights/login-rights.ts';
import { requireStagedSecretAnew, requireTrustKept } from './rights/secret-destination.ts';
import { type KeepSecrets, type PrepareSecret, SecretFetching, secretNotes } from './secret-fetching.ts';
import { textsInChanges, textsInEntries } from './texts-with-expressions.ts';
import { ValuesInForce } from './values-in-force.ts';
import { newNameOf, renameChanges } from './write/rename-changes.ts';
import type { WriteTarget } from './write/write-target.ts';

/** Attributes that searches for a value of theirs find without looking at every entry. */
const INDEXED: ReadonlySet<string> = new Set([
  'objectclass',
  'cn',
  'uid',
  'entryuuid',
  'ds-cfg-smtp-server',
  'ds-cfg-trust-manager-provider',
]);

const NO_NAMES: ReadonlyMap<string, Dn> = new Map();
const CONNECTION_HANDLER = connectionHandler.kind;

/** Nobody has to be told of anything about objects without it. */
const HINTED_KEY = 'ds-cfg-smtp-property';

/** Key of the attribute of cn=changelog that has the changes, passwords included. */
const CHANGES_KEY = 'changes';

/** An entry that means something else since the sources were read again. */
export interface ReloadedEntry {
  readonly key: string;
  readonly entry: Entry;
  readonly pending: PendingChanges | undefined;
}

export interface ConfigurationOptions {
  readonly schema: Schema;
  readonly validator: PropertyValidator;
  /** The name of the program with this schema, see StoreContents.checked. */
  readonly checkedBy?: string | undefined;
  /** Asks secret sources. Without it, values that name one cannot be resolved. */
  readonly secrets?: PrepareSecret | undefined;
}

/** Returns which secrets of an entry a requester may read without the privilege for all, by the keys of their types. */
export type SecretRights = (requester: Requester, entry: Entry | undefined) => (typeKey: string) => boolean;

/** Throws insufficientAccessRights (50) for a rename that policies do not permit the requester. */
export type RenameRights = (change: ModifyDnChange, requester: Requester) => void;

export class Configuration implements TreeView, ConfigView, WriteTarget {
  readonly schema: Schema;
  readonly tree: Tree;
  readonly inForce: ValuesInForce;
  readonly checkedBy: string | undefined;
  readonly #references = new ReferenceIndex();
  readonly #handlersKey: string;
  readonly #secrets: SecretFetching | undefined;
  #secretRights: SecretRights = () => () => false;
  #renameRights: RenameRights = () => undefined;
  /** References of the entries of cn=effective. */
  readonly #shownReferences = new ReferenceIndex();

  constructor({ schema, validator, checkedBy, secrets }: ConfigurationOptions) {
    this.schema = schema;
    this.checkedBy = checkedBy;
    this.#handlersKey = schema.dnKeyOfText(Container.connectionHandlers);
    this.inForce = new ValuesInForce(validator);
    this.#secrets = secrets && new SecretFetching(this, secrets);
    this.tree = new Tree({
      indexed: INDEXED,
      termsOf: (attribute) => indexTerms(schema, INDEXED, attribute),
      staged: (key, entry, before) => this.#references.set(key, this.#targetsOf(entry, before)),
      shown: (key, entry) => {
        this.#shownReferences.set(key, this.#targetsOf(entry));
        this.#secrets?.shown(entry);
      },
      filled: () => {
        this.#references.defer(this.#storedTargets('staged'));
        this.#shownReferences.defer(this.#storedTargets('entry'));
      },
    });
  }

  get validator(): PropertyValidator {
    return this.inForce.validator;
  }

  /** The configuration keeps its identity, and the numbers of its commits, over every restart. */
  get historyId(): string | undefined {
    return this.tree.find(this.schema.dnKeyOfText('cn=config'))?.first('entryuuid');
  }

  /** Reads the files and secrets that expressions in the changes name. */
  readAhead(changes: readonly Change[]): Promise<void> | undefined {
    const texts = textsInChanges(changes);
    if (texts.length === 0) return this.#secrets?.forChanges(changes, false);
    return readAhead(texts, this.validator.sources).then(() => this.#secrets?.forChanges(changes, true));
  }

  /** Reads the files and secrets that expressions in entries name. Takes the validator that will read the entries. */
  async readAheadOf(entries: Iterable<Entry>, validator = this.validator): Promise<void> {
    const all = [...entries];
    await readAhead(textsInEntries(all), validator.sources);
    await this.#secrets?.forEntries(all, validator);
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

  /** The keys of what the writer sees an entry name. */
  targets(key: string): readonly string[] {
    return this.#references.targets(key);
  }

  /** Who refers to an entry that readers see: how many, and the keys of the first so many. */
  users(key: string): { readonly count: number; first(max: number): readonly string[] } {
    const index = this.#shownReferences;
    return { count: index.countReferrers(key), first: (max) => index.firstReferrers(key, max) };
  }

  /** Returns true if values of the attribute are secrets, or may be; takes its name as a client may write it. */
  isSecretAttribute(description: string): boolean {
    const key = this.schema.describe(description)?.type.key ?? '';
    const { secretAttributes, mixedAttributes } = this.validator.definitions;
    return secretAttributes.has(key) || mixedAttributes.has(key) || key === CHANGES_KEY;
  }

  isSecret(key: string, value: string): boolean {
    const { definitions } = this.validator;
    const [type = key] = key.split(';', 1);
    return definitions.secretAttributes.has(type) || definitions.show(type, value) !== value;
  }

  checkFurther(entry: Entry, known: readonly Issue[]): readonly Issue[] {
    return this.validator.checkFurther(entry, known, this);
  }

  /** Returns the question to the runtime. The objects are decoded only when a component wants them. */
  differenceOf(
    { key, from, before, after }: Pick<Effect, 'key' | 'from' | 'before' | 'after'>,
    names: NewNames = NO_NAMES,
  ): ObjectDifference {
    const meant = (entry: Entry | undefined) => {
      if (entry === undefined || this.inForce.isAbsent(entry)) return undefined;
      const decodeWritten = () => this.validator.decode(entry);
      return { entry, decode: () => this.inForce.decode(entry), decodeWritten };
    };
    return new Difference({
      key,
      from: from?.key,
      differsInNamesOnly: () => this.inForce.differsInNamesOnly({ before, after }, names),
      definitions: this.validator.definitions,
      before: meant(before),
      after: meant(after),
    });
  }

  /** Everything there is, as what came about since nothing was: what the runtime starts from. */
  *differences(): Generator<ObjectDifference> {
    for (const { key, entry } of this.tree.nodes()) {
      if (entry !== undefined) yield this.differenceOf({ key, before: undefined, after: entry });
    }
  }

  /** Returns the effects of a change on the tree, operational attributes included. Throws the LdapError that refuses it. */
  apply(change: Change, made: Stamp): readonly Effect[] {
    return applyChange(change, this).map((effect) => {
      if (effect.after === undefined) return effect;
      return { ...effect, after: stamp(effect.before, effect.after, made, this.schema) };
    });
  }

  /** From now on policies say too who may read which secrets of an entry. */
  useSecretRights(rights: SecretRights): void {
    this.#secretRights = rights;
  }

  /** Returns which secrets of an entry a requester may read by policies, by the keys of their types. */
  readsSecrets(requester: Requester, entry: Entry | undefined): (typeKey: string) => boolean {
    return this.#secretRights(requester, entry);
  }

  /** From now on policies are asked about renames too. */
  useRenameRights(rights: RenameRights): void {
    this.#renameRights = rights;
  }

  /** Throws insufficientAccessRights (50) for a rename that policies do not permit the requester. */
  requireRename(change: ModifyDnChange, requester: Requester): void {
    this.#renameRights(change, requester);
  }

  permit(effect: Effect, requester: Requester, changes: readonly Change[]): void {
    const { definitions } = this.validator;
    const readsSecrets = this.readsSecrets(requester, effect.before);
    requireStagedSecretAnew(effect, changes, requester, { schema: this.schema, definitions, readsSecrets });
    const trust = {
      schema: this.schema,
      definitions,
      readsSecretsOf: (entry: Entry) => this.readsSecrets(requester, entry),
    };
    requireTrustKept(effect, changes, requester, trust, this.#usersOf(effect.key));
    requireLoginRights(this.#afterRenames(effect, changes), requester, {
      definitions,
      isNamedBy: (kind) => this.#isNamedBy(effect.key, kind),
    });
  }

  *#usersOf(key: string): Generator<Entry> {
    for (const referrer of this.referrers(key)) {
      const entry = this.find(referrer);
      if (entry !== undefined) yield entry;
    }
  }

  /** A policy that follows a rename says what it said before. */
  #afterRenames(effect: Effect, changes: readonly Change[]): Effect {
    const { before } = effect;
    const renames = before === undefined ? [] : changes.filter(({ type }) => type === 'modifyDn');
    if (before === undefined || renames.length === 0) return effect;
    const names = new Map(renames.flatMap((change) => newNameOf(change, this.schema)));
    return { ...effect, before: followedPolicy(before, names, this.schema) };
  }

  check(effect: Effect): readonly Issue[] {
    const secrets = this.#secrets?.issuesOf(effect.key) ?? [];
    return [...this.validator.validate(effect, this), ...this.validator.checkChange(effect), ...secrets];
  }

  /**
   * The names below which entries hold authorities that some connection handler takes clients' certificates by, as the
   * writer sees it.
   */
  *clientTrustBases(): Generator<string> {
    for (const key of this.referrers(ENTRY_TRUST_KEY)) {
      const entry = this.#isNamedBy(key, CONNECTION_HANDLER) ? this.find(key) : undefined;
      const object = entry && this.inForce.decode(entry);
      if (object?.kind === 'ldap-trust-manager-provider') yield this.schema.dnKey(object.baseDn);
    }
  }

  /** Returns true if the writer sees an object of the kind, or of a sub-kind of it, that names the entry with this key. */
  #isNamedBy(key: string, kind: string): boolean {
    for (const referrer of this.referrers(key)) {
      const entry = this.find(referrer);
      const definition = entry && this.validator.definitions.findForEntry(entry);
      if (definition !== undefined && isOfKind(definition, kind)) return true;
    }
    return false;
  }

  /** Returns the issues that keep a server from starting although every entry is valid. */
  checkStart(): readonly Issue[] {
    const handlers = Array.from(this.childKeys(this.#handlersKey), (key) => this.find(key));
    return this.validator.checkStart(handlers.filter((entry) => entry !== undefined));
  }

  /** Returns everything that is wrong with what readers see, and what keeps a server from starting with it. */
  checkAll(): readonly Issue[] {
    return [...this.validator.validateAll(this.tree.entries()), ...this.checkStart()];
  }

  pending(entry: Entry): PendingChanges | undefined {
    return this.inForce.pending(entry);
  }

  settle(effect: Effect, at: Date, names: NewNames): void {
    this.inForce.settle(effect, at, names);
    const { key, after } = effect;
    if (after !== undefined && this.pending(after) !== undefined)
      this.#references.set(key, this.#targetsOf(after));
  }

  hold(effect: Effect, at: Date, names: NewNames): void {
    this.inForce.hold(effect, at, names);
    const { key, after } = effect;
    if (after !== undefined) this.#references.set(key, this.#targetsOf(after));
  }

  keepsWhatWas({ key, kinds }: ObjectDifference): boolean {
    const entry = this.find(key);
    return kinds.before !== undefined && entry !== undefined && !this.inForce.failsClosed(entry);
  }

  /** From now on entries mean what they mean with other sources. Takes those for which that is something else. */
  reload(validator: PropertyValidator, changed: readonly ReloadedEntry[]): void {
    this.inForce.reload(validator, changed);
    for (const { key, entry } of changed) {
      const targets = this.#targetsOf(entry);
      this.#references.set(key, targets);
      this.#shownReferences.set(key, targets);
      this.#secrets?.shown(entry);
    }
  }

  /** From now on takes the secrets in use that may be kept, now and whenever they may be others. */
  keepSecrets(keep: KeepSecrets): void {
    this.#secrets?.keepWith(keep);
  }

  notesOf(effect: Effect): readonly string[] {
    return [
      ...this.inForce.notesOf(effect),
      ...this.hintsOf(effect),
      ...policyNotes(effect, this),
      ...secretNotes(effect, this),
    ];
  }

  /** Returns a sentence for each property of a change that has no effect. */
  hintsOf({ before, after }: Pick<Effect, 'before' | 'after'>): readonly string[] {
    if (after?.find(HINTED_KEY) === undefined) return [];
    const now = this.validator.decode(after);
    const hints = now === undefined ? [] : hintsOf(now);
    const earlier = hints.length === 0 ? undefined : before && this.validator.decode(before);
    if (earlier === undefined) return hints;
    const known = new Set(hintsOf(earlier));
    return hints.filter((hint) => !known.has(hint));
  }

  /** The change with what must be changed with it: references follow what is renamed. Throws LdapError. */
  withFollowers(change: Change): readonly Change[] {
    return change.type === 'modifyDn' ? renameChanges(change, this) : [change];
  }

  stage({ from, key, parentKey, after }: Effect): void {
    if (from !== undefined) this.tree.stage(from.key, from.parentKey, undefined);
    this.tree.stage(key, parentKey, after);
  }

  /** Makes what a load has left to be made later, in short slices. */
  *finish(): Generator<void> {
    yield* this.#references.finish();
    yield* this.tree.finish();
    yield* this.#shownReferences.finish();
  }

  *#storedTargets(version: 'entry' | 'staged'): Generator<readonly [string, readonly string[]]> {
    for (const node of this.tree.nodes()) {
      const entry = node[version];
      if (entry !== undefined) yield [node.key, this.validator.storedTargetsOf(entry)];
    }
  }

  #targetsOf(entry: Entry | undefined, before?: Entry): readonly string[] {
    return entry === undefined ? [] : this.validator.targetsOf(entry, before, this.pending(entry));
  }
}
