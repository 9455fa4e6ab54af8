// What a server says of itself to the program that has started it: what runs, and no secret.

import { writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Authority } from '../support/certificates.ts';
import { LdapTools } from '../support/ldap-tools.ts';
import { type RunningServer, startServer } from '../support/start-server.ts';

const PASSWORD = 'canary-of-the-description';
const MAIL_SERVER = `dn: cn=One,cn=Mail Servers,cn=config
objectClass: ds-cfg-mail-server
cn: One
ds-cfg-enabled: true
ds-cfg-smtp-server: 127.0.0.1:2525
ds-cfg-use-start-tls: false
ds-cfg-verification-interval: 1 h
ds-cfg-auth-username: user
ds-cfg-auth-password: ${PASSWORD}
`;

let server: RunningServer;
let tools: LdapTools;
let authority: Authority;

beforeAll(async () => {
  authority = await Authority.create();
  server = await startServer({ isDescribed: true });
  tools = new LdapTools(server);
});

afterAll(() => authority.remove());

async function part(kind: string, name: string, key = 'a'): Promise<string[]> {
  const parts = await server.describe(key);
  const found = parts.filter((one) => one.kind === kind && one.key?.startsWith(`cn=${name},`) === true);
  return found.map(({ facts }) => JSON.stringify(facts));
}

describe('a server that is asked what runs', () => {
  it('names each mail server with its plan and its verification, until it is gone', async () => {
    expect(await part('mail-server', 'one')).toEqual([]);
    expect(await tools.add(MAIL_SERVER)).toMatchObject({ code: 0 });
    const [facts = '', verification] = await part('mail-server', 'one');
    expect(facts).toContain('"isEnabled":true');
    expect(facts).toContain('"host":"127.0.0.1","port":2525,"encryption":"none"');
    expect(verification).toBe('{"verifiedEveryMs":3600000}');
    expect(await tools.delete('cn=One,cn=Mail Servers,cn=config')).toMatchObject({ code: 0 });
    expect(await part('mail-server', 'one')).toEqual([]);
  });

  it('tells equal secrets from others by digests that depend on the key, and shows none', async () => {
    expect(await tools.add(MAIL_SERVER)).toMatchObject({ code: 0 });
    const before = await part('mail-server', 'one');
    expect(JSON.stringify(before)).not.toContain(PASSWORD);
    expect(await part('mail-server', 'one')).toEqual(before);
    expect(await part('mail-server', 'one', 'b')).not.toEqual(before);
    const change = `dn: cn=One,cn=Mail Servers,cn=config
changetype: modify
replace: ds-cfg-auth-password
ds-cfg-auth-password: ${PASSWORD}-2
`;
    expect(await tools.modify(change)).toMatchObject({ code: 0 });
    expect(await part('mail-server', 'one')).not.toEqual(before);
    expect(JSON.stringify(await server.describe('a'))).not.toContain(server.password);
  });

  it('names the certificate that a listener shows', async () => {
    const before = await part('ldap-connection-handler', 'ldaps');
    expect(before.join()).toMatch(/"certificates":\["[0-9A-F:]{95}"\]/);
    const { pem } = await authority.issue();
    await writeFile(`${server.folder}/config/keys/server.pem`, pem, { mode: 0o600 });
    process.kill(server.pid, 'SIGHUP');
    await server.waitForLog(({ msg }) => msg === 'reloaded');
    const after = await part('ldap-connection-handler', 'ldaps');
    expect(after.join()).toMatch(/"certificates":\["[0-9A-F:]{95}/);
    expect(after).not.toEqual(before);
  });
});
