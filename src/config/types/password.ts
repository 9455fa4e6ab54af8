// An administrator's own password: only its hash is stored (password-hash.ts), so clear text never decodes.

import { isHashedPassword } from '../password-hash.ts';
import { type PropertyType, propertyType } from '../property-type.ts';
import { SECRET_STARS, Secret } from '../secret.ts';

export function password(): PropertyType<Secret> {
  return propertyType({
    name: 'password',
    syntax: 'octetString',
    caseSensitive: true,
    secret: true,
    hashed: true,
    allowed: 'A password; it is hashed before it is stored',
    parse(text) {
      if (isHashedPassword(text)) return { value: new Secret(text) };
      return {
        problem: 'is not a password hash this server knows',
        advice: 'Set the password through the server, which stores it as {SCRYPT}.',
      };
    },
    format: (value) => value.reveal(),
    show: () => SECRET_STARS,
  });
}
