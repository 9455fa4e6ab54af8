// A password, PIN or key that must be stored in readable form, because another server asks for it.

import { SECRET_STARS } from '../../ldap/issue.ts';
import { type PropertyType, propertyType } from '../property-type.ts';
import { Secret } from '../secret.ts';
import { unsendableCharacterProblem } from './control-characters.ts';

/** Refusal of stars: a client that may not read a secret gets stars and may send them back. */
export const STARS_WRITTEN = {
  problem: 'is what is shown in place of a secret, not the secret itself',
  advice: 'Write the secret, or leave the property as it is.',
} as const;

/**
 * Returns the type of a secret.
 * @param isSent True if it is sent to a mail server, which accepts no line end, NUL or ESC.
 */
export function secret({ isSent = false }: { readonly isSent?: boolean } = {}): PropertyType<Secret> {
  return propertyType({
    name: 'secret',
    syntax: 'octetString',
    caseSensitive: true,
    secret: true,
    allowed: 'A string',
    parse(text) {
      if (text === '') return { problem: 'is empty', advice: 'Write the secret, or leave the property out.' };
      if (text === SECRET_STARS) return STARS_WRITTEN;
      const value = new Secret(text);
      const unsendable = isSent ? unsendableCharacterProblem(text) : undefined;
      return unsendable === undefined ? { value } : { ...unsendable, outdated: { value } };
    },
    format: (value) => value.reveal(),
    show: () => SECRET_STARS,
  });
}
