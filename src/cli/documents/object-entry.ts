// An entry as an object of YAML or JSON, and back: its kind, its name, and its properties by the names that dsconfig gives
// them. What no declaration describes stands under `attributes`, by LDAP's names, so that no entry is lost.

import { objectDefinitions } from '../../config/definitions.ts';
import type { ObjectDefinition } from '../../config/object-definition.ts';
import type { PropertyDefinition } from '../../config/property-definition.ts';
import { Dn } from '../../ldap/dn.ts';
import { Attribute, type Entry } from '../../ldap/entry.ts';
import { isUtf8, octetsFromText } from '../../ldap/octets.ts';
import { dnOfReference, nameOfReference } from '../dsconfig/reference-name.ts';

/** One value: a text, or octets that are none. */
export type ObjectValue = string | boolean | number | { readonly base64: string };

/** An object in the order in which it is written. */
export interface ConfigurationObjectText {
  readonly kind: string | undefined;
  readonly name: string | undefined;
  /** Of an entry that is of no kind, or has another name than its kind gives it. */
  readonly dn: string | undefined;
  readonly properties: ReadonlyMap<string, readonly ObjectValue[]>;
  readonly attributes: ReadonlyMap<string, readonly ObjectValue[]>;
}

const PERSON = 'person';
const CLASS = 'objectclass';
const INTEGER = /^(?:0|-?[1-9]\d{0,14})$/;

/** The kinds that entries have; the others are there to be inherited from. */
export const KINDS: ReadonlyMap<string, ObjectDefinition> = new Map(
  objectDefinitions.filter(({ abstract }) => !abstract).map((definition) => [definition.kind, definition]),
);

/** Returns the DN of an object; undefined for a name that no object of this kind can have. */
export function dnOfObject({ location, namingAttribute }: ObjectDefinition, name: string): Dn | undefined {
  if ('under' in location) return Dn.parse(location.under).child([{ type: namingAttribute, value: name }]);
  const places = location.at.map((at) => Dn.parse(at));
  return places.find((at) => at.name.toLowerCase() === name.toLowerCase());
}

/** Returns the attributes that every object of a kind and a name has besides its properties. */
export function givenAttributes(kind: ObjectDefinition, name: string): readonly Attribute[] {
  const classes: string[] = [];
  for (let at: ObjectDefinition | undefined = kind; at !== undefined; at = at.parent)
    classes.unshift(at.objectClass.name);
  const isPerson = kind.objectClass.kind === 'auxiliary';
  return [
    new Attribute('objectClass', ['top', ...(isPerson ? [PERSON] : []), ...classes]),
    new Attribute(kind.namingAttribute, [name]),
    ...(isPerson ? [new Attribute('sn', [name])] : []),
  ];
}

/** Returns an entry as an object. Pure; the entry comes back from `entryOfObject`, up to the order of its attributes. */
export function objectOfEntry(entry: Entry): ConfigurationObjectText {
  const kind = kindOf(entry);
  const given = kind === undefined ? [] : givenAttributes(kind, entry.dn.name);
  const properties = new Map<string, readonly ObjectValue[]>();
  const attributes = new Map<string, readonly ObjectValue[]>();
  for (const { description, key, values } of entry.attributes) {
    const isGiven = given.some((one) => one.key === key && isSame(one, values));
    if (isGiven) continue;
    const property = description.includes(';') ? undefined : kind?.propertiesByKey.get(key);
    if (property === undefined) attributes.set(description, values.map(textOrOctets));
    else
      properties.set(
        property.name,
        values.map((value) => valueOfProperty(property, value)),
      );
  }
  // What every object of the kind has, and this entry does not.
  for (const { description, key } of given)
    if (!entry.attributes.some((one) => one.key === key)) attributes.set(description, []);
  return {
    kind: kind?.kind,
    name: kind === undefined ? undefined : entry.dn.name,
    dn: kind === undefined ? entry.dn.toString() : undefined,
    properties: sorted(properties),
    attributes: sorted(attributes),
  };
}

/** The kind whose name for the entry is the entry's own. */
function kindOf(entry: Entry): ObjectDefinition | undefined {
  const classes = new Set(entry.values(CLASS).map((value) => value.toLowerCase()));
  const kinds = [...KINDS.values()].filter(({ objectClass }) => classes.has(objectClass.name.toLowerCase()));
  const [kind, ...others] = kinds.filter((one) => !kinds.some(({ parent }) => parent === one));
  if (kind === undefined || others.length > 0) return undefined;
  const { rdn } = entry.dn;
  const usual = rdn?.length === 1 ? dnOfObject(kind, entry.dn.name) : undefined;
  return usual !== undefined && comparable(usual) === comparable(entry.dn) ? kind : undefined;
}

/** Names of the configuration are the same in any case. */
function comparable({ rdns }: Dn): string {
  return JSON.stringify(rdns).toLowerCase();
}

/** Classes are a set of names in any case; other values are what they are. */
function isSame({ key, values }: Attribute, others: readonly string[]): boolean {
  const text = (value: string) => (key === CLASS ? value.toLowerCase() : value);
  const known = new Set(values.map(text));
  return values.length === others.length && others.every((value) => known.has(text(value)));
}

function sorted<Value>(map: ReadonlyMap<string, Value>): ReadonlyMap<string, Value> {
  return new Map([...map].toSorted(([one], [other]) => (one < other ? -1 : one > other ? 1 : 0)));
}

/** References by name where the name says all. */
function valueOfProperty(property: PropertyDefinition, value: string): ObjectValue {
  if (property.type.target === undefined)
    return isUtf8(value) ? writtenValue(property, value) : textOrOctets(value);
  if (referenceOf(property, value) !== value) return octetsOf(value);
  const name = nameOfReference(property, value);
  return textOrOctets(name !== value && referenceOf(property, name) === value ? name : value);
}

/** Returns the text of a value as YAML and JSON have it: as a word or a number of theirs where it is written as they do. */
export function writtenValue(
  property: PropertyDefinition | undefined,
  value: string,
): string | number | boolean {
  const syntax = property?.type.syntax;
  if (syntax === 'boolean' && (value === 'true' || value === 'false')) return value === 'true';
  return syntax === 'integer' && INTEGER.test(value) ? Number(value) : value;
}

/** Returns the value of a property as LDAP has it. */
export function referenceOf(property: PropertyDefinition, written: string): string {
  return property.type.target === undefined ? written : dnOfReference(property, written);
}

function textOrOctets(value: string): ObjectValue {
  return isUtf8(value) ? value : octetsOf(value);
}

function octetsOf(value: string): ObjectValue {
  return { base64: Buffer.from(octetsFromText(value)).toString('base64') };
}
