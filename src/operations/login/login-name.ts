// What a name that somebody logs in with is called before anybody has proved anything. It depends on the name alone, never on
// which accounts there are: failures are counted by it and SCRAM's made-up salts are derived from it, so neither tells
// names that somebody has from names that nobody has.

import { Container } from '../../config/objects/properties/places.ts';
import { Dn } from '../../ldap/dn.ts';
import { LdapError } from '../../ldap/ldap-error.ts';

type KeyOf = (dn: string) => string;

const DN_FORM = 'dn:';
const NAME_FORM = 'u:';
/** One RDN of one attribute, as keys are written. */
const UID_KEY = /^uid=((?:[^,+\\]|\\.)*)$/;

/**
 * Returns one key for all spellings of a name: `admin`, `u:admin`, `uid=admin`, `cn=admin,cn=Root DNs,cn=config` and
 * `dn:` with any of these DNs, whatever the case and the escapes. What is no name stays as it is.
 */
export function canonicalName(name: string, keyOf: KeyOf): string {
  const form = name.toLowerCase();
  const isDnForm = form.startsWith(DN_FORM);
  const rest = isDnForm
    ? name.slice(DN_FORM.length)
    : form.startsWith(NAME_FORM)
      ? name.slice(NAME_FORM.length)
      : name;
  try {
    return canonicalKey(rest.includes('=') || isDnForm ? keyOf(rest) : keyOf(uidOf(rest)), keyOf);
  } catch (error) {
    if (error instanceof LdapError) return name;
    throw error;
  }
}

/** Returns the canonical key for the key of a DN. */
export function canonicalKey(key: string, keyOf: KeyOf): string {
  const [, value] = UID_KEY.exec(key) ?? [];
  return value === undefined ? key : `cn=${value},${keyOf(Container.rootDns)}`;
}

function uidOf(name: string): string {
  return new Dn([[{ type: 'uid', value: name }]]).toString();
}
