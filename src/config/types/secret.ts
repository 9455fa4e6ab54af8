// A password, PIN or key that must be kept readable because somebody else's server asks for it.

import { SECRET_STARS } from '../../ldap/issue.ts';
import { type PropertyType, propertyType } from '../property-type.ts';
import { Secret } from '../secret.ts';
import { unsendableCharacterProblem } from './control-characters.ts';

/** Whoever may not read a secret sees stars, and may send back what was seen. */
export const STARS_WRITTEN = {
  problem: 'is what is shown in place of a secret, not the secret itself',
  advice: 'Write the secret, or leave the property as it is.',
} as const;

/** @param isSent whether it goes to a mail server, which takes no line end, NUL or ESC. */
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
