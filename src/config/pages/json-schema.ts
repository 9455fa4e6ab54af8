// The JSON Schema of configuration files in YAML and JSON, generated from the declarations, for completion and
// checks in editors. It covers kinds, names and words; `confdit validate` checks the rest.

import type { ObjectDefinition } from '../object-definition.ts';
import type { PropertyDefinition } from '../property-definition.ts';
import type { PropertyType } from '../property-type.ts';

interface Schema {
  readonly [keyword: string]: unknown;
}

/** Pattern of an expression, which may replace any value or a part of it. */
const EXPRESSION = String.raw`\$<|&\{`;
const OCTETS: Schema = {
  type: 'object',
  properties: { base64: { type: 'string', contentEncoding: 'base64', pattern: '^[A-Za-z0-9+/]*={0,2}$' } },
  required: ['base64'],
  additionalProperties: false,
};
const ATTRIBUTE_VALUE: Schema = { anyOf: [{ type: ['string', 'number', 'boolean'] }, OCTETS] };
const ATTRIBUTE_NAME = String.raw`^(?:[A-Za-z][A-Za-z0-9-]*|\d+(?:\.\d+)*)(?:;[A-Za-z0-9-]+)*$`;
const ATTRIBUTES: Schema = {
  description: 'Attributes that are no properties, by their LDAP names.',
  type: 'object',
  patternProperties: {
    [ATTRIBUTE_NAME]: oneOrMore(ATTRIBUTE_VALUE),
  },
  additionalProperties: false,
};
/** An entry without a kind. */
const OTHER_ENTRY: Schema = {
  type: 'object',
  description: 'An entry that is of no kind: its DN and its attributes.',
  properties: { dn: { type: 'string', minLength: 1 }, attributes: ATTRIBUTES },
  required: ['dn', 'attributes'],
  additionalProperties: false,
};
const OTHER_NAME = 'other-entry';

/** Returns the schema (draft 7, which editors support) as JSON. */
export function formatJsonSchema(definitions: readonly ObjectDefinition[]): string {
  const kinds = definitions.filter(({ abstract }) => !abstract);
  const reference = (name: string) => ({ $ref: `#/definitions/${name}` });
  const object = { oneOf: [...kinds.map(({ kind }) => reference(kind)), reference(OTHER_NAME)] };
  const schema: Schema = {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'Configuration of confdit',
    description: 'One object of the configuration a document of YAML, or a list of them.',
    anyOf: [reference('object'), { type: 'array', items: reference('object') }],
    definitions: {
      object,
      ...Object.fromEntries(kinds.map((kind) => [kind.kind, schemaOfKind(kind)])),
      [OTHER_NAME]: OTHER_ENTRY,
    },
  };
  return `${JSON.stringify(schema, undefined, 2)}\n`;
}

function schemaOfKind(definition: ObjectDefinition): Schema {
  const { kind, synopsis, location, namingAttribute, properties } = definition;
  const own = properties.filter(({ attribute }) => attribute !== namingAttribute);
  const isOnlyOne = 'at' in location && location.at.length === 1;
  const name: Schema = {
    description: `The name of the ${kind}.`,
    type: ['string', 'number'],
    ...('at' in location ? { enum: location.at.map(nameOfPlace) } : {}),
  };
  const required = own.filter((property) => property.required).map((property) => property.name);
  return {
    type: 'object',
    description: synopsis,
    properties: {
      kind: { const: kind },
      name,
      ...Object.fromEntries(properties.map((property) => [property.name, schemaOfProperty(property)])),
      attributes: ATTRIBUTES,
    },
    required: ['kind', ...(isOnlyOne ? [] : ['name']), ...required],
    additionalProperties: false,
  };
}

/** Returns the value of the leftmost RDN; fixed DNs have plain names. */
function nameOfPlace(dn: string): string {
  return dn.slice(dn.indexOf('=') + 1).split(',', 1)[0] ?? '';
}

function schemaOfProperty(property: PropertyDefinition): Schema {
  const { synopsis, allowed, multiValued, defaultReading } = property;
  const value = schemaOfValue(property);
  const [usual, ...others] = defaultReading.texts;
  const isPlainDefault = usual !== undefined && others.length === 0;
  return {
    description: `${synopsis} ${allowed}.`,
    ...(isPlainDefault ? { default: defaultOf(property, usual) } : {}),
    ...(multiValued ? oneOrMore(value) : value),
  };
}

function defaultOf({ type }: PropertyDefinition, text: string): string | number | boolean {
  if (type.syntax === 'boolean') return text === 'true';
  return type.syntax === 'integer' ? Number(text) : text;
}

function schemaOfValue({ type }: PropertyDefinition): Schema {
  const expression = { type: 'string', pattern: EXPRESSION };
  if (type.words !== undefined) return { anyOf: [{ enum: wordsOf(type, type.words) }, expression] };
  switch (type.syntax) {
    case 'boolean':
      return {
        anyOf: [
          { type: 'boolean' },
          { type: 'string', pattern: `^(?:true|false|TRUE|FALSE)$|${EXPRESSION}` },
        ],
      };
    case 'integer':
      return { anyOf: [integerSchema(type), { type: 'string', pattern: String.raw`^-?\d+$|${EXPRESSION}` }] };
    case 'octetString':
      return { anyOf: [{ type: ['string', 'number'] }, OCTETS] };
    default:
      return { type: ['string', 'number'], minLength: 1 };
  }
}

/** Returns words and, for numbers and Booleans, also their text form. */
function wordsOf({ syntax }: PropertyType<unknown>, words: readonly string[]): readonly unknown[] {
  if (syntax === 'integer') return [...words.map(Number), ...words];
  return syntax === 'boolean' ? [...words.map((word) => word === 'true'), ...words] : words;
}

function integerSchema({ range: { lowest, highest } = {} }: PropertyType<unknown>): Schema {
  return {
    type: 'integer',
    ...(lowest === undefined ? {} : { minimum: lowest }),
    ...(highest === undefined ? {} : { maximum: highest }),
  };
}

function oneOrMore(value: Schema): Schema {
  return { anyOf: [value, { type: 'array', items: value }] };
}
