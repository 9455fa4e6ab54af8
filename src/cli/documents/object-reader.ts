// One object of YAML or JSON as an entry, with the places of what it says. All problems are reported at once; a value
// is never in a sentence, since it may be a secret.

import { isMap, isScalar, isSeq, type Node, type Pair, type Scalar, type YAMLMap } from 'yaml';
import type { ObjectDefinition } from '../../config/object-definition.ts';
import type { PropertyDefinition } from '../../config/property-definition.ts';
import { Dn } from '../../ldap/dn.ts';
import { Attribute, Entry } from '../../ldap/entry.ts';
import { LdapError } from '../../ldap/ldap-error.ts';
import { textFromOctets } from '../../ldap/octets.ts';
import { findSimilarName } from '../../schema/similar-name.ts';
import {
  type DocumentProblem,
  type DocumentRecord,
  findShown,
  type PlacedValue,
  type TextPosition,
} from './document.ts';
import { dnOfObject, givenAttributes, KINDS, referenceOf } from './object-entry.ts';
import { commentsOfObject } from './yaml-comments.ts';

/** The words of an object that are no properties. */
const OWN_WORDS: ReadonlySet<string> = new Set(['kind', 'name', 'dn', 'attributes']);
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
const ATTRIBUTE = /^(?:[A-Za-z][A-Za-z0-9-]*|\d+(?:\.\d+)*)(?:;[A-Za-z0-9-]+)*$/;

export class ObjectReader {
  readonly problems: DocumentProblem[] = [];
  readonly #placeAt: (offset: number) => TextPosition;

  constructor(placeAt: (offset: number) => TextPosition) {
    this.#placeAt = placeAt;
  }

  /** Returns the record of an object; undefined when no entry can be made of it. */
  read(node: unknown): DocumentRecord | undefined {
    if (!isMap(node)) return this.#wrong(node, 'An object is expected here: kind, name, and its properties.');
    const fields = this.#fieldsOf(node);
    const dn = this.#dnOf(node, fields);
    if (dn === undefined) return undefined;
    const places: TextPositions = new Map();
    const attributes = new Map<string, Attribute>();
    const kind = this.#kindOf(fields);
    for (const attribute of kind === undefined ? [] : givenAttributes(kind, dn.name))
      attributes.set(attribute.key, attribute);
    for (const [name, pair] of fields) {
      if (OWN_WORDS.has(name)) continue;
      const property = this.#propertyOf(pair, name, kind);
      if (property === undefined) continue;
      const values = this.#placedValuesOf(pair, property.name, (text) => referenceOf(property, text));
      for (const one of [property.name, property.key]) places.set(one, { ...this.#place(pair.key), values });
      attributes.set(property.key, attributeOf(property.attribute, values));
    }
    this.#readAttributes(fields.get('attributes'), attributes, places);
    const place = this.#place(node);
    const entry = new Entry(
      dn,
      [...attributes.values()].filter(({ values }) => values.length > 0),
    );
    const placeOf = (names: readonly string[], shown?: string): TextPosition => {
      const found = names.map((name) => places.get(name.toLowerCase())).find((one) => one !== undefined);
      const { line, column } = (shown && found && findShown(found.values, shown)) || (found ?? place);
      return { line, column };
    };
    return { entry, ...place, comments: commentsOfObject(node), placeOf };
  }

  #fieldsOf(map: YAMLMap): ReadonlyMap<string, Pair> {
    const fields = new Map<string, Pair>();
    for (const pair of map.items) {
      const name = isScalar(pair.key) && typeof pair.key.value === 'string' ? pair.key.value : undefined;
      if (name === undefined) this.#wrong(pair.key, 'A name is expected here.');
      else fields.set(name.toLowerCase(), pair);
    }
    return fields;
  }

  #kindOf(fields: ReadonlyMap<string, Pair>): ObjectDefinition | undefined {
    const pair = fields.get('kind');
    return pair === undefined || !isScalar(pair.value) ? undefined : KINDS.get(String(pair.value.value));
  }

  #dnOf(map: YAMLMap, fields: ReadonlyMap<string, Pair>): Dn | undefined {
    const [kindPair, dnPair] = [fields.get('kind'), fields.get('dn')];
    if (kindPair === undefined) {
      if (dnPair !== undefined) return this.#parseDn(dnPair);
      return this.#wrong(map, `The object has no kind. Kinds: ${[...KINDS.keys()].join(', ')}.`);
    }
    if (dnPair !== undefined)
      return this.#wrong(
        dnPair.key,
        'An object has a kind and a name, or a dn and attributes. Remove one of them.',
      );
    const kind = this.#kindOf(fields);
    if (kind === undefined) return this.#wrong(kindPair.value ?? kindPair.key, unknownKind(kindPair));
    const namePair = fields.get('name');
    const name = namePair === undefined ? undefined : this.#valuesOf(namePair, 'name')[0];
    if (namePair === undefined && 'at' in kind.location && kind.location.at.length === 1)
      return Dn.parse(kind.location.at[0] ?? '');
    if (name === undefined)
      return this.#wrong(namePair?.key ?? map, `The ${kind.kind} has no name. Write name: NAME.`);
    const dn = dnOfObject(kind, name);
    return dn ?? this.#wrong(namePair?.value, `There is no ${kind.kind} of this name.`);
  }

  #parseDn(pair: Pair): Dn | undefined {
    try {
      return Dn.parse(this.#valuesOf(pair, 'dn')[0] ?? '');
    } catch (error) {
      if (error instanceof LdapError) return this.#wrong(pair.value, error.message);
      throw error;
    }
  }

  #propertyOf(pair: Pair, name: string, kind: ObjectDefinition | undefined): PropertyDefinition | undefined {
    if (kind === undefined)
      return this.#wrong(pair.key, 'An object with a dn has its values under attributes.');
    const property = kind.propertiesByName.get(name);
    if (property !== undefined) return property;
    const similar = findSimilarName(name, [...kind.propertiesByName.keys(), ...OWN_WORDS]);
    const advice =
      similar === undefined ? 'Other attributes belong under attributes.' : `Did you mean ${similar}?`;
    return this.#wrong(pair.key, `A ${kind.kind} has no property of this name. ${advice}`);
  }

  #readAttributes(pair: Pair | undefined, attributes: Map<string, Attribute>, places: TextPositions): void {
    if (pair === undefined) return;
    if (!isMap(pair.value)) {
      this.#wrong(pair.key, 'attributes is an object of attributes with their values.');
      return;
    }
    for (const [key, one] of this.#fieldsOf(pair.value)) {
      const description = isScalar(one.key) ? String(one.key.value) : key;
      if (!ATTRIBUTE.test(description)) {
        this.#wrong(one.key, 'An attribute description is expected here: letters, digits, hyphens.');
        continue;
      }
      const values = this.#placedValuesOf(one, 'The attribute');
      places.set(key, { ...this.#place(one.key), values });
      attributes.set(key, attributeOf(description, values));
    }
  }

  #valuesOf(pair: Pair, subject: string): readonly string[] {
    return this.#placedValuesOf(pair, subject).map(({ value }) => value);
  }

  /**
   * @param subject what has the values, to begin a sentence.
   * @param meaning what a text means; octets mean themselves.
   */
  #placedValuesOf(
    pair: Pair,
    subject: string,
    meaning: (text: string) => string = (text) => text,
  ): readonly PlacedValue[] {
    const { value } = pair;
    const nodes: readonly unknown[] = isSeq(value) ? value.items : [value ?? pair.key];
    if (value === null) {
      this.#wrong(pair.key, `${subject} has no value. Write one, or remove the name.`);
      return [];
    }
    return nodes.flatMap((node) => {
      const text = this.#valueOf(node, subject, meaning);
      return text === undefined ? [] : [{ ...this.#place(node), value: text }];
    });
  }

  #valueOf(node: unknown, subject: string, meaning: (text: string) => string): string | undefined {
    if (isScalar(node)) {
      const text = textOfScalar(node);
      if (text === undefined)
        return this.#wrong(node, `${subject} has no value. Write one, or remove the name.`);
      return text.isWellFormed()
        ? meaning(text)
        : this.#wrong(node, `${subject} has half a character (one \\u of a pair).`);
    }
    const base64 = isMap(node) && node.items.length === 1 ? node.get('base64') : undefined;
    if (typeof base64 === 'string' && BASE64.test(base64))
      return textFromOctets(Buffer.from(base64, 'base64'));
    if (base64 !== undefined) return this.#wrong(node, `${subject}: the value of base64 is not base64.`);
    return this.#wrong(node, `${subject} is a text, a number, true, false, {base64: …}, or a list of these.`);
  }

  #wrong(node: unknown, problem: string): undefined {
    this.problems.push({ ...this.#place(node), problem });
    return undefined;
  }

  #place(node: unknown): TextPosition {
    const range = isNodeWithRange(node) ? node.range : undefined;
    return this.#placeAt(range?.[0] ?? 0);
  }
}

/** The values of a property or an attribute, and where its name stands; by names in lower case. */
type TextPositions = Map<string, TextPosition & { readonly values: readonly PlacedValue[] }>;

function attributeOf(description: string, values: readonly PlacedValue[]): Attribute {
  return new Attribute(
    description,
    values.map(({ value }) => value),
  );
}

function isNodeWithRange(node: unknown): node is Node {
  return typeof node === 'object' && node !== null && 'range' in node;
}

/** Returns a scalar as it is written, without its quotes: a number keeps its zeros. Undefined: null, or nothing. */
export function textOfScalar({ value, source, type }: Scalar): string | undefined {
  if (value === null || value === undefined) return undefined;
  return type === 'PLAIN' ? (source ?? String(value)) : String(value);
}

function unknownKind({ value }: Pair): string {
  const written = isScalar(value) ? String(value.value) : '';
  const similar = findSimilarName(written, KINDS.keys());
  return similar === undefined
    ? `There is no kind of this name. Kinds: ${[...KINDS.keys()].join(', ')}.`
    : `There is no kind ${written}. Did you mean ${similar}?`;
}
