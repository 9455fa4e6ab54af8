// `java-class`, which PingDS and OpenDJ need for everything that can be plugged in. Nothing is plugged in here: the
// name they give is kept, so that their LDIF can be added as it is, and another class is refused.

import { opendjAttribute } from '../../object-identifiers.ts';
import { type PropertyDefinition, type PropertyFacts, property } from '../../property-definition.ts';
import type { PropertyType } from '../../property-type.ts';
import { keptWord } from '../../types/kept-word.ts';

type JavaClassFacts = PropertyFacts & {
  readonly name: 'java-class';
  readonly type: PropertyType<string>;
  readonly default: readonly string[];
};

/** Takes the names PingDS and OpenDJ have for the class, the usual one first. */
export function javaClassProperty(
  ...classes: readonly [string, ...string[]]
): PropertyDefinition & JavaClassFacts {
  const facts: JavaClassFacts = {
    name: 'java-class',
    oid: opendjAttribute(1),
    type: keptWord({
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
