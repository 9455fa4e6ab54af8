// An alert on its way through Debian's Postfix: STARTTLS, a login, and a message that arrives whole.

import { afterAll, expect, it } from 'vitest';
import { Authority } from '../support/certificates.ts';
import { LdapTools } from '../support/ldap-tools.ts';
import { endAgents } from '../support/mail/mail-transfer-agent.ts';
import { startPostfix } from '../support/mail/postfix.ts';
import { startServer } from '../support/start-server.ts';
import { mailServerLdif, TRUST, trustOf } from './mail-servers-in-ldif.ts';

const USER = { name: 'alice', password: 'canary-Aezah3ph' };

afterAll(endAgents);

it('arrives with its tokens filled in and its letters whole', async () => {
  const authority = await Authority.create();
  const { ldif, options } = await trustOf(authority);
  const postfix = await startPostfix(await authority.issue(), USER);
  await authority.remove();
  const server = await startServer(options);
  const tools = new LdapTools(server);
  const mailServer = mailServerLdif('Postfix', {
    'smtp-server': `localhost:${postfix.startTlsPort}`,
    'trust-manager-provider': TRUST,
    'auth-username': USER.name,
    'auth-password': USER.password,
  });
  const handler = `dn: cn=Mail,cn=Alert Handlers,cn=config
objectClass: ds-cfg-alert-handler
objectClass: ds-cfg-smtp-alert-handler
cn: Mail
ds-cfg-enabled: true
ds-cfg-enabled-alert-type: confdit.ConfigurationChanged
ds-cfg-sender-address: confdit@example.com
ds-cfg-recipient-address: admin@example.com
ds-cfg-message-subject: Grüße: %%alert-type%%
ds-cfg-message-body: Ä %%alert-message%%\\n-- \\nÖ
`;
  expect(await tools.add(`${ldif}${mailServer}${handler}`)).toMatchObject({ code: 0, stderr: '' });
  const [message = ''] = await postfix.delivered(1);
  expect(message).toContain('From: confdit@example.com');
  expect(message).toContain('To: admin@example.com');
  expect(message).toContain('Auto-Submitted: auto-generated');
  expect(message).toMatch(/^Subject: =\?UTF-8\?/im);
  expect(message).toContain('=C3=84 ');
  expect(message.replaceAll(/=?\r?\n/g, ' ').replaceAll('=3D', '=')).toContain(
    'cn=Mail,cn=Alert Handlers,cn=config was added',
  );
  expect(message).toContain('=C3=96');
  expect(JSON.stringify(server.logLines())).not.toContain(USER.password);
  await server.stop();
});
