// Accounts of a test: what they are in LDIF, and the requests that are about their passwords.

import { extendedRequest, octets, sequence } from './ber-bytes.ts';

export const ROOT_DNS = 'cn=Root DNs,cn=config';
const PASSWORD_MODIFY = '1.3.6.1.4.1.4203.1.11.1';

export interface AccountFacts {
  readonly password?: string;
  readonly privileges?: readonly string[];
  readonly lines?: readonly string[];
}

export function accountDn(name: string): string {
  return `cn=${name},${ROOT_DNS}`;
}

export function accountLdif(name: string, { password, privileges = [], lines = [] }: AccountFacts): string {
  return [
    `dn: ${accountDn(name)}`,
    'objectClass: top',
    'objectClass: person',
    'objectClass: ds-cfg-root-dn-user',
    `cn: ${name}`,
    `sn: ${name}`,
    ...(password === undefined ? [] : [`userPassword: ${password}`]),
    ...privileges.map((privilege) => `ds-privilege-name: ${privilege}`),
    ...lines,
    '',
  ].join('\n');
}

/** Password Modify (RFC 3062 §2); what is undefined is left out. */
export function passwordModifyRequest(fields: { user?: string; old?: string; new?: string }): Buffer {
  const part = (text: string | undefined, tag: number) => (text === undefined ? [] : [octets(text, tag)]);
  const value = sequence(...part(fields.user, 0x80), ...part(fields.old, 0x81), ...part(fields.new, 0x82));
  return extendedRequest(PASSWORD_MODIFY, value);
}
