// Objects as the text of YAML or JSON, in one form: kind, name, properties by name, then other attributes.

import { Document, isMap, Scalar } from 'yaml';
import type { Entry } from '../../ldap/entry.ts';
import { visibleLine } from '../../ldap/visible-text.ts';
import { NO_COMMENTS, type RecordComments } from './document.ts';
import { type ConfigurationObjectText, type ObjectValue, objectOfEntry } from './object-entry.ts';
import { putComments } from './yaml-comments.ts';

/** Lines are not folded. */
export const YAML_TEXT = { lineWidth: 0 } as const;

/** Returns one document of YAML, with its line end. */
export function formatYamlEntry(entry: Entry, comments: RecordComments = NO_COMMENTS): string {
  const document = new Document(plainObject(objectOfEntry(entry), scalarOf));
  if (isMap(document.contents)) putComments(document.contents, comments);
  return document.toString(YAML_TEXT);
}

/** Returns the text of one object of JSON, without a line end. */
export function formatJsonEntry(entry: Entry): string {
  return JSON.stringify(
    plainObject(objectOfEntry(entry), (value) => value),
    undefined,
    2,
  );
}

/** Returns a value as it is written: in double quotes where it has what nobody sees. */
export function scalarOf(value: ObjectValue): unknown {
  if (typeof value !== 'string') return value;
  const scalar = new Scalar(value);
  if (visibleLine(value) !== value) scalar.type = Scalar.QUOTE_DOUBLE;
  return scalar;
}

function plainObject(
  { kind, name, dn, properties, attributes }: ConfigurationObjectText,
  written: (value: ObjectValue) => unknown,
): object {
  const fields = (values: ReadonlyMap<string, readonly ObjectValue[]>) =>
    Object.fromEntries([...values].map(([key, all]) => [key, oneOrList(all.map(written))]));
  return {
    ...(kind === undefined ? {} : { kind }),
    ...(name === undefined ? {} : { name: written(name) }),
    ...(dn === undefined ? {} : { dn: written(dn) }),
    ...fields(properties),
    ...(attributes.size === 0 ? {} : { attributes: fields(attributes) }),
  };
}

function oneOrList(values: readonly unknown[]): unknown {
  return values.length === 1 ? values[0] : values;
}
