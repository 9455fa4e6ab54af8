// One screen of what is happening.

import { expect, it } from 'vitest';
import { confditFor } from '../support/confdit-program.ts';
import { startServer } from '../support/start-server.ts';

const TIMEOUT_MS = 120_000;

it('shows listeners, mail servers, what is due and the last changes', { timeout: TIMEOUT_MS }, async () => {
  const server = await startServer();
  const confdit = confditFor(server);
  const name = ['--server-name', 'Main'];
  await confdit(
    'create-mail-server',
    ...name,
    '--set',
    'enabled:true',
    '--set',
    'smtp-server:mail.example.com:25',
  );
  await confdit('set-mail-server-prop', ...name, '--set', 'use-ssl:true');
  const { code, stdout, stderr } = await confdit('status');
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toMatch(/^confdit \d+\.\d+\.\d+, running since \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC$/m);
  expect(stdout).toMatch(new RegExp(`^LDAP +: ldap://127\\.0\\.0\\.1:${server.port} +: 1$`, 'm'));
  expect(stdout).toMatch(/^Main +: mail\.example\.com:25 : unused : 0 +: 0 +: -$/m);
  expect(stdout).toMatch(/^ {2}cn=Main,cn=Mail Servers,cn=config\n {4}use-ssl: in force is /m);
  expect(stdout).toMatch(
    /^3 +: .* : cn=admin,cn=Root DNs,cn=config : modify cn=Main,cn=Mail Servers,cn=config$/m,
  );
  const json = JSON.parse((await confdit('status', '--json')).stdout);
  expect(json).toMatchObject({ pending: [{ dn: 'cn=Main,cn=Mail Servers,cn=config' }], expiring: [] });
});
