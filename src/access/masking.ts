// What somebody sees who may not read secrets: stars in their place, in the attributes of entries and of changes.

import type { Change } from '../ldap/change.ts';
import type { Attribute } from '../ldap/entry.ts';
import { SECRET_STARS } from '../ldap/issue.ts';
import { typeKeyOf } from '../schema/attribute-selector.ts';
import type { Schema } from '../schema/schema.ts';

/** Values that must not be seen without the privilege: attributes as a whole, and some values of others. */
export interface SecretValues {
  readonly secretAttributes: ReadonlySet<string>;
  readonly mixedAttributes: ReadonlySet<string>;
  /** The value as everybody may see it. */
  show(key: string, value: string): string;
}

/**
 * Returns the attribute with stars for each secret; the attribute itself where it holds none.
 * @param typeKey the key of its type
 */
export function maskAttribute(
  attribute: Attribute,
  secrets: SecretValues,
  typeKey: string = typeKeyOf(attribute.key),
): Attribute {
  if (secrets.secretAttributes.has(typeKey))
    return attribute.withValues(attribute.values.map(() => SECRET_STARS));
  if (!secrets.mixedAttributes.has(typeKey)) return attribute;
  const shown = attribute.values.map((value) => secrets.show(typeKey, value));
  return shown.every((value, index) => value === attribute.values[index])
    ? attribute
    : attribute.withValues(shown);
}

/** Returns the change with stars for each secret. */
export function maskChange(change: Change, schema: Schema, secrets: SecretValues): Change {
  const mask = (attribute: Attribute) =>
    maskAttribute(attribute, secrets, schema.describe(attribute.description)?.type.key);
  if (change.type === 'add') {
    return { ...change, entry: change.entry.withAttributes(change.entry.attributes.map(mask)) };
  }
  if (change.type !== 'modify') return change;
  const modifications = change.modifications.map((one) => ({ ...one, attribute: mask(one.attribute) }));
  return { ...change, modifications };
}
