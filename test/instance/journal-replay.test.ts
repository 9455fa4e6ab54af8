// The journal is LDIF: what one server wrote down, ldapmodify makes happen again in another. Secrets in it are encrypted for that
// server alone; whoever has them gives them again.

import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { LdapTools } from '../support/ldap-tools.ts';
import { startServer } from '../support/start-server.ts';

const MAIL_SERVERS = 'cn=Mail Servers,cn=config';
const SECRET = `${'a long password '.repeat(20)}.`;
const CHANGES = `dn: cn=Kept,${MAIL_SERVERS}
changetype: add
objectClass: ds-cfg-mail-server
cn: Kept
ds-cfg-enabled: true
ds-cfg-smtp-server: $<kept.host|kept.example.com>:587
ds-cfg-smtp-property: mail.smtp.timeout=5000
ds-cfg-smtp-property:: YT3DpA==

dn: cn=Gone,${MAIL_SERVERS}
changetype: add
objectClass: ds-cfg-mail-server
cn: Gone
ds-cfg-enabled: $<gone.enabled|false>
ds-cfg-smtp-server: gone.example.com

dn: cn=Kept,${MAIL_SERVERS}
changetype: modify
delete: ds-cfg-smtp-property
ds-cfg-smtp-property: mail.smtp.timeout=5000
-
add: ds-cfg-auth-username
ds-cfg-auth-username: mail.user
-
add: ds-cfg-auth-password
ds-cfg-auth-password: ${SECRET}

dn: cn=Gone,${MAIL_SERVERS}
changetype: delete
`;

it('the journal of one server, given to ldapmodify, makes another the same', async () => {
  const first = await startServer();
  const tools = new LdapTools(first);
  const changed = await tools.modify(CHANGES);
  expect(changed.code, changed.stderr).toBe(0);
  const journal = await journalOf(first.folder);

  const second = await startServer({ password: 'another-password-2' });
  const encrypted = /^ds-cfg-auth-password: \{AES256-GCM\}.*$/m;
  expect(journal).toMatch(encrypted);
  // When the first password was set is the first server's to say: the second one sets its own time.
  const state = /^replace: pwdChangedTime\n(?:pwdChangedTime: .*\n)?-\n/gm;
  expect(journal).toMatch(state);
  const clear = journal.replace(encrypted, `ds-cfg-auth-password: ${SECRET}`).replace(state, '');
  const replayed = await new LdapTools(second).modify(clear);
  expect(replayed.code, replayed.stderr).toBe(0);
  // The first change of the journal is the password of the first server.
  const same = new LdapTools({ url: second.url, password: first.password });
  expect(await everything(same)).toEqual(await everything(tools));
});

async function journalOf(instance: string): Promise<string> {
  const folder = join(instance, 'config/journal');
  const names = (await readdir(folder)).sort();
  expect(names).toHaveLength(1);
  return readFile(join(folder, names[0] ?? ''), 'utf8');
}

async function everything(tools: LdapTools): Promise<string[]> {
  const { code, stdout, stderr } = await tools.search('cn=config');
  expect(code, stderr).toBe(0);
  expect(stdout).toContain(`dn: cn=Kept,${MAIL_SERVERS}`);
  return stdout.trim().split('\n\n').sort();
}
