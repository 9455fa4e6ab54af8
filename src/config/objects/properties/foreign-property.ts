// Properties that PingDS's and OpenDJ's objects have and this server's have no use for. They are known, so that entries
// of those servers can be added: what is harmless is kept, and what would promise something is refused with what to do.

import { property } from '../../property-definition.ts';
import type { BaseSyntaxName } from '../../property-type.ts';
import { keptWord } from '../../types/kept-word.ts';
import { unsupported } from '../../types/unsupported.ts';
import { withoutEffect } from '../../types/without-effect.ts';

interface Shape {
  readonly syntax?: BaseSyntaxName;
  readonly multiValued?: boolean;
  /** Whether only the attribute may have several values, as OpenDJ's schema has it. */
  readonly multiValuedAttribute?: boolean;
  /** The attribute and that it is operational, where it is not `ds-cfg-` and the name. */
  readonly operational?: string;
}

const shapeOf = ({ multiValued = false, multiValuedAttribute = multiValued, operational }: Shape) => ({
  multiValued,
  multiValuedAttribute,
  advanced: true,
  ...(operational === undefined ? {} : { attribute: operational, operationalAttribute: true }),
});

/** Any value is kept and changes nothing. `synopsis` says what it is there for in those servers. */
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

/** Only the words that agree with what this server does are kept. `problem` is read after the value. */
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
    type: keptWord({ words: facts.words, problem: facts.problem, syntax: facts.syntax ?? 'directoryString' }),
    synopsis: facts.synopsis,
    default: { behaviour: `As if it were ${facts.words[0]}.` },
    ...shapeOf(facts),
  });

/** Every value is refused: `problem` is read after it, `advice` says what to do. */
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
