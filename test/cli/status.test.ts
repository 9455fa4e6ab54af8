// One screen of what is happening.

import { readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { Authority } from '../support/certificates.ts';
import { confditFor } from '../support/confdit-program.ts';
import { startServer } from '../support/start-server.ts';

it('shows listeners, mail servers, what is due and the last changes', async () => {
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
  expect(stdout).toMatch(/^ {2}cn=Main,cn=Mail Servers,cn=config\n {4}use-ssl: the effective value is /m);
  expect(stdout).toMatch(
    /^3 +: .* : cn=admin,cn=Root DNs,cn=config : modify cn=Main,cn=Mail Servers,cn=config$/m,
  );
  expect(stdout).toContain('\nEvery expression is resolved.\n');
  expect(stdout).toContain('\nNo certificate ends within 30 days.\n');
  const json = JSON.parse((await confdit('status', '--json')).stdout);
  expect(json).toMatchObject({ pending: [{ dn: 'cn=Main,cn=Mail Servers,cn=config' }], expiring: [] });
});

it('shows what does not resolve, certificates that end, and stays one screen', async () => {
  const server = await startServer();
  const confdit = confditFor(server);
  const expressions = join(server.folder, 'config', 'expressions', 'mail.json');
  await writeFile(expressions, JSON.stringify({ relay: { host: 'relay.example.com' } }));
  expect(await confdit('reload')).toMatchObject({ code: 0 });
  const name = ['--server-name', 'Relay', '--set', 'enabled:true'];
  expect(await confdit('create-mail-server', ...name, '--set', 'smtp-server:$<relay.host>')).toMatchObject({
    code: 0,
    stderr: '',
  });
  await rm(expressions);
  expect(await confdit('reload')).toMatchObject({ code: 19 });
  const entries = Array.from({ length: 40 }, (_, index) => [
    `dn: cn=Many ${index},cn=Mail Servers,cn=config`,
    'objectClass: ds-cfg-mail-server',
    'ds-cfg-enabled: false',
    'ds-cfg-smtp-server: a.example.com',
    '',
  ]);
  const file = join(server.folder, 'many.ldif');
  await writeFile(file, entries.flat().join('\n'));
  expect(await confdit('apply', '-n', file)).toMatchObject({ code: 0, stderr: '' });
  const { stdout } = await confdit('status');
  expect(stdout).toMatch(/^Not reloaded, because .*:\n {2}cn=Relay,.*\$<relay\.host>/m);
  expect(stdout).toContain('  and 31 more: confdit status --json\n');
  expect(stdout.split('\n').length).toBeLessThan(50);
  const json = JSON.parse((await confdit('status', '--json')).stdout);
  expect(json.unresolved).toHaveLength(1);
  expect(json.mailServers).toHaveLength(41);
  const authority = await Authority.create();
  const keys = join(server.folder, 'config', 'keys');
  const [pem = ''] = (await readdir(keys)).filter((one) => one.endsWith('.pem'));
  await writeFile(join(keys, pem), (await authority.issue({ days: 10 })).pem);
  await authority.remove();
  await writeFile(expressions, JSON.stringify({ relay: { host: 'other.example.com' } }));
  expect(await confdit('reload')).toMatchObject({ code: 0 });
  const later = (await confdit('status')).stdout;
  expect(later).toContain('\nEvery expression is resolved.\n');
  expect(later).toMatch(/^Certificates that end soon:\n {2}.*Key Manager.*: \d{4}-/m);
});
