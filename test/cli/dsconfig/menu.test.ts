// The menus, with the keys that somebody presses: a mail server is made, tested, changed and deleted, and nothing that is
// typed as a password is ever seen.

import { mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { trustOf } from '../../mail/mail-servers-in-ldif.ts';
import { expectTranscript } from '../../support/cases/transcript.ts';
import { Authority } from '../../support/certificates.ts';
import { confditFor, runConfdit } from '../../support/confdit-program.ts';
import { removeFolder } from '../../support/folders.ts';
import { LdapTools } from '../../support/ldap-tools.ts';
import { endReceivers, SmtpReceiver } from '../../support/mail/smtp-receiver.ts';
import { programPath } from '../../support/run/program-path.ts';
import { type RunningServer, startServer } from '../../support/start-server.ts';
import { Terminal } from '../../support/terminal.ts';

const PROGRAM = programPath();
const SECRET = 'canary-of-menus';

describe('the menus', () => {
  let authority: Authority;
  let receiver: SmtpReceiver;
  let server: RunningServer;
  let terminal: Terminal;
  let folder: string;
  let commands: string;

  beforeAll(async () => {
    authority = await Authority.create();
    const { key, certificate } = await authority.issue();
    receiver = await SmtpReceiver.start({ key, cert: certificate, users: { alice: SECRET } });
    const { ldif, options } = await trustOf(authority);
    server = await startServer(options);
    expect(await new LdapTools(server).add(ldif)).toMatchObject({ code: 0 });
    folder = await mkdtemp(join(tmpdir(), 'confdit-menu-'));
    commands = join(folder, 'commands');
    const program = `'${process.execPath}' '${PROGRAM}'`;
    const environment = { LDAP_PORT: String(server.port), PASSWORD: server.password };
    const words = `menu --bindPassword:env PASSWORD --commandFilePath '${commands}'`;
    terminal = await Terminal.start(`${program} ${words}`, { environment });
  });

  afterAll(async () => {
    await terminal.end();
    await endReceivers();
    await authority.remove();
    await removeFolder(folder);
  });

  it('make a mail server, with help, and check what is typed', async () => {
    await terminal.pick('Mail Servers');
    await terminal.pick('Create a new Mail Server');
    await terminal.answer('The name of the new Mail Server', 'Relay');
    const help = await terminal.until('◆  enabled');
    expect(help).toContain('Whether mail is handed to this mail server.');
    expect(help).toContain('Allowed: true or false.');
    await terminal.pick('true');
    await terminal.answer('smtp-server', 'localhost:99999');
    expect(await terminal.until('▲')).toContain('has a port that is not a number from 1 to 65535');
    await terminal.press('C-u');
    await terminal.type(`localhost:${receiver.port}`);
    await terminal.until(`│  localhost:${receiver.port}`);
    await terminal.press('Enter');
    await terminal.until('◆  Mail Server Relay (not saved yet)');
    await terminal.pick('auth-username');
    await terminal.answer('auth-username', 'alice');
    await terminal.pick('auth-password');
    await terminal.answer('auth-password', SECRET);
    await terminal.pick('trust-manager-provider');
    await terminal.pick('Test Trust');
    await terminal.pick('Show the equivalent command');
    const shown = await terminal.until("'auth-password:***'");
    expect(shown).toContain('confdit create-mail-server --server-name Relay --set enabled:true');
  });

  it('test it before it is there', async () => {
    await terminal.pick('Test this Mail Server');
    await terminal.until(/verify-mail-server --server-name Relay --set enabled:true .*--set/);
    expect(receiver.logins.map(({ user, password }) => ({ user, password }))).toEqual([
      { user: 'alice', password: SECRET },
    ]);
    expect((await confditFor(server)('list-mail-servers', '-s')).stdout).toBe('');
    await terminal.pick('Create the Mail Server');
    await terminal.until('was created.');
  });

  it('test it', async () => {
    await terminal.pick('Test this Mail Server');
    await terminal.until('confdit verify-mail-server --server-name Relay  │');
    expect(receiver.logins).toHaveLength(2);
  });

  it('test a change of it before that is saved, until it is right', async () => {
    const address = `localhost:${receiver.port}`;
    const type = async (text: string) => {
      await terminal.pick('smtp-server');
      await terminal.until('◆  smtp-server');
      await terminal.press('C-u');
      await terminal.answer('smtp-server', text);
    };
    await type('localhost:1');
    await terminal.pick('Test this Mail Server');
    const failed = await terminal.until('--set smtp-server:localhost:1  │');
    expect(failed).toMatch(/localhost:1: nothing listens/);
    expect(failed).toContain('localhost:1 cannot be used.');
    await type('$<no.such.token>');
    await terminal.pick('Test this Mail Server');
    expect(await terminal.until('■')).toContain('no.such.token');
    // As it is stored, by another name: there is something to save.
    await type(address.replace('localhost', 'LOCALHOST'));
    await terminal.pick('Test this Mail Server');
    await terminal.until('LOCALHOST:');
    await expect.poll(() => receiver.logins.length).toBe(3);
    const written = ['get-mail-server-prop', '--server-name', 'Relay', '--property', 'smtp-server', '-s'];
    expect((await confditFor(server)(...written)).stdout).toContain(address);
    await terminal.pick('Save the changes');
    await terminal.until('The Mail Server was modified successfully');
    expect((await confditFor(server)(...written)).stdout).toContain('LOCALHOST');
  });

  it('change it, and tell what the server refuses', async () => {
    await terminal.pick('smtp-server');
    await terminal.until('◆  smtp-server');
    await terminal.press('C-u');
    await terminal.answer('smtp-server', '$<no.such.token>');
    await terminal.pick('Save the changes');
    expect(await terminal.until('■')).toContain('no.such.token');
    await terminal.pick('smtp-server');
    await terminal.until('◆  smtp-server');
    await terminal.press('C-u');
    await terminal.answer('smtp-server', `localhost:${receiver.port}`);
    await terminal.pick('enabled');
    await terminal.pick('false');
    await terminal.pick('Save the changes');
    await terminal.until('The Mail Server was modified successfully');
    const written = await confditFor(server)('get-mail-server-prop', '--server-name', 'Relay', '-s');
    expect(written.stdout).toContain('enabled\tfalse\n');
  });

  it('offer to do what a change asks for', async () => {
    await terminal.pick('enabled');
    await terminal.pick('true');
    await terminal.pick('Save the changes');
    await terminal.until('--set enabled:true  │');
    await terminal.pick('use-start-tls');
    await terminal.pick('false');
    await terminal.pick('use-ssl');
    await terminal.pick('true');
    await terminal.pick('Save the changes');
    await terminal.until('◆  Disable the Mail Server Relay and enable it again now');
    await terminal.press('y');
    await terminal.until(/enable it again now[\s\S]*enabled:false {2}│[\s\S]*enabled:true {2}│/);
    const pending = await new LdapTools(server).search('cn=config', '(ds-cfg-pending-change=*)', '1.1');
    expect(pending.stdout).not.toContain('dn:');
  });

  it('rename it', async () => {
    await terminal.pick('Rename this Mail Server');
    await terminal.until('◆  The new name of the Mail Server');
    await terminal.press('C-u');
    await terminal.answer('The new name of the Mail Server', 'Second Relay');
    await terminal.until('The Mail Server "Second Relay" was renamed.');
    await terminal.pick('Second Relay');
  });

  it('delete it, and leave', async () => {
    await terminal.pick('Delete this Mail Server');
    await terminal.until('◆  Delete the Mail Server Second Relay?');
    await terminal.press('y');
    await terminal.until('was deleted.');
    await terminal.pick('Back');
    await terminal.pick('Quit');
    await terminal.until('exit code 0');
    expect((await confditFor(server)('list-mail-servers', '-s')).stdout).toBe('');
  });

  it('show no password, and keep the commands', async () => {
    const session = await terminal.everything();
    expect(session).not.toContain(SECRET);
    await expectTranscript('test/cli/transcripts/menu.txt', session, {
      [`localhost:${receiver.port}`]: 'localhost:PORT',
      [`LOCALHOST:${receiver.port}`]: 'LOCALHOST:PORT',
    });
    const kept = await readFile(commands, 'utf8');
    expect(kept).toContain('create-mail-server');
    expect(kept).not.toContain(SECRET);
  });

  it('are left by Ctrl-C pressed twice, whatever is not saved', async () => {
    const program = `'${process.execPath}' '${PROGRAM}'`;
    const environment = { LDAP_PORT: String(server.port), PASSWORD: server.password };
    const left = await Terminal.start(`${program} menu --bindPassword:env PASSWORD`, { environment });
    try {
      await left.pick('Global Configuration');
      await left.pick('task-retention-time');
      await left.until('◆  task-retention-time');
      await left.press('C-u');
      await left.answer('task-retention-time', '2 d');
      await left.until('◆  Global Configuration');
      await left.press('C-c');
      await left.until('◆  Leave without saving?');
      await left.press('C-c');
      expect(await left.until('exit code 6')).toContain('What was not saved is not stored.');
    } finally {
      await left.end();
    }
  });

  it('need a terminal', async () => {
    expect(await runConfdit(['menu'])).toMatchObject({ code: 89, stdout: '' });
    const alone = await runConfdit([]);
    expect(alone.code).toBe(0);
    expect(alone.stdout).toContain('Usage: confdit COMMAND');
  });
});
