// References to renamed objects: the changes with which they follow, and the reading of an object after a rename. It
// does not decide what is renamed.

import { escapeExpression, hasExpression, parseTemplate } from '../expression/template.ts';
import type { Modification } from '../ldap/change.ts';
import { Dn } from '../ldap/dn.ts';
import { Attribute } from '../ldap/entry.ts';
import type { Schema } from '../schema/schema.ts';
import type { PendingChanges } from './admin-actions.ts';
import type { ObjectReading, PropertyReading } from './property-reader.ts';
import { namesIn, secretTargetsOf } from './secret-names.ts';

/** New DNs of entries by the keys of their old ones. */
export type NewNames = ReadonlyMap<string, Dn>;

/** Reference that no change of its entry can make follow, because the DN is in another place. */
export interface StuckReference {
  readonly attribute: string;
  /** Expression that contains the DN; undefined for a default. */
  readonly written: string | undefined;
}

export interface FollowingReferences {
  readonly modifications: readonly Modification[];
  readonly stuck: StuckReference | undefined;
}

/**
 * Returns the modifications with which the references of an object follow a rename; an empty list if there are none.
 * @param inForce The object with its effective values, if something is pending. They follow with the entry, so an
 * entry that only refers in effective values is written again unchanged.
 */
export function followingReferences(
  reading: ObjectReading,
  inForce: ObjectReading | undefined,
  names: NewNames,
  schema: Schema,
): FollowingReferences {
  const modifications: Modification[] = [];
  let stuck: StuckReference | undefined;
  for (const { name, key, attribute } of reading.definition.references) {
    const written = reading.entry.values(key);
    const isNamed = namesOne(reading.properties.get(name), names, schema);
    const isNamedInForce = namesOne(inForce?.properties.get(name), names, schema);
    if (!isNamed && !isNamedInForce) continue;
    const followed = written.map((text) => followedText(text, names, schema));
    const isMoved = followed.some((text, index) => text !== written[index]);
    if (isNamed && !isMoved && !isSpelledSo(written, names))
      stuck ??= { attribute, written: written.find(hasExpression) };
    else if (isMoved || isNamedInForce)
      modifications.push({ operation: 'replace', attribute: new Attribute(attribute, followed) });
  }
  return { modifications, stuck: stuck ?? secretNamed(reading, names, schema) };
}

/** Returns the secret that comes from a renamed secret source. */
function secretNamed(reading: ObjectReading, names: NewNames, schema: Schema): StuckReference | undefined {
  const isRenamed = (key: string) => names.has(key) && schema.dnKey(names.get(key) ?? Dn.root) !== key;
  if (!secretTargetsOf(reading, schema).some(isRenamed)) return undefined;
  const { definition, entry } = reading;
  const property = definition.secrets.find(({ key }) => namesIn(entry.values(key)).length > 0);
  return property && { attribute: property.attribute, written: entry.first(property.key) };
}

/** Returns the object as if the others had had their new names before. */
export function followedObject(reading: ObjectReading, names: NewNames, schema: Schema): ObjectReading {
  if (names.size === 0) return reading;
  const properties = new Map(reading.properties);
  for (const { name } of reading.definition.references) {
    const property = properties.get(name);
    if (property !== undefined) properties.set(name, followedProperty(property, names, schema));
  }
  return { ...reading, properties, checked: undefined, targets: undefined };
}

/** Returns pending changes as if the others had had their new names before. */
export function followedPending(
  pending: PendingChanges | undefined,
  names: NewNames,
  schema: Schema,
): PendingChanges | undefined {
  if (pending === undefined || names.size === 0) return pending;
  return new Map(
    Array.from(pending, ([name, change]) => {
      const inForce = followedProperty(change.inForce, names, schema);
      return [name, inForce === change.inForce ? change : { ...change, inForce }];
    }),
  );
}

function followedProperty(reading: PropertyReading, names: NewNames, schema: Schema): PropertyReading {
  const { definition } = reading;
  if (!namesOne(reading, names, schema)) return reading;
  const texts = reading.texts.map((text) => names.get(schema.dnKeyOfText(text))?.toString() ?? text);
  const values = texts.map((text, index) => {
    const parsed = definition.type.parse(text);
    return parsed.problem === undefined ? parsed.value : reading.values[index];
  });
  return { ...reading, texts, values };
}

function namesOne(reading: PropertyReading | undefined, names: NewNames, schema: Schema): boolean {
  if (reading === undefined || reading.definition.type.target === undefined) return false;
  return reading.texts.some((text) => names.has(schema.dnKeyOfText(text)));
}

/** Returns the text with the new DN. A value with an expression stays: its result is decided elsewhere. */
function followedText(text: string, names: NewNames, schema: Schema): string {
  const plain = plainText(text);
  const now = plain === undefined ? undefined : names.get(schema.dnKeyOfText(plain));
  return now === undefined ? text : escapeExpression(now.toString());
}

/** Returns the text of a value without expressions; undefined for one with expressions. */
function plainText(text: string): string | undefined {
  if (!hasExpression(text)) return text;
  const { parts, problems } = parseTemplate(text);
  const isPlain = problems.length === 0 && parts.every((part) => typeof part === 'string');
  return isPlain ? parts.join('') : undefined;
}

/** Returns true if only the spelling of the DN changes and the values have the new spelling already. */
function isSpelledSo(written: readonly string[], names: NewNames): boolean {
  const spelled = new Set(Array.from(names.values(), (dn) => escapeExpression(dn.toString())));
  return written.some((text) => spelled.has(text));
}
