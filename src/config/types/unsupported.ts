// Properties that configurations written for PingDS or OpenDJ may have and that cannot mean anything here. They are
// declared, so that whoever sets one reads why it is refused and what to write in its place.

import { type BaseSyntaxName, type PropertyType, propertyType } from '../property-type.ts';

export interface Unsupported {
  /** To be read after the value: `names a provider of a Java runtime, …`. */
  readonly problem: string;
  /** A sentence of its own: what to write in its place. */
  readonly advice: string | ((text: string) => string);
  readonly syntax?: BaseSyntaxName;
}

const CHARACTERS_SHOWN_MAX = 100;

export function unsupported({
  problem,
  advice,
  syntax = 'directoryString',
}: Unsupported): PropertyType<never> {
  return propertyType<never>({
    name: 'unsupported',
    syntax,
    allowed: 'No value: the property is known for its reason to be refused',
    parse(text) {
      return {
        problem,
        advice: typeof advice === 'string' ? advice : advice(shorten(text)),
        code: 'unwillingToPerform',
      };
    },
  });
}

/** As much of the value as an advice may repeat. */
function shorten(text: string): string {
  const plain = text.replaceAll(/\p{Cc}/gu, ' ');
  return plain.length > CHARACTERS_SHOWN_MAX ? `${plain.slice(0, CHARACTERS_SHOWN_MAX)}…` : plain;
}
