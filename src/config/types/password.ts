// The password of an administrator. Only the values of stored-password.ts are stored, so clear text never decodes.

import { SECRET_STARS } from '../../ldap/issue.ts';
import { parseStored, preparedProblem } from '../passwords/stored-password.ts';
import { type PropertyType, propertyType } from '../property-type.ts';
import { Secret } from '../secret.ts';

/** Returns the type of a password. */
export function password(): PropertyType<Secret> {
  return propertyType({
    name: 'password',
    syntax: 'octetString',
    caseSensitive: true,
    secret: true,
    hashed: true,
    allowed:
      'A password; it is hashed before it is stored. A strong hash in the format of another server is kept as it is',
    parse(text) {
      if (parseStored(text)?.isStrong === true) return { value: new Secret(text) };
      const refused = parseStored(text) === undefined ? undefined : preparedProblem(text, 'strong');
      return (
        refused ?? {
          problem: 'is not a password hash this server knows',
          advice: 'Set the password through the server, which stores it as {SCRYPT} and {SCRAM-SHA-256}.',
        }
      );
    },
    format: (value) => value.reveal(),
    show: () => SECRET_STARS,
  });
}
