// What the program tells of itself: properties, stored passwords, completions.

import { beforeAll, describe, expect, it } from 'vitest';
import { formatManualPage } from '../../src/cli/manual-page.ts';
import { COMMANDS } from '../support/commands.ts';
import { runHere } from '../support/confdit-program.ts';
import { runProgram } from '../support/ldap-tools.ts';
import { type RunningServer, startServer } from '../support/start-server.ts';

describe('list-properties', () => {
  it('tells what may be written', async () => {
    const { code, stdout } = await runHere(['list-properties', '-c', 'mail-server', '--property', 'use-ssl']);
    expect(code).toBe(0);
    expect(stdout).toContain('Mail Server\n\n  use-ssl\n');
    expect(stdout).toContain('Allowed: true or false. Default: false.');
    expect(stdout).toContain('single-valued, optional, component-restart');
  });

  it('gives programs everything', async () => {
    const { stdout } = await runHere(['list-properties', '--json', '--advanced']);
    const objects: { object: string; properties: { name: string }[] }[] = JSON.parse(stdout);
    const mailServer = objects.find(({ object }) => object === 'mail-server');
    expect(mailServer?.properties.map(({ name }) => name)).toContain('smtp-property');
  });

  it('knows what there is', async () => {
    const { code, stderr } = await runHere(['list-properties', '--category', 'mailserver']);
    expect(code).toBe(89);
    expect(stderr).toContain('There are: mail-server,');
  });
});

describe('encode-password', () => {
  it('gives what fits the password, and nothing else', async () => {
    const { code, stdout } = await runHere(['encode-password'], { input: 'correct horse\n' });
    expect(code).toBe(0);
    const [stored = ''] = stdout.split('\n');
    expect(stored).toMatch(/^\{SCRYPT\}/);
    const right = await runHere(['encode-password', '-e', stored], { input: 'correct horse' });
    expect(right).toMatchObject({ code: 0, stdout: 'The password fits.\n' });
    const wrong = await runHere(['encode-password', '-e', stored, '-c', 'battery staple']);
    expect(wrong).toMatchObject({ code: 49, stdout: 'The password does not fit.\n' });
  });
});

it.each(['{SSHA}tCNGqyJLk/uvKpCa4vga5GB2gWoxMjM0NTY3OA==', '{x}'])(
  'encode-password takes no hash such as %s for a password, and compares passwords with hashes of others',
  async (text) => {
    const { code, stdout, stderr } = await runHere(['encode-password'], { input: text });
    expect({ code, stdout }).toEqual({ code: 19, stdout: '' });
    expect(stderr).toContain('is encoded already');
    const compared = await runHere(['encode-password', '-e', text], { input: 'secret' });
    expect(compared.code).toBe(text === '{x}' ? 2 : 0);
  },
);

describe('the manual page', () => {
  it('has every command, and is what man can show', async () => {
    const page = formatManualPage(COMMANDS, '1.2.3');
    for (const { name, isHidden } of COMMANDS) {
      expect(new RegExp(`\\b${name.replaceAll('-', '\\\\-')}\\b`).test(page)).toBe(isHidden !== true);
    }
    expect(page.match(/bindPassword:file\\fR/g)).toHaveLength(1);
    const shown = await runProgram('groff', ['-man', '-Tutf8', '-ww'], page);
    expect(shown.code).toBe(0);
    expect(shown.stderr).toBe('');
    // A letter is struck twice to make it bold.
    const struckTwice = new RegExp(`.${String.fromCharCode(8)}`, 'g');
    const text = shown.stdout.replaceAll(struckTwice, '');
    expect(text).toContain('--bindPassword:file');
    expect(Math.max(page.split('\n').length, text.split('\n').length)).toBeLessThan(1200);
  });
});

describe('completion', () => {
  let server: RunningServer;

  beforeAll(async () => {
    server = await startServer();
    const words = ['create-mail-server', '--server-name', 'SMTP server', '--set', 'enabled:false'];
    const connection = ['--port', String(server.port), '-w', server.password];
    await runHere([...words, '--set', 'smtp-server:a', ...connection]);
  });

  /** What the program answers to a shell. */
  async function complete(...words: string[]): Promise<string> {
    const environment = { LDAP_PORT: String(server.port), CONFDIT_INSTANCE: server.folder };
    const { code, stdout } = await runHere(['complete-words', '--', ...words], { environment });
    expect(code).toBe(0);
    return stdout.trimEnd().replaceAll('\n', ' ');
  }

  it.each([
    ['create-m', 'words create-mail-server'],
    ['create-mail-server --serv', 'words --server-name'],
    ['set-mail-server-prop --set use-s', 'words use-ssl: use-start-tls:'],
    ['set-mail-server-prop --set use-ssl:t', 'words use-ssl:true'],
    ['set-mail-server-prop --set=use-ssl:t', 'words --set=use-ssl:true'],
    [
      'set-mail-server-prop --set trust-manager-provider:JV',
      'words trust-manager-provider:JVM Trust Manager',
    ],
    ['set-connection-handler-prop --set ssl-client-auth-policy:r', 'words ssl-client-auth-policy:required'],
    ['set-root-dn-user-prop --add privilege:monitor', 'words privilege:monitor-read'],
    ['set-mail-server-prop --server-name S', 'words SMTP server'],
    ['verify-mail-server --server-name S', 'words SMTP server'],
    ['verify-mail-server --server-name X --set use-ssl:', 'words use-ssl:true use-ssl:false'],
    ['send-test-message --server-name S', 'words SMTP server'],
    ['send-test-message --to x', 'words'],
    ['rollback --to ', 'words 2 1'],
    ['diff ', 'words 2 1'],
    ['list-properties --category mail', 'words mail-server'],
    ['list-properties -c mail-server --property use-s', 'words use-ssl use-start-tls'],
    ['validate --format g', 'words github'],
    ['validate --format=g', 'words --format=github'],
    ['validate x', 'files'],
    ['validate --env-file x', 'files'],
    ['history --bindPassword:file=/e', 'files'],
    ['history --instance x', 'folders'],
    ['history > x', 'files'],
    ['get-global-configuration-prop -m m', 'words ms m'],
    ['completion f', 'words fish'],
    ['help roll', 'words rollback'],
    ['dsconfig create-trust-manager-provider -t p', 'words pem pkcs11'],
    ['dsconfig --hostname localhost create-mail', 'words create-mail-server'],
    ['dsconfig --batchFilePath x', 'files'],
    ['list-mail-servers --no-pr', 'words --no-prompt'],
    ['nonsense --x', 'words'],
  ])('of %j', async (typed, found) => {
    expect(await complete(...typed.split(' '))).toBe(found);
  });

  it('does not fail where no server can be asked, and asks nobody', async () => {
    const { code, stdout, stderr } = await runHere([
      ...['complete-words', '--', 'delete-mail-server', '--port', '1', '--server-name', ''],
    ]);
    expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: 'words\n', stderr: '' });
  });
});
