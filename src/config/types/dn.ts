// DNs: of any entry, or (a reference) of an object of one kind. The property validator checks that the entry exists,
// has the kind and is enabled.

import { Dn } from '../../ldap/dn.ts';
import { LdapError } from '../../ldap/ldap-error.ts';
import { type Parsed, type PropertyType, propertyType } from '../property-type.ts';

/** Returns the type of a DN. */
export function dn(): PropertyType<Dn> {
  return propertyType({ name: 'DN', syntax: 'dn', allowed: 'A distinguished name', parse: parseDn });
}

/**
 * Returns the type of a reference.
 * @param target Kind of the target, `trust-manager-provider`; its sub-kinds are allowed too.
 */
export function reference(target: string): PropertyType<Dn> {
  return propertyType({
    name: 'reference',
    syntax: 'dn',
    allowed: `The DN of an existing ${target}`,
    target,
    parse: parseDn,
  });
}

function parseDn(text: string): Parsed<Dn> {
  try {
    const value = Dn.parse(text);
    return value.isRoot
      ? { problem: 'is empty', advice: 'Write the full DN, or leave the property out.' }
      : { value };
  } catch (error) {
    if (!(error instanceof LdapError)) throw error;
    return {
      problem: 'is not a DN',
      advice: 'Write the full DN, such as cn=Example,cn=Mail Servers,cn=config.',
    };
  }
}
