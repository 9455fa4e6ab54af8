// Operational attributes that a change sets (RFC 4512 §3.4, RFC 4530): who, when, which. They depend on the
// commit, not on the clock, so that a replayed journal gives identical entries.

import { hash } from 'node:crypto';
import { Attribute, type Entry } from '../ldap/entry.ts';
import { findStructuralClass } from '../schema/object-class.ts';
import type { Schema } from '../schema/schema.ts';

export interface Stamp {
  readonly at: Date;
  /** DN of the requester. */
  readonly by: string;
  /** entryUUID of an added entry. */
  readonly id: string;
}

const CREATION: ReadonlySet<string> = new Set(['createtimestamp', 'creatorsname', 'entryuuid']);
const OPERATIONAL = new Set([...CREATION, 'modifytimestamp', 'modifiersname', 'structuralobjectclass']);

/** Returns the entry with its operational attributes after the change. */
export function stamp(before: Entry | undefined, after: Entry, { at, by, id }: Stamp, schema: Schema): Entry {
  const time = [generalizedTime(at)];
  const attributes = after.attributes.filter(({ key }) => !OPERATIONAL.has(key));
  const structural = structuralObjectClass(before, after, schema);
  if (structural !== undefined) attributes.push(structural);
  if (before === undefined) {
    attributes.push(
      new Attribute('createTimestamp', time, 'createtimestamp'),
      new Attribute('creatorsName', [by], 'creatorsname'),
      new Attribute('entryUUID', [id], 'entryuuid'),
    );
  } else {
    for (const attribute of before.attributes) if (CREATION.has(attribute.key)) attributes.push(attribute);
  }
  attributes.push(
    new Attribute('modifyTimestamp', time, 'modifytimestamp'),
    new Attribute('modifiersName', [by], 'modifiersname'),
  );
  return after.withAttributes(attributes);
}

/**
 * Returns structuralObjectClass, the most specific structural class (RFC 4512 §3.4.6). Reuses the attribute
 * while the classes are the same.
 */
function structuralObjectClass(
  before: Entry | undefined,
  after: Entry,
  schema: Schema,
): Attribute | undefined {
  const classes = after.find('objectclass');
  const known = before?.find('structuralobjectclass');
  if (known !== undefined && before?.find('objectclass') === classes) return known;
  const lowest = findStructuralClass(schema, classes?.values ?? []);
  return lowest && new Attribute('structuralObjectClass', [lowest.name], 'structuralobjectclass');
}

/** Formats a GeneralizedTime with milliseconds: `20261122081500.123Z` (RFC 4517 §3.3.13). */
function generalizedTime(at: Date): string {
  const text = at.toISOString();
  const date = text.slice(0, 4) + text.slice(5, 7) + text.slice(8, 10);
  return date + text.slice(11, 13) + text.slice(14, 16) + text.slice(17);
}

/**
 * Returns the id of the change at `index` in a commit: the commit's id for the first, a derived UUID for the
 * others.
 */
export function idOfChange(commitId: string, index: number): string {
  return index === 0 ? commitId : derivedId(commitId, String(index));
}

/** Returns the UUID that another one and a name give, the same each time (version 8 of RFC 9562 §5.8). */
export function derivedId(id: string, name: string): string {
  const digits = hash('sha256', `${id}/${name}`);
  return [
    digits.slice(0, 8),
    digits.slice(8, 12),
    `8${digits.slice(13, 16)}`,
    `a${digits.slice(17, 20)}`,
    digits.slice(20, 32),
  ].join('-');
}
