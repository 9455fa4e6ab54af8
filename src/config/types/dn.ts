// Names of entries: any entry, or (a reference) an object of one kind. Whether the entry is there, of that kind and
// enabled is for the property validator, which sees the tree.

import { Dn } from '../../ldap/dn.ts';
import { LdapError } from '../../ldap/ldap-error.ts';
import { type Parsed, type PropertyType, propertyType } from '../property-type.ts';

export function dn(): PropertyType<Dn> {
  return propertyType({ name: 'DN', syntax: 'dn', allowed: 'A distinguished name', parse: parseDn });
}

/** @param target the kind of object referred to, `trust-manager-provider`; objects of its sub-kinds are of it too. */
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
