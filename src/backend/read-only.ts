// The refusal of a change in a tree that nobody can change, with what to do instead.

import type { Dn } from '../ldap/dn.ts';
import { LdapError } from '../ldap/ldap-error.ts';

/** Advice of trees that cannot be changed, a sentence or two. */
export const Instead = {
  rootDse: 'What it shows follows from the entries under cn=config; change those.',
  schema:
    'To add definitions, put an LDIF file into the folder schema of the instance and start the server again.',
  effective: 'Change the entry of the same name under cn=config.',
  monitor:
    'It shows what the server does, and nothing in it can be set. What decides it is under cn=config; to start something, ' +
    'add a task under cn=tasks.',
  changelog:
    'What has happened stays. To take a change back use confdit rollback, or change the entries under cn=config.',
} as const;

/** Returns 53 for a tree of this name. */
export function readOnly(base: Dn, instead: string): LdapError {
  return new LdapError('unwillingToPerform', `${base.toString() || 'The root DSE'} is read only. ${instead}`);
}
