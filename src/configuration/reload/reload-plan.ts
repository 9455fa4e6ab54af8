// What a reload would do: the entries that the sources have a say in, and those that refer to them, are compared with what
// is in force, and checked as a change from that, with new sources. Nothing changes before `commit`, which cannot fail. It is made in
// pieces, so that readers do not wait; whoever makes one sees to it that the entries stay as they are.

import { setImmediate } from 'node:timers/promises';
import type { ChangedProperty, PendingChanges } from '../../config/admin-actions.ts';
import type { ConfigView } from '../../config/checks/reference-check.ts';
import { takesExpressions } from '../../config/property-reader.ts';
import type { PropertyValidator } from '../../config/property-validator.ts';
import { ReferenceIndex } from '../../config/reference-index.ts';
import type { Sources } from '../../expression/sources.ts';
import { hasExpression } from '../../expression/template.ts';
import type { Entry } from '../../ldap/entry.ts';
import { formatIssue, type Issue } from '../../ldap/issue.ts';
import type { ObjectDifference } from '../../runtime/component.ts';
import type { Configuration, ReloadedEntry } from '../configuration.ts';
import { Difference } from '../difference.ts';
import type { KeptEntries } from './kept-entries.ts';

/** An entry with other values in force, with others that wait, or that names others. */
export interface ReloadedObject extends ReloadedEntry {
  readonly changed: readonly ChangedProperty[];
  /** True if nothing of it was in force on this server. */
  readonly wasAbsent: boolean;
  /** The names of the properties that did not wait before. */
  readonly waiting: readonly string[];
  /** Question to the components; undefined if nothing has changed, neither effective nor for the next start. */
  readonly difference: ObjectDifference | undefined;
  /** The entry with what was in force, as ValuesInForce gives it. */
  effectiveBefore(): Entry;
}

export interface ReloadPlan {
  /** With an issue there is nothing else. */
  readonly issues: readonly Issue[];
  readonly objects: readonly ReloadedObject[];
  readonly differences: readonly ObjectDifference[];
  commit(): void;
}

const ENTRIES_AT_A_TIME = 64;

/**
 * Compares the effective configuration with the one that the newly read sources give, and validates that.
 * @param kept Keys of entries that are not in force here as they are stored, and stay so: they refuse nothing.
 */
export async function planReload(
  configuration: Configuration,
  sources: Sources,
  at: Date,
  kept: KeptEntries,
): Promise<ReloadPlan> {
  const validator = configuration.validator.withSources(sources);
  const doubtful = await findDoubtful(configuration);
  await configuration.readAheadOf(doubtful.values(), validator);
  const view = new ReloadedView(configuration, validator, at);
  await inPieces(doubtful, ([key, entry]) => view.take(key, entry, kept.has(key)));
  const issues: Issue[] = [];
  const objects: ReloadedObject[] = [];
  const earlier = configuration.validator;
  await inPieces(withReferrers(doubtful, configuration), ([key, entry]) => {
    if (!kept.has(key)) {
      const own = [
        ...validator.validate({ key, before: entry, after: entry }, view, earlier),
        ...validator.checkOutdated(entry, entry, earlier),
      ];
      if (own.length === 0 || !kept.keep(key, own.map(formatIssue))) issues.push(...own);
    }
    const object = issues.length === 0 && doubtful.has(key) ? objectOf(key, entry, view, kept) : undefined;
    if (object !== undefined) objects.push(object);
  });
  return {
    issues,
    objects,
    differences: objects.flatMap(({ difference }) => difference ?? []),
    commit: () => configuration.reload(validator, objects),
  };
}

async function inPieces<T>(all: Iterable<T>, work: (one: T) => void): Promise<void> {
  let count = 0;
  for (const one of all) {
    if (++count % ENTRIES_AT_A_TIME === 0) await setImmediate();
    work(one);
  }
}

/** By their keys, the entries that have an expression, or that are not all in force on this server. */
async function findDoubtful({ tree, inForce }: Configuration): Promise<ReadonlyMap<string, Entry>> {
  const found = new Map<string, Entry>();
  await inPieces(tree.nodes(), ({ key, entry }) => {
    if (entry === undefined) return;
    const hasOwn = entry.attributes.some(
      (one) => takesExpressions(one.key) && one.values.some(hasExpression),
    );
    if (hasOwn || inForce.isHeld(entry)) found.set(key, entry);
  });
  return found;
}

/** Adds the objects that refer to changed ones: they may be invalid now although they have not changed themselves. */
function withReferrers(
  doubtful: ReadonlyMap<string, Entry>,
  configuration: Configuration,
): ReadonlyMap<string, Entry> {
  const all = new Map(doubtful);
  for (const key of doubtful.keys()) {
    for (const referrer of configuration.referrers(key)) {
      const entry = all.has(referrer) ? undefined : configuration.find(referrer);
      if (entry !== undefined) all.set(referrer, entry);
    }
  }
  return all;
}

/** Comparison of an unchanged entry with other sources; see PropertyValidator.compareWith. */
type Comparison = ReturnType<PropertyValidator['compareWith']>;

/** The configuration as it would be: with the references that are others then, and with what waits then. */
class ReloadedView implements ConfigView {
  readonly configuration: Configuration;
  readonly validator: PropertyValidator;
  readonly #at: Date;
  readonly #comparisons = new Map<Entry, Comparison>();
  readonly #changed = new ReferenceIndex();
  readonly #changedKeys = new Set<string>();

  constructor(configuration: Configuration, validator: PropertyValidator, at: Date) {
    this.configuration = configuration;
    this.validator = validator;
    this.#at = at;
  }

  /** Takes an entry that may mean something else. `isKept` if what is in force of it stays all the same. */
  take(key: string, entry: Entry, isKept: boolean): void {
    const { configuration, validator } = this;
    const before = { entry, pending: configuration.pending(entry) };
    const comparison = validator.compareWith(configuration.validator, before, this.#at, isKept);
    this.#comparisons.set(entry, comparison);
    const known = configuration.targets(key);
    const targets = validator.targetsOf(entry, undefined, comparison.pending);
    if (targets.length === known.length && targets.every((target, index) => target === known[index])) return;
    this.#changed.set(key, targets);
    this.#changedKeys.add(key);
  }

  /** Undefined for an entry that was not taken. */
  comparison(entry: Entry): Comparison | undefined {
    return this.#comparisons.get(entry);
  }

  hasOtherTargets(key: string): boolean {
    return this.#changedKeys.has(key);
  }

  find(key: string): Entry | undefined {
    return this.configuration.find(key);
  }

  pending(entry: Entry): PendingChanges | undefined {
    const comparison = this.#comparisons.get(entry);
    return comparison === undefined ? this.configuration.pending(entry) : comparison.pending;
  }

  *referrers(targetKey: string): Generator<string> {
    for (const key of this.configuration.referrers(targetKey)) if (!this.#changedKeys.has(key)) yield key;
    yield* this.#changed.referrers(targetKey);
  }
}

function objectOf(
  key: string,
  entry: Entry,
  view: ReloadedView,
  kept: KeptEntries,
): ReloadedObject | undefined {
  const { configuration, validator } = view;
  const old = configuration.validator;
  const before = configuration.pending(entry);
  const { pending, changed = [] } = view.comparison(entry) ?? {};
  const waiting = [...(pending?.values() ?? [])]
    .filter((change) => before?.get(change.property.name) !== change)
    .map(({ property }) => property.name);
  const isAbsent = configuration.inForce.isAbsent(entry);
  if (isAbsent && kept.has(key)) return undefined;
  const isUnchanged = changed.length === 0 && waiting.length === 0 && !isAbsent;
  const isSame = isUnchanged && before?.size === pending?.size;
  if (isSame && !view.hasOtherTargets(key)) return undefined;
  return {
    key,
    entry,
    pending,
    changed,
    wasAbsent: isAbsent,
    waiting,
    difference: isUnchanged
      ? undefined
      : new Difference({
          key,
          definitions: validator.definitions,
          before: isAbsent ? undefined : { entry, decode: () => old.decode(entry, before) },
          after: {
            entry,
            decode: () => validator.decode(entry, pending),
            decodeWritten: () => validator.decode(entry),
          },
        }),
    effectiveBefore: () => old.effectiveEntry(entry, before),
  };
}
