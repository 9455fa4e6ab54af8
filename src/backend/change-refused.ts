// One of several changes that are made together is at fault.

import type { LdapError } from '../ldap/ldap-error.ts';

export class ChangeRefused extends Error {
  readonly refusal: LdapError;
  /** Which of the changes, from 0. */
  readonly index: number;

  constructor(refusal: LdapError, index: number) {
    super(refusal.message, { cause: refusal });
    this.name = 'ChangeRefused';
    this.refusal = refusal;
    this.index = index;
  }
}
