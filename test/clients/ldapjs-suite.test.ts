// The tests that ldapjs brings for itself, run against this server as they are. They are written for an OpenLDAP with
// people of a suffix in it; here a memory backend holds them.

import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, expect, it } from 'vitest';
import { backendLdif } from '../memory/memory-backend-support.ts';
import { LdapTools, runProgram } from '../support/ldap-tools.ts';
import { type RunningServer, startServer } from '../support/start-server.ts';
import { scriptPath } from './client-script.ts';

const SUITE = fileURLToPath(new URL('../../node_modules/ldapjs/test-integration/client/', import.meta.url));
/** Needs password policy (draft-behera), which this server does not have: passwords do not expire. */
const NOT_FOR_US: ReadonlySet<string> = new Set(['issue-946.test.js']);
const SUFFIX = 'dc=planetexpress,dc=com';
const MEMBERS = 2000;

/** The class of groups that the tests look for. */
const SCHEMA = `dn: cn=schema
objectClass: top
objectClass: ldapSubentry
objectClass: subschema
objectClasses: ( 1.3.6.1.4.1.32473.2.2 NAME 'group' SUP top STRUCTURAL MUST cn MAY member )
`;

/** Who administers the suffix there is an administrator of this server, under that name too. */
const ADMINISTRATOR = `dn: cn=planetexpress,cn=Root DNs,cn=config
objectClass: person
objectClass: ds-cfg-root-dn-user
sn: planetexpress
userPassword: GoodNewsEveryone
ds-cfg-alternate-bind-dn: cn=admin,${SUFFIX}
ds-privilege-name: bypass-acl
ds-privilege-name: privilege-change
`;

function peopleLdif(): string {
  const person = (name: string, more: string, unit = 'people') =>
    `dn: cn=${name},ou=${unit},${SUFFIX}\nobjectClass: inetOrgPerson\n${more}\n`;
  const unit = (name: string) => `dn: ou=${name},${SUFFIX}\nobjectClass: organizationalUnit\nou: ${name}\n`;
  const large = Array.from({ length: MEMBERS }, (_, index) => `large${index + 1}`);
  return [
    `dn: ${SUFFIX}\nobjectClass: domain\ndc: planetexpress\n`,
    ...['people', 'テスト', 'large_ou'].map(unit),
    person('Philip J. Fry', 'sn: Fry\nuserPassword: fry\n'),
    person('Turanga Leela', 'sn: Turanga\nuserPassword: leela\n'),
    person('Bender Bending Rodríguez', 'sn: Rodríguez\nuserPassword: bender\n'),
    person('jdoe', 'cn: John\ncn: jdoe\nsn: Doe\n', 'テスト'),
    ...large.map((name) => person(name, `sn: ${name}\n`, 'large_ou')),
    `dn: cn=large_group,ou=large_ou,${SUFFIX}\nobjectClass: group\ncn: large_group\n${large
      .map((name) => `member: cn=${name},ou=large_ou,${SUFFIX}\n`)
      .join('')}`,
  ].join('\n');
}

let server: RunningServer;

beforeAll(async () => {
  server = await startServer({
    files: { 'schema/99-planetexpress.ldif': SCHEMA, 'planetexpress.ldif': peopleLdif() },
  });
  const tools = new LdapTools(server);
  const backend = backendLdif('ds-cfg-ldif-file: planetexpress.ldif\n', 'planetexpress', SUFFIX);
  for (const ldif of [ADMINISTRATOR, backend]) {
    const { code, stderr } = await tools.add(ldif);
    expect(code, stderr).toBe(0);
  }
});

it.each(readdirSync(SUITE).filter((file) => file.endsWith('.test.js') && !NOT_FOR_US.has(file)))(
  '%s',
  async (file) => {
    const environment = {
      PATH: process.env.PATH,
      PORT: String(server.port),
      // Where the tests find what stands in for their runner.
      NODE_PATH: scriptPath('ldapjs-suite'),
    };
    const { code, stdout, stderr } = await runProgram(process.execPath, [join(SUITE, file)], '', environment);
    expect(code, `${stdout}${stderr}`).toBe(0);
    expect(stdout).toMatch(/^. pass [1-9]/m);
  },
);
