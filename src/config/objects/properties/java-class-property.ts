// `java-class`, which PingDS and OpenDJ require for pluggable objects. This server has no plug-ins: the names of
// those servers are accepted, so that their LDIF can be added unchanged, and other classes are refused.

import { opendjAttribute } from '../../object-identifiers.ts';
import { type PropertyDefinition, type PropertyFacts, property } from '../../property-definition.ts';
import type { PropertyType } from '../../property-type.ts';
import { fixedValue } from '../../types/fixed-value.ts';

type JavaClassFacts = PropertyFacts & {
  readonly name: 'java-class';
  readonly type: PropertyType<string>;
  readonly default: readonly string[];
};

/** Declares the property. Takes the class names of PingDS and OpenDJ, the usual one first. */
export function javaClassProperty(
  ...classes: readonly [string, ...string[]]
): PropertyDefinition & JavaClassFacts {
  const facts: JavaClassFacts = {
    name: 'java-class',
    oid: opendjAttribute(1),
    type: fixedValue({
      words: classes,
      caseSensitive: true,
      problem: 'names a Java class, and this server runs none but has what the object needs built in',
    }),
    default: [classes[0]],
    advanced: true,
    synopsis: 'The class that implements the object in PingDS and OpenDJ; kept, without effect.',
  };
  return property(facts);
}
