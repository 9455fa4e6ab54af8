// What a reload would do: the entries of the configuration with new sources, checked as a whole as when the server
// starts, and compared with what is in force. Nothing changes before `commit`, which cannot fail. It is made in pieces,
// so that readers do not wait; whoever makes one sees to it that the entries stay as they are meanwhile.

import { setImmediate } from 'node:timers/promises';
import type { ChangedProperty } from '../config/admin-actions.ts';
import { takesExpressions } from '../config/property-reader.ts';
import type { PropertyValidator } from '../config/property-validator.ts';
import type { Sources } from '../expression/sources.ts';
import { hasExpression } from '../expression/template.ts';
import type { Entry } from '../ldap/entry.ts';
import type { Issue } from '../ldap/issue.ts';
import type { ObjectDifference } from '../runtime/component.ts';
import type { Configuration, ReloadedEntry } from './configuration.ts';

/** An entry with other values in force, or with other values that wait. */
export interface ReloadedObject extends ReloadedEntry {
  readonly changed: readonly ChangedProperty[];
  /** The names of the properties that did not wait before. */
  readonly waiting: readonly string[];
  /** The entry with what was in force, as ValuesInForce gives it. */
  readonly effectiveBefore: Entry;
}

export interface ReloadPlan {
  /** With an issue there is nothing else. */
  readonly issues: readonly Issue[];
  readonly objects: readonly ReloadedObject[];
  readonly differences: readonly ObjectDifference[];
  commit(): void;
}

const ENTRIES_AT_A_TIME = 128;

export async function planReload(
  configuration: Configuration,
  sources: Sources,
  at: Date,
): Promise<ReloadPlan> {
  const validator = configuration.validator.withSources(sources);
  const entries = [...configuration.tree.entries()];
  const issues = await inPieces(validator.checkAll(entries));
  const objects: ReloadedObject[] = [];
  if (issues.length === 0) {
    for (const [index, entry] of entries.entries()) {
      if (index % ENTRIES_AT_A_TIME === 0) await setImmediate();
      const object = mayDiffer(entry) ? compare(configuration, validator, entry, at) : undefined;
      if (object !== undefined) objects.push(object);
    }
  }
  const changed = objects.filter((object) => object.changed.length > 0);
  return {
    issues,
    objects,
    differences: changed.map((object) => differenceOf(configuration, validator, object)),
    commit: () => configuration.reload(validator, objects),
  };
}

async function inPieces<T>(pieces: Generator<undefined, T>): Promise<T> {
  for (;;) {
    const { done, value } = pieces.next();
    if (done === true) return value;
    await setImmediate();
  }
}

function mayDiffer({ attributes }: Entry): boolean {
  return attributes.some(({ key, values }) => takesExpressions(key) && values.some(hasExpression));
}

function compare(
  { inForce, schema }: Configuration,
  validator: PropertyValidator,
  entry: Entry,
  at: Date,
): ReloadedObject | undefined {
  const before = inForce.pending(entry);
  const { pending, changed } = validator.compareWith(inForce.validator, { entry, pending: before }, at);
  const waiting = [...(pending?.values() ?? [])]
    .filter((change) => before?.get(change.property.name) !== change)
    .map(({ property }) => property.name);
  if (changed.length === 0 && waiting.length === 0 && before?.size === pending?.size) return undefined;
  const effectiveBefore = inForce.effectiveEntry(entry);
  return { key: schema.dnKey(entry.dn), entry, pending, changed, waiting, effectiveBefore };
}

function differenceOf(
  { inForce }: Configuration,
  validator: PropertyValidator,
  { key, entry, pending }: ReloadedObject,
): ObjectDifference {
  const kind = validator.definitions.findForEntry(entry)?.kind;
  return { key, kinds: [kind], before: inForce.decode(entry), after: validator.decode(entry, pending) };
}
