// A change as somebody sees it who may not read secrets: stars in their place.

import { SECRET_STARS } from '../config/secret.ts';
import type { Change } from '../ldap/change.ts';
import type { Attribute } from '../ldap/entry.ts';
import type { Schema } from '../schema/schema.ts';
import type { SecretValues } from './entry-views.ts';

export function maskChange(change: Change, schema: Schema, secrets: SecretValues): Change {
  const mask = (attribute: Attribute): Attribute => {
    const key = schema.describe(attribute.description)?.type.key ?? attribute.key.split(';', 1)[0] ?? '';
    if (secrets.secretAttributes.has(key))
      return attribute.withValues(attribute.values.map(() => SECRET_STARS));
    if (!secrets.mixedAttributes.has(key)) return attribute;
    return attribute.withValues(attribute.values.map((value) => secrets.show(key, value)));
  };
  switch (change.type) {
    case 'add':
      return { ...change, entry: change.entry.withAttributes(change.entry.attributes.map(mask)) };
    case 'modify':
      return {
        ...change,
        modifications: change.modifications.map(({ operation, attribute }) => ({
          operation,
          attribute: mask(attribute),
        })),
      };
    default:
      return change;
  }
}
