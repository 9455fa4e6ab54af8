// What would have to change so that a tree is as files say. Pure: entries in, changes out; each change asserts that
// its entry is still as it was when the plan was made.

import { PASSWORD_STATE_KEYS } from '../../directory/password-state-keys.ts';
import type { Change, Modification } from '../../ldap/change.ts';
import { isBelow } from '../../ldap/dn-key.ts';
import { Attribute, type Entry } from '../../ldap/entry.ts';
import type { Filter } from '../../ldap/filter.ts';
import type { Schema } from '../../schema/schema.ts';

export interface PlannedChange {
  readonly change: Change;
  readonly before: Entry | undefined;
  readonly after: Entry | undefined;
  /** Must be true of the entry when the change is made; undefined for an entry that must not be there. */
  readonly assertion: Filter | undefined;
}

export interface PlanInput {
  readonly schema: Schema;
  /** Whole entries: what they do not have is to be removed, but for what the server keeps by itself. */
  readonly desired: readonly Entry[];
  /** The entries there are, with the operational attributes that `VERSION_ATTRIBUTES` names. */
  readonly current: readonly Entry[];
  /** Keys of containers: what lives in them and is not desired is to be deleted. */
  readonly pruned: readonly string[];
  /**
   * Keys of attributes of which only hashes are stored. They are set with a new entry. Afterwards hashes are compared with
   * hashes, and a password in clear text, which cannot be compared, is left alone.
   */
  readonly hashedAttributes: ReadonlySet<string>;
  /** True if the state of passwords is taken from files that have their hashes. */
  readonly takesPasswordState?: boolean;
}

const PASSWORD_KEY = 'userpassword';
/** The attributes that differ between two versions of an entry. */
const VERSION_ATTRIBUTES = ['entryUUID', 'modifyTimestamp'] as const;

/** Returns the attributes that a search must ask for, to get all that is compared. */
export function attributesToCompare(schema: Schema): readonly string[] {
  return ['*', ...VERSION_ATTRIBUTES, ...schema.modifiableOperational];
}

/** In an order in which they can be made: parents are added before and deleted after their children. */
export function planChanges(input: PlanInput): readonly PlannedChange[] {
  const { schema, desired, current, pruned } = input;
  const currentByKey = new Map(current.map((entry) => [schema.dnKey(entry.dn), entry]));
  const desiredKeys = new Set(desired.map((entry) => schema.dnKey(entry.dn)));
  const updates = desired.flatMap((entry) => {
    const before = currentByKey.get(schema.dnKey(entry.dn));
    return (before === undefined ? planAdd(entry) : planModify(before, entry, input)) ?? [];
  });
  const gone = [...currentByKey].filter(
    ([key]) => !desiredKeys.has(key) && pruned.some((container) => isBelow(key, container)),
  );
  const deepestFirst = gone.toSorted(([, one], [, other]) => other.dn.rdns.length - one.dn.rdns.length);
  const parentsFirst = updates.toSorted((one, other) => depthOf(one) - depthOf(other));
  return [...parentsFirst, ...deepestFirst.map(([, entry]) => planDelete(entry))];
}

function depthOf({ change, after }: PlannedChange): number {
  return change.type === 'add' ? (after?.dn.rdns.length ?? 0) : 0;
}

function planAdd(given: Entry): PlannedChange {
  const entry = withoutPasswordState(given);
  return { change: { type: 'add', entry }, before: undefined, after: entry, assertion: undefined };
}

/** Returns an entry without the state of its password, which a server that runs makes anew. */
export function withoutPasswordState(entry: Entry): Entry {
  if (!entry.attributes.some(({ key }) => PASSWORD_STATE_KEYS.has(key))) return entry;
  return entry.withAttributes(entry.attributes.filter(({ key }) => !PASSWORD_STATE_KEYS.has(key)));
}

function planDelete(entry: Entry): PlannedChange {
  return {
    change: { type: 'delete', dn: entry.dn },
    before: entry,
    after: undefined,
    assertion: versionOf(entry),
  };
}

/** Undefined when the entry is as it should be. */
function planModify(before: Entry, after: Entry, input: PlanInput): PlannedChange | undefined {
  const { schema, hashedAttributes } = input;
  const hasNewPassword = !hasSameValues(before.values(PASSWORD_KEY), after.values(PASSWORD_KEY));
  const isStateKnown = hasNewPassword || after.attributes.some(({ key }) => PASSWORD_STATE_KEYS.has(key));
  const takesState = input.takesPasswordState === true && hasHashes(after) && isStateKnown;
  const wanted = wantedAttributes(after, schema, takesState);
  const modifications: Modification[] = [];
  for (const [key, attribute] of wanted) {
    const values = before.values(key);
    if (hasSameValues(values, attribute.values)) continue;
    const isHashed = hashedAttributes.has(key) && !PASSWORD_STATE_KEYS.has(key);
    if (isHashed && ![...values, ...attribute.values].every(isHash)) continue;
    modifications.push({ operation: 'replace', attribute });
  }
  for (const { description, key } of before.attributes) {
    const isState = PASSWORD_STATE_KEYS.has(key);
    const isKept = isState
      ? !takesState
      : schema.describe(description)?.type.noUserModification === true || hashedAttributes.has(key);
    if (isKept || wanted.has(key)) continue;
    modifications.push({ operation: 'replace', attribute: new Attribute(description, []) });
  }
  if (takesState && hasNewPassword) modifications.push(...missingState(modifications, after, schema));
  if (modifications.length === 0) return undefined;
  const change: Change = { type: 'modify', dn: before.dn, modifications };
  return { change, before, after, assertion: versionOf(before) };
}

/** Returns the state that does not differ: with a new password, what is not given would be made anew. */
function missingState(given: readonly Modification[], after: Entry, schema: Schema): readonly Modification[] {
  return [...PASSWORD_STATE_KEYS]
    .filter((key) => !given.some(({ attribute }) => attribute.key === key))
    .map((key) => ({
      operation: 'replace',
      attribute: new Attribute(schema.describe(key)?.type.name ?? key, after.values(key)),
    }));
}

/** Without what the server keeps by itself. */
function wantedAttributes(
  { attributes }: Entry,
  schema: Schema,
  takesPasswordState: boolean,
): ReadonlyMap<string, Attribute> {
  const wanted = new Map<string, Attribute>();
  for (const attribute of attributes) {
    const description = schema.describe(attribute.description);
    const key = description?.key ?? attribute.key;
    const isState = takesPasswordState && PASSWORD_STATE_KEYS.has(key);
    if (isState || description?.type.noUserModification !== true) wanted.set(key, attribute);
  }
  return wanted;
}

function hasHashes(entry: Entry): boolean {
  const passwords = entry.values(PASSWORD_KEY);
  return passwords.length > 0 && passwords.every(isHash);
}

/** A stored password names its scheme (RFC 3112 §2); who may not see it gets something else. */
function isHash(value: string): boolean {
  return /^\{[\w-]+\}/.test(value);
}

/** As they are written: only their order means nothing (RFC 4511 §4.1.7). */
function hasSameValues(before: readonly string[], after: readonly string[]): boolean {
  const known = new Set(before);
  return before.length === after.length && after.every((value) => known.has(value));
}

function versionOf(entry: Entry): Filter {
  const filters = VERSION_ATTRIBUTES.flatMap((attribute): Filter[] => {
    const value = entry.first(attribute.toLowerCase());
    return value === undefined ? [] : [{ type: 'equalityMatch', attribute, value }];
  });
  return { type: 'and', filters };
}
