// An administrator's own password: only what stored-password.ts makes of it is stored, so clear text never decodes.

import { type PropertyType, propertyType } from '../property-type.ts';
import { SECRET_STARS, Secret } from '../secret.ts';
import { isStoredPassword } from '../stored-password.ts';

export function password(): PropertyType<Secret> {
  return propertyType({
    name: 'password',
    syntax: 'octetString',
    caseSensitive: true,
    secret: true,
    hashed: true,
    allowed: 'A password; it is hashed before it is stored',
    parse(text) {
      if (isStoredPassword(text)) return { value: new Secret(text) };
      return {
        problem: 'is not a password hash this server knows',
        advice: 'Set the password through the server, which stores it as {SCRYPT} and {SCRAM-SHA-256}.',
      };
    },
    format: (value) => value.reveal(),
    show: () => SECRET_STARS,
  });
}
