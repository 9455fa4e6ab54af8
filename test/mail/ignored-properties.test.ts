// Names in smtp-property that nobody here knows are kept, have no effect, and are told of.

import { expect, it } from 'vitest';
import { LdapTools } from '../support/ldap-tools.ts';
import { startServer } from '../support/start-server.ts';
import { mailServerLdif } from './mail-servers-in-ldif.ts';

const SECRET = 'kanarienvogel-8';

it('an unknown smtp-property is kept, and cn=monitor says that it is ignored', async () => {
  const server = await startServer();
  const tools = new LdapTools(server);
  const ldif = mailServerLdif('One', { 'smtp-server': 'localhost:1' }).trimEnd();
  const values = ['mail.smtp.timeuot=5', 'x.site=1', `x.password=${SECRET}`, 'mail.smtp.timeout=5000'];
  const lines = values.map((value) => `ds-cfg-smtp-property: ${value}`);
  expect(await tools.add(`${ldif}\n${lines.join('\n')}\n`)).toMatchObject({ code: 0 });
  const [stored] = await tools.entries('cn=One,cn=Mail Servers,cn=config', '-s', 'base');
  expect(stored?.values('ds-cfg-smtp-property')).toContain('mail.smtp.timeuot=5');
  const [monitored] = await tools.entries(
    'cn=One,cn=mail,cn=monitor',
    '-s',
    'base',
    '(objectClass=*)',
    '*',
    '+',
  );
  expect(monitored?.values('ds-mon-mail-ignored-property').toSorted()).toEqual([
    'mail.smtp.timeuot (is mail.smtp.timeout meant?)',
    'x.password',
    'x.site',
  ]);
  await server.stop();
});
