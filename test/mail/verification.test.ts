// Mail servers that are verified from time to time: what comes of it is in cn=monitor, and an alert tells once of one
// that cannot be used any more.

import { createServer, type Server } from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { LdapTools } from '../support/ldap-tools.ts';
import { type RunningServer, startServer } from '../support/start-server.ts';

const MONITOR = 'cn=Verified,cn=mail,cn=monitor';
const CONFIG = 'cn=Verified,cn=Mail Servers,cn=config';

let smtp: Server;
let server: RunningServer;
let tools: LdapTools;
/** What the mail server greets with: 220, or 554 when it does not want anybody. */
let greeting = '220 here';
let connections = 0;

beforeAll(async () => {
  smtp = createServer((socket) => {
    connections += 1;
    socket.on('error', () => {});
    socket.write(`${greeting}\r\n`);
    socket.on('data', (line) => socket.write(`${line}`.startsWith('QUIT') ? '221 bye\r\n' : '250 here\r\n'));
  });
  await new Promise<void>((resolve) => smtp.listen(0, '127.0.0.1', resolve));
  server = await startServer();
  tools = new LdapTools(server);
});

afterAll(() => void smtp.close());

async function monitored(attribute: string): Promise<string | undefined> {
  const [entry] = await tools.entries(MONITOR, '-s', 'base');
  return entry?.first(attribute);
}

const change = (lines: string) => tools.modify(`dn: ${CONFIG}\nchangetype: modify\n${lines}\n`);

it('nobody is asked before somebody wants it', async () => {
  const address = smtp.address();
  const port = typeof address === 'object' ? address?.port : 0;
  const ldif = [
    `dn: ${CONFIG}`,
    'objectClass: ds-cfg-mail-server',
    'cn: Verified',
    'ds-cfg-enabled: true',
    `ds-cfg-smtp-server: 127.0.0.1:${port}`,
    'ds-cfg-use-start-tls: false',
    '',
  ];
  expect((await tools.add(ldif.join('\n'))).code).toBe(0);
  expect(await monitored('ds-mon-mail-last-verified-at')).toBeUndefined();
  expect(connections).toBe(0);
  expect(
    (await change('replace: ds-cfg-verification-interval\nds-cfg-verification-interval: 1 ms')).code,
  ).toBe(19);
});

it('it is verified again and again, and told of when it fails', async () => {
  expect(
    (await change('replace: ds-cfg-verification-interval\nds-cfg-verification-interval: 1 s')).code,
  ).toBe(0);
  await expect.poll(() => monitored('ds-mon-mail-last-verified-at')).toBeDefined();
  expect(await monitored('ds-mon-mail-last-verified-problem')).toBeUndefined();
  greeting = '554 go away';
  const alert = await server.waitForLog(
    ({ msg, alert }) => msg === 'alert' && alert === 'confdit.MailServerFailed',
  );
  expect(String(alert.about)).toContain(CONFIG);
  expect(await monitored('ds-mon-mail-last-verified-problem')).toContain('554');
  const failed = connections;
  await expect.poll(() => connections).toBeGreaterThan(failed + 1);
  const alerts = server.logLines().filter((line) => line.alert === 'confdit.MailServerFailed');
  expect(alerts).toHaveLength(1);
  greeting = '220 here';
  await expect.poll(() => monitored('ds-mon-mail-last-verified-problem')).toBeUndefined();
});
