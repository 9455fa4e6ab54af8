// A server with a memory backend of people, for the tests of it.

import type { LdapTools } from '../support/ldap-tools.ts';

export const SUFFIX = 'dc=example,dc=com';
export const PEOPLE = `ou=People,${SUFFIX}`;
export const GROUPS = `ou=Groups,${SUFFIX}`;
export const BACKEND = 'ds-cfg-backend-id=people,cn=Backends,cn=config';

/** What is added to make one; `more` are further lines. */
export function backendLdif(more = '', id = 'people', base = SUFFIX): string {
  return `dn: ds-cfg-backend-id=${id},cn=Backends,cn=config
objectClass: ds-cfg-memory-backend
ds-cfg-backend-id: ${id}
ds-cfg-base-dn: ${base}
ds-cfg-enabled: true
${more}`;
}

export const PEOPLE_LDIF = `dn: ${SUFFIX}
objectClass: domain
dc: example
description: the suffix

dn: ${PEOPLE}
objectClass: organizationalUnit
ou: People

dn: ${GROUPS}
objectClass: organizationalUnit
ou: Groups

dn: uid=ada,${PEOPLE}
objectClass: inetOrgPerson
objectClass: posixAccount
uid: ada
cn: Ada Lovelace
cn;lang-fr: Ada de Lovelace
cn;lang-en-GB: Ada, Countess of Lovelace
sn: Lovelace
userPassword: enchantress of numbers
uidNumber: 1815
gidNumber: 100
homeDirectory: /srv/ada
mail: ada@example.com
userCertificate;binary:: MIIBAgME

dn: uid=grace,${PEOPLE}
objectClass: inetOrgPerson
uid: grace
cn: Grace Hopper
sn: Hopper

dn: cn=pioneers,${GROUPS}
objectClass: groupOfNames
cn: pioneers
member: uid=ada,${PEOPLE}
member: uid=grace,${PEOPLE}
`;

/** Adds the backend and the people; a refusal fails the test. */
export async function addPeople(tools: LdapTools, more = ''): Promise<void> {
  for (const ldif of [backendLdif(more), PEOPLE_LDIF]) {
    const { code, stderr } = await tools.add(ldif);
    if (code !== 0) throw new Error(`ldapadd ended with ${code}: ${stderr}`);
  }
}

/** The names an ldapsearch printed. */
export function namesIn(stdout: string): string[] {
  return [...stdout.matchAll(/^dn: (.*)$/gm)].map(([, dn = '']) => dn);
}
