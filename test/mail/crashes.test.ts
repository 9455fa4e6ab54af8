// Kills in the middle of sending: what the spool accepted arrives. With more messages: npm run torture-mail.

import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { LdapTools } from '../support/ldap-tools.ts';
import { tortureMail } from '../support/mail/mail-torture.ts';
import { endReceivers, SmtpReceiver } from '../support/mail/smtp-receiver.ts';
import { startServer } from '../support/start-server.ts';
import { mailServerLdif } from './mail-servers-in-ldif.ts';

afterEach(endReceivers);

/** The default of connection-pool-size. */
const CONNECTIONS = 5;

test('Postfix and the process that sends are killed, and every message arrives', async () => {
  const result = await tortureMail({ messages: 60, kills: 1 });
  expect(result).toMatchObject({ accepted: 60, lost: 0 });
  // Each kill finds at most so many messages between their acceptance and the news of it as there are connections.
  expect(result.twice).toBeLessThanOrEqual(CONNECTIONS * result.kills);
});

test('the server is killed with mail in its spool, and sends it when it runs again', async () => {
  let isOpen = false;
  const receiver = await SmtpReceiver.start({
    onConnect: (_, done) => done(isOpen ? null : Object.assign(new Error('not now'), { responseCode: 421 })),
  });
  const server = await startServer();
  const handler = [
    'dn: cn=Mail,cn=Alert Handlers,cn=config',
    ...['objectClass: ds-cfg-alert-handler', 'objectClass: ds-cfg-smtp-alert-handler', 'cn: Mail'],
    ...['ds-cfg-enabled: true', 'ds-cfg-sender-address: confdit@example.com'],
    ...['ds-cfg-recipient-address: admin@example.com', 'ds-cfg-message-subject: %%alert-type%%'],
    ...[
      'ds-cfg-message-body: %%alert-message%%',
      'ds-cfg-enabled-alert-type: confdit.ConfigurationChanged',
      '',
    ],
  ];
  const address = { 'smtp-server': `127.0.0.1:${receiver.port}`, 'use-start-tls': false };
  const ldif = `${mailServerLdif('Receiver', address)}${handler.join('\n')}`;
  expect(await new LdapTools(server).add(ldif)).toMatchObject({ code: 0, stderr: '' });
  await server.waitForLog(({ msg }) => msg === 'a message was not accepted and is tried again');
  await server.kill();
  const waiting = (await readdir(join(server.folder, 'mail'))).filter((name) => name !== 'given-up');
  expect(waiting).toHaveLength(1);
  isOpen = true;
  const again = await startServer({ folder: server.folder });
  const [message] = await receiver.received(1);
  expect(message).toMatchObject({ from: 'confdit@example.com', to: ['admin@example.com'] });
  expect(message?.text).toContain('confdit.ConfigurationChanged');
  await again.stop();
});
