// The property `enabled` of most kinds: one attribute, with a synopsis for each kind.

import { opendjAttribute } from '../../object-identifiers.ts';
import { type PropertyDefinition, type PropertyFacts, property } from '../../property-definition.ts';
import type { PropertyType } from '../../property-type.ts';
import { boolean } from '../../types/boolean.ts';

type EnabledFacts = PropertyFacts & {
  readonly name: 'enabled';
  readonly type: PropertyType<boolean>;
  readonly required: true;
};

/**
 * Declares the property.
 * @param synopsis Sentence that says what enabling means for this kind.
 */
export function enabledProperty(synopsis: string): PropertyDefinition & EnabledFacts {
  const facts: EnabledFacts = {
    name: 'enabled',
    oid: opendjAttribute(2),
    type: boolean(),
    required: true,
    synopsis,
  };
  return property(facts);
}
