// What every subcommand takes besides its own options, as dsconfig has it: help that does nothing, units, the command
// that was typed, the certificate of the client, and what is told before a server is asked.

import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { accountLdif } from '../../support/accounts.ts';
import { Authority } from '../../support/certificates.ts';
import { confditFor, runHere } from '../../support/confdit-program.ts';
import { freePort } from '../../support/free-port.ts';
import { LdapTools, runProgram } from '../../support/ldap-tools.ts';
import { type RunningServer, startServer } from '../../support/start-server.ts';

const SECRET = 'canary-of-options';
const PIN = 'changeit';
const SETS = ['--set', 'enabled:false', '--set', 'smtp-server:a.example.com'];

describe('the options of dsconfig', () => {
  let server: RunningServer;
  let confdit: ReturnType<typeof confditFor>;
  let dsconfig: ReturnType<typeof confditFor>;
  let authority: Authority;

  beforeAll(async () => {
    [server, authority] = await Promise.all([startServer(), Authority.create()]);
    confdit = confditFor(server);
    const secured = ['--port', String(server.ldapsPort), '--trustAll', '--bindPassword:env', 'PASSWORD'];
    dsconfig = (...words) =>
      runHere(['dsconfig', ...secured, ...words], { environment: { PASSWORD: server.password } });
    expect(await confdit('create-mail-server', '--server-name', 'One', ...SETS)).toMatchObject({ code: 0 });
  });

  afterAll(() => authority.remove());

  it('do nothing but help when they ask for it', async () => {
    const asked = await dsconfig('delete-mail-server', '--server-name', 'One', '--help');
    expect(asked).toMatchObject({ code: 0, stderr: '' });
    expect(asked.stdout).toMatch(/^Usage: confdit delete-mail-server/);
    expect((await confdit('list-mail-servers', '-s')).stdout).toBe('One\n');
  });

  it('list subcommands by category', async () => {
    const all = (await dsconfig('--help-all')).stdout;
    expect(all).toContain('  create-mail-server ');
    expect(all).toContain('  list-properties ');
    expect(all).not.toContain('  import-ldif ');
    const security = (await dsconfig('--help-security')).stdout;
    expect(security).toContain('  create-trust-manager-provider ');
    expect(security).not.toContain('  create-mail-server ');
    expect((await dsconfig('--help-core-server')).stdout).toContain('  create-mail-server ');
    expect((await dsconfig('--help-proxy')).stdout).toContain('no subcommands relating to proxy');
    expect((await dsconfig('--version')).stdout).toMatch(/^confdit \d+\.\d+\.\d+\n$/);
    expect(await dsconfig('list-properties', '-c', 'mail-server', '-n')).toMatchObject({ code: 0 });
    expect((await dsconfig('lst-mail-servers')).stderr).toContain('Did you mean list-mail-servers?');
  });

  it('take --advanced, and older names, everywhere', async () => {
    const pin = join(server.folder, 'admin.pin');
    await writeFile(pin, `${server.password}\n`);
    const old = ['--port', String(server.ldapsPort), '-X', '--bindPasswordFile', pin, '--advanced', '-n'];
    const words = ['--server-name', 'One', '--set', 'smtp-property:mail.smtp.timeout=5000'];
    expect(await runHere(['dsconfig', ...old, 'set-mail-server-prop', ...words])).toMatchObject({
      code: 0,
      stderr: '',
    });
    const listed = await confdit('list-mail-servers', '--advanced', '--property', 'smtp-property');
    expect(listed.stdout).toContain('mail.smtp.timeout=5000');
  });

  it('show durations and sizes in a unit', async () => {
    const named = ['--property', 'mail-lifetime', '--property', 'mail-spool-size-limit', '-s'];
    const shown = await confdit('get-global-configuration-prop', ...named, '-m', 'h', '-z', 'kb');
    expect(shown.stdout).toBe('mail-lifetime\t48 h\nmail-spool-size-limit\t100000 kb\n');
    const wrong = await confdit('get-global-configuration-prop', '-m', 'fortnight');
    expect(wrong).toMatchObject({ code: 89, stdout: '' });
  });

  it('tell and keep the command, without its secrets', async () => {
    const file = join(server.folder, 'commands');
    const words = ['--server-name', 'Two words', ...SETS, '--set', `auth-password:${SECRET}`];
    const login = ['--set', 'auth-username:me', '--displayCommand', '--commandFilePath', file];
    const made = await confdit('create-mail-server', ...words, ...login);
    expect(made).toMatchObject({ code: 0, stderr: '' });
    expect(made.stdout).toContain("confdit create-mail-server --server-name 'Two words' --set enabled:false");
    expect(made.stdout).toContain("'auth-password:***'");
    const kept = await readFile(file, 'utf8');
    expect(made.stdout).toBe(`The Mail Server "Two words" was created.\n${kept}`);
    expect(made.stdout).not.toContain(SECRET);
    const again = await confdit('create-mail-server', ...words, ...login);
    expect(again).toMatchObject({ code: 68, stdout: '' });
    expect(await readFile(file, 'utf8')).toBe(kept);
  });

  it('are checked before a server is asked', async () => {
    const nowhere = ['--port', '1', '-w', 'x'];
    const wrong = ['--server-name', 'X', '--set', 'enabled:maybe', '--set', 'smtp-server:a'];
    expect(await runHere(['create-mail-server', ...wrong, ...nowhere])).toMatchObject({ code: 19 });
    expect(await runHere(['set-mail-server-prop', ...wrong, ...nowhere])).toMatchObject({ code: 19 });
    const misspelled = await runHere(['list-mail-servers', '--property', 'enabeld', ...nowhere]);
    expect(misspelled).toMatchObject({ code: 89, stdout: '' });
    expect(misspelled.stderr).toContain('Did you mean enabled?');
    expect(await runHere(['delete-mail-server', ...nowhere])).toMatchObject({ code: 89 });
    expect(await runHere(['list-mail-servers', '--connectTimeout', 'soon', ...nowhere])).toMatchObject({
      code: 89,
    });
  });

  it('log in by a certificate', async () => {
    const port = await freePort();
    const folder = join(server.folder, 'config', 'clients');
    await mkdir(folder);
    await writeFile(join(folder, 'ca.pem'), await authority.certificate);
    const { keyFile, certificateFile } = await authority.issue({
      subject: '/CN=config/CN=Root DNs/CN=shown',
    });
    const store = join(server.folder, 'client.p12');
    const made = await runProgram('openssl', [
      ...['pkcs12', '-export', '-inkey', keyFile, '-in', certificateFile, '-name', 'shown'],
      ...['-out', store, '-passout', `pass:${PIN}`],
    ]);
    expect(made.code, made.stderr).toBe(0);
    const account = accountLdif('shown', {
      privileges: ['config-read'],
      lines: ['ds-certificate-subject-dn: CN=shown,CN=Root DNs,CN=config'],
    });
    expect(await new LdapTools(server).add(account)).toMatchObject({ code: 0 });
    const trust = ['--provider-name', 'Clients', '--type', 'pem', '--set', 'enabled:true'];
    expect(
      await confdit('create-trust-manager-provider', ...trust, '--set', 'pem-directory:config/clients'),
    ).toMatchObject({ code: 0, stderr: '' });
    const sets = ['enabled:true', `listen-port:${port}`, 'use-ssl:true', 'ssl-client-auth-policy:required'];
    const providers = ['key-manager-provider:Default Key Manager', 'trust-manager-provider:Clients'];
    const handler = [...sets, ...providers].flatMap((one) => ['--set', one]);
    expect(
      await confdit('create-connection-handler', '--handler-name', 'Mutual', '--type', 'ldap', ...handler),
    ).toMatchObject({ code: 0, stderr: '' });
    const shown = ['--port', String(port), '--trustAll', '--keyStorePath', store];
    const pin = ['--keyStorePassword:env', 'PIN', '--certNickname', 'shown', '--reportAuthzId'];
    const list = ['list-mail-servers', '-s', ...shown, ...pin];
    const listed = await runHere(list, { environment: { PIN } });
    expect(listed).toMatchObject({ code: 0, stderr: 'Logged in as dn:cn=shown,cn=Root DNs,cn=config\n' });
    expect(await runHere(list, { environment: { PIN: 'wrong' } })).toMatchObject({ code: 2, stdout: '' });
    const none = await runHere(['list-mail-servers', '-o', 'mech=EXTERNAL', '--port', String(port)]);
    expect(none).toMatchObject({ code: 18 });
  });

  it('show what a batch does without secrets, and end it with the line', async () => {
    const batch = [
      `create-mail-server --server-name Three ${SETS.join(' ')} --set auth-username:me --set auth-password:${SECRET}`,
      `set-mail-server-prop --server-name Three --set auth-pasword:${SECRET}`,
    ].join('\n');
    const file = join(server.folder, 'batch');
    await writeFile(file, batch);
    const ran = await dsconfig(`--batchFilePath=${file}`, '-n');
    expect(ran.code).toBe(19);
    expect(ran.stdout).toContain("'auth-password:***'");
    expect(ran.stderr).toMatch(/^confdit: Line 2: auth-pasword: .* Did you mean auth-password\?$/m);
    expect(ran.stdout + ran.stderr).not.toContain(SECRET);
    const helped = await dsconfig('--batch', '--batchFilePath', file);
    expect(helped).toMatchObject({ code: 18 });
  });

  it.each(['back\\slash', ' a, b+c\\,"="#;<>', '漢 (*)'])('know an object whose name is %s', async (name) => {
    const named = ['--server-name', name];
    expect(await confdit('create-mail-server', ...named, ...SETS)).toMatchObject({ code: 0, stderr: '' });
    const listed = JSON.parse((await confdit('list-mail-servers', '--json')).stdout);
    expect(listed.map((one: { name: string }) => one.name)).toContain(name);
    expect(await confdit('set-mail-server-prop', ...named, '--set', 'priority:3')).toMatchObject({ code: 0 });
    expect(await confdit('delete-mail-server', '-n', ...named)).toMatchObject({ code: 0, stderr: '' });
  });
});
