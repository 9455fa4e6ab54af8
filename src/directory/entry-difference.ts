// Finds the changes that lead from one set of entries to another. Compares what users can set, value by value and in order,
// and the state of passwords, which goes with them. Other attributes that the server maintains (entryUUID, timestamps)
// follow from the changes.

import { setImmediate } from 'node:timers/promises';
import type { Change, EntryDifference, Modification, ModifyDnChange } from '../ldap/change.ts';
import { Dn, formatRdn } from '../ldap/dn.ts';
import { Attribute, Entry } from '../ldap/entry.ts';
import type { Schema } from '../schema/schema.ts';
import { renamedAttributes } from './apply-modify-dn.ts';
import { octetsOfChange } from './kept-octets.ts';
import type { HeldOctets } from './octet-budget.ts';
import { PASSWORD_STATE_KEYS } from './password-state-keys.ts';

/** Number of entries compared before other work gets a turn. */
const ENTRIES_PER_TURN = 256;

/** An entry that has another RDN afterwards, below the same parent. */
interface RenamedEntry {
  readonly before: Entry;
  readonly after: Entry;
}

/** Returns the changes that lead from before to after, in an order in which they can be applied. */
export function changesOf(differences: readonly EntryDifference[], schema: Schema): Change[] {
  const { renamed, others } = withoutRenames(differences, schema);
  return inGoodOrder([
    ...renamed.flatMap((one) => changesOfRename(one, schema)),
    ...others.flatMap((one) => changesOfOne(one, schema)),
  ]);
}

/**
 * Returns the changes like changesOf, for many entries. Counts their octets in `held`, and throws the LdapError
 * of `held` if they are too many.
 */
export async function changesOfMany(
  differences: readonly EntryDifference[],
  schema: Schema,
  held: HeldOctets,
): Promise<Change[]> {
  const { renamed, others } = withoutRenames(differences, schema);
  const changes: Change[] = [];
  const take = (more: readonly Change[]) => {
    for (const change of more) {
      held.take(octetsOfChange(change));
      changes.push(change);
    }
  };
  for (const one of renamed) take(changesOfRename(one, schema));
  for (const [index, one] of others.entries()) {
    if (index % ENTRIES_PER_TURN === 0) await setImmediate();
    take(changesOfOne(one, schema));
  }
  return inGoodOrder(changes);
}

/**
 * Separates renamed entries from deleted, added and modified ones, by entryUUID. An entry that takes the DN of
 * another one is not renamed: the other one is deleted and this one is added.
 */
function withoutRenames(
  differences: readonly EntryDifference[],
  schema: Schema,
): { readonly renamed: readonly RenamedEntry[]; readonly others: readonly EntryDifference[] } {
  const gone = new Map<string, { readonly key: string; readonly before: Entry }>();
  for (const { key, before, after } of differences) {
    const id = before?.first('entryuuid');
    if (before !== undefined && id !== undefined && id !== after?.first('entryuuid'))
      gone.set(id, { key, before });
  }
  if (gone.size === 0) return { renamed: [], others: differences };
  const renamed = new Map<string, RenamedEntry>();
  const left = new Set<string>();
  for (const { key, before, after } of differences) {
    const from = gone.get(after?.first('entryuuid') ?? '');
    if (from === undefined || after === undefined || before !== undefined) continue;
    if (parentKeyOf(from.before, schema) !== parentKeyOf(after, schema)) continue;
    renamed.set(key, { before: from.before, after });
    left.add(from.key);
  }
  const others = differences.flatMap((one): readonly EntryDifference[] => {
    if (renamed.has(one.key)) return [];
    return [left.has(one.key) ? { ...one, before: undefined } : one];
  });
  return { renamed: [...renamed.values()], others };
}

function changesOfRename({ before, after }: RenamedEntry, schema: Schema): readonly Change[] {
  const newRdn = after.dn.rdn ?? [];
  const isKept = (before.dn.rdn ?? []).every(({ type, value }) =>
    after.values(type.toLowerCase()).includes(value),
  );
  const rename: ModifyDnChange = {
    type: 'modifyDn',
    dn: before.dn,
    newRdn,
    deleteOldRdn: !isKept,
    newSuperior: undefined,
  };
  const renamed = new Entry(after.dn, renamedAttributes(rename, before, schema));
  return [rename, ...changesOfOne({ key: '', before: renamed, after }, schema)];
}

function parentKeyOf({ dn }: Entry, schema: Schema): string {
  return schema.dnKey(dn.parent ?? Dn.root);
}

function changesOfOne({ before, after }: EntryDifference, schema: Schema): readonly Change[] {
  if (before !== undefined && after !== undefined && isSpelledOtherwise(before, after, schema)) {
    return changesOfRename({ before, after }, schema);
  }
  if (before !== undefined && after !== undefined && isSameName(before, after)) {
    const modifications = modificationsBetween(before, after, schema);
    return modifications.length === 0 ? [] : [{ type: 'modify', dn: before.dn, modifications }];
  }
  const gone: readonly Change[] = before === undefined ? [] : [{ type: 'delete', dn: before.dn }];
  if (after === undefined) return gone;
  return [...gone, { type: 'add', entry: after.withAttributes(userAttributes(after, schema)) }];
}

/** Sorts changes: deletes first, children before parents; then renames; then the others, parents first. */
function inGoodOrder(changes: readonly Change[]): Change[] {
  const deletes = changes.filter(({ type }) => type === 'delete');
  const renames = changes.filter(({ type }) => type === 'modifyDn');
  const others = changes.filter(({ type }) => type !== 'delete' && type !== 'modifyDn');
  return [
    ...deletes.sort(deepestFirst),
    ...renames,
    ...others.sort((one, other) => deepestFirst(other, one)),
  ];
}

/** Returns the attributes that users can set, and the state of passwords, in the schema's spelling. */
export function userAttributes(entry: Entry, schema: Schema): Attribute[] {
  return entry.attributes.flatMap((attribute) => {
    const described = schema.describe(attribute.description);
    if (described === undefined) return [attribute];
    if (described.type.noUserModification && !PASSWORD_STATE_KEYS.has(described.type.key)) return [];
    return [new Attribute(described.description, attribute.values, described.key)];
  });
}

/** Returns a change as clients could make it, without the state of passwords; undefined if nothing is left. */
export function clientChange(change: Change): Change | undefined {
  const isState = ({ key }: Attribute) => PASSWORD_STATE_KEYS.has(key);
  if (change.type === 'add') {
    const { entry } = change;
    return { type: 'add', entry: entry.withAttributes(entry.attributes.filter((one) => !isState(one))) };
  }
  if (change.type !== 'modify') return change;
  const modifications = change.modifications.filter(({ attribute }) => !isState(attribute));
  return modifications.length === 0 ? undefined : { ...change, modifications };
}

function modificationsBetween(before: Entry, after: Entry, schema: Schema): Modification[] {
  const old = userAttributes(before, schema);
  const wanted = userAttributes(after, schema);
  const plain = replacements(old, wanted);
  const inPlace = old.filter(({ key }) => wanted.some((one) => one.key === key));
  const added = wanted.filter(({ key }) => !old.some((one) => one.key === key));
  const order = [...inPlace, ...added].map(({ key }) => key);
  if (order.every((key, index) => wanted[index]?.key === key)) return plain;
  return inOrder(old, wanted);
}

function replacements(old: readonly Attribute[], wanted: readonly Attribute[]): Modification[] {
  const gone = old.filter(({ key }) => !wanted.some((one) => one.key === key));
  const changed = wanted.filter((attribute) => {
    const known = old.find(({ key }) => key === attribute.key);
    return known === undefined || !isSameAttribute(known, attribute);
  });
  return [...gone.map((attribute) => replaceBy(attribute.withValues([]))), ...changed.map(replaceBy)];
}

/**
 * Returns deletes and adds from the first attribute that is out of order. Attributes are stored in the order of
 * the adds.
 */
function inOrder(old: readonly Attribute[], wanted: readonly Attribute[]): Modification[] {
  const misplaced = wanted.findIndex(({ key }, index) => old[index]?.key !== key);
  const start = misplaced === -1 ? wanted.length : misplaced;
  return [
    ...replacements(old.slice(0, start), wanted.slice(0, start)),
    ...old.slice(start).map((attribute) => replaceBy(attribute.withValues([]))),
    ...wanted.slice(start).map(replaceBy),
  ];
}

function replaceBy(attribute: Attribute): Modification {
  return { operation: 'replace', attribute };
}

function isSameAttribute(one: Attribute, other: Attribute): boolean {
  return (
    one.description === other.description &&
    one.values.length === other.values.length &&
    one.values.every((value, index) => value === other.values[index])
  );
}

/** Returns true if the entry is in the same place and only the spelling of its RDN differs. */
function isSpelledOtherwise(before: Entry, after: Entry, schema: Schema): boolean {
  const isSameRdn = formatRdn(before.dn.rdn ?? []) === formatRdn(after.dn.rdn ?? []);
  if (isSameRdn || before.first('entryuuid') !== after.first('entryuuid')) return false;
  return (
    before.first('entryuuid') !== undefined && parentKeyOf(before, schema) === parentKeyOf(after, schema)
  );
}

function isSameName(one: Entry, other: Entry): boolean {
  return one.dn.toString() === other.dn.toString();
}

function deepestFirst(one: Change, other: Change): number {
  return depthOf(other) - depthOf(one);
}

function depthOf(change: Change): number {
  return (change.type === 'add' ? change.entry.dn : change.dn).rdns.length;
}
