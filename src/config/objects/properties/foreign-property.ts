// Properties of PingDS's and OpenDJ's objects that have no use here. They are declared so that entries of those
// servers can be added: harmless values are accepted, and values that would promise something are refused with
// advice.

import { property } from '../../property-definition.ts';
import type { BaseSyntaxName } from '../../property-type.ts';
import { fixedValue } from '../../types/fixed-value.ts';
import { unsupported } from '../../types/unsupported.ts';
import { withoutEffect } from '../../types/without-effect.ts';

interface Shape {
  readonly syntax?: BaseSyntaxName;
  readonly multiValued?: boolean;
  /** True if the attribute is multi-valued in OpenDJ's schema and the property is not. */
  readonly multiValuedAttribute?: boolean;
  /** Name of an operational attribute that is not `ds-cfg-` and the property name. */
  readonly operational?: string;
}

const shapeOf = ({ multiValued = false, multiValuedAttribute = multiValued, operational }: Shape) => ({
  multiValued,
  multiValuedAttribute,
  advanced: true,
  ...(operational === undefined ? {} : { attribute: operational, operationalAttribute: true }),
});

/** Declares a property that accepts any value and has no effect. `synopsis` says what it does in those servers. */
export const ignored = <const Name extends string>(
  name: Name,
  oid: string,
  synopsis: string,
  shape: Shape = {},
) =>
  property({
    name,
    oid,
    type: withoutEffect(shape.syntax),
    synopsis: `${synopsis}; kept, without effect.`,
    default: { behaviour: 'It has no effect.' },
    ...shapeOf(shape),
  });

/**
 * Declares a property that accepts only the words for what this server does. `problem` is a predicate of the value.
 */
export const fixed = <const Name extends string>(
  name: Name,
  oid: string,
  facts: Shape & {
    readonly words: readonly [string, ...string[]];
    readonly problem: string;
    readonly synopsis: string;
  },
) =>
  property({
    name,
    oid,
    type: fixedValue({
      words: facts.words,
      problem: facts.problem,
      syntax: facts.syntax ?? 'directoryString',
    }),
    synopsis: facts.synopsis,
    default: { behaviour: `As if it were ${facts.words[0]}.` },
    ...shapeOf(facts),
  });

/** Declares a property that refuses every value. `problem` is a predicate of the value; `advice` says what to do. */
export const refused = <const Name extends string>(
  name: Name,
  oid: string,
  facts: Shape & { readonly problem: string; readonly advice: string; readonly synopsis: string },
) =>
  property({
    name,
    oid,
    type: unsupported({
      problem: facts.problem,
      advice: facts.advice,
      syntax: facts.syntax ?? 'directoryString',
    }),
    synopsis: `${facts.synopsis}; refused.`,
    ...shapeOf(facts),
  });
