// Unsupported properties of configurations written for PingDS or OpenDJ. They are declared so that the refusal can
// give the reason and the alternative.

import { type BaseSyntaxName, type PropertyType, propertyType } from '../property-type.ts';

export interface Unsupported {
  /** Predicate of the value: `names a provider of a Java runtime, …`. */
  readonly problem: string;
  /** Sentence: the alternative. */
  readonly advice: string | ((text: string) => string);
  readonly syntax?: BaseSyntaxName;
}

const CHARACTERS_SHOWN_MAX = 100;

/** Returns the type of an unsupported property, which refuses every value. */
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

/** Shortens a value for an advice. */
function shorten(text: string): string {
  const plain = text.replaceAll(/\p{Cc}/gu, ' ');
  return plain.length > CHARACTERS_SHOWN_MAX ? `${plain.slice(0, CHARACTERS_SHOWN_MAX)}…` : plain;
}
