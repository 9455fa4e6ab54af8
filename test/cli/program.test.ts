// What the program tells of itself: properties, stored passwords, completions.

import { beforeAll, describe, expect, it } from 'vitest';
import { COMMANDS } from '../../src/bin/commands.ts';
import { formatManualPage } from '../../src/cli/manual-page.ts';
import { runConfdit } from '../support/confdit-program.ts';
import { runProgram } from '../support/ldap-tools.ts';
import { type RunningServer, startServer } from '../support/start-server.ts';

describe('list-properties', () => {
  it('tells what may be written', async () => {
    const { code, stdout } = await runConfdit([
      'list-properties',
      '-c',
      'mail-server',
      '--property',
      'use-ssl',
    ]);
    expect(code).toBe(0);
    expect(stdout).toContain('Mail Server\n\n  use-ssl\n');
    expect(stdout).toContain('Allowed: true or false. Default: false.');
    expect(stdout).toContain('single-valued, optional, component-restart');
  });

  it('gives programs everything', async () => {
    const { stdout } = await runConfdit(['list-properties', '--json', '--advanced']);
    const objects: { object: string; properties: { name: string }[] }[] = JSON.parse(stdout);
    const mailServer = objects.find(({ object }) => object === 'mail-server');
    expect(mailServer?.properties.map(({ name }) => name)).toContain('smtp-property');
  });

  it('knows what there is', async () => {
    const { code, stderr } = await runConfdit(['list-properties', '--category', 'mailserver']);
    expect(code).toBe(89);
    expect(stderr).toContain('There are: mail-server,');
  });
});

describe('encode-password', () => {
  it('gives what fits the password, and nothing else', async () => {
    const { code, stdout } = await runConfdit(['encode-password'], { input: 'correct horse\n' });
    expect(code).toBe(0);
    const [stored = ''] = stdout.split('\n');
    expect(stored).toMatch(/^\{SCRYPT\}/);
    const right = await runConfdit(['encode-password', '-e', stored], { input: 'correct horse' });
    expect(right).toMatchObject({ code: 0, stdout: 'The password fits.\n' });
    const wrong = await runConfdit(['encode-password', '-e', stored, '-c', 'battery staple']);
    expect(wrong).toMatchObject({ code: 49, stdout: 'The password does not fit.\n' });
  });
});

it.each(['{SSHA}tCNGqyJLk/uvKpCa4vga5GB2gWoxMjM0NTY3OA==', '{x}'])(
  'encode-password takes no hash such as %s for a password, and compares passwords with hashes of others',
  async (text) => {
    const { code, stdout, stderr } = await runConfdit(['encode-password'], { input: text });
    expect({ code, stdout }).toEqual({ code: 19, stdout: '' });
    expect(stderr).toContain('is encoded already');
    const compared = await runConfdit(['encode-password', '-e', text], { input: 'secret' });
    expect(compared.code).toBe(text === '{x}' ? 2 : 0);
  },
);

describe('the manual page', () => {
  it('has every command, and is what man can show', async () => {
    const page = formatManualPage(COMMANDS, '1.2.3');
    for (const { name, isHidden } of COMMANDS) {
      expect(page.includes(`.SS "confdit ${name.replaceAll('-', '\\-')}`)).toBe(isHidden !== true);
    }
    const shown = await runProgram('groff', ['-man', '-Tutf8', '-ww'], page);
    expect(shown.code).toBe(0);
    expect(shown.stderr).toBe('');
    // A letter is struck twice to make it bold.
    const struckTwice = new RegExp(`.${String.fromCharCode(8)}`, 'g');
    expect(shown.stdout.replaceAll(struckTwice, '')).toContain('--bindPassword:file');
  });
});

describe('completion', () => {
  let server: RunningServer;

  beforeAll(async () => {
    server = await startServer();
    const words = ['create-mail-server', '--server-name', 'SMTP server', '--set', 'enabled:false'];
    const connection = ['--port', String(server.port), '-w', server.password];
    await runConfdit([...words, '--set', 'smtp-server:a', ...connection]);
  });

  async function complete(...words: string[]): Promise<readonly string[]> {
    const environment = {
      LDAP_PORT: String(server.port),
      CONFDIT_INSTANCE: server.folder,
      PATH: process.env.PATH,
    };
    const { stdout } = await runConfdit(['complete-words', '--', ...words], { environment });
    return stdout.split('\n').filter((line) => line !== '');
  }

  it('knows commands, options, properties, values and types', async () => {
    expect(await complete('create-m')).toEqual(['create-mail-server']);
    expect(await complete('create-mail-server', '--serv')).toEqual(['--server-name']);
    expect(await complete('set-mail-server-prop', '--set', 'use-s')).toEqual(['use-ssl:', 'use-start-tls:']);
    expect(await complete('set-mail-server-prop', '--set', 'use-ssl:t')).toEqual(['use-ssl:true']);
    expect(await complete('dsconfig', 'create-trust-manager-provider', '-t', 'p')).toEqual(['pem', 'pkcs11']);
    expect(await complete('nonsense', '--x')).toEqual([]);
  });

  it('does not fail where no server can be asked', async () => {
    const { code, stdout } = await runConfdit([
      'complete-words',
      '--',
      'delete-mail-server',
      '--server-name',
      '',
    ]);
    expect({ code, stdout }).toEqual({ code: 0, stdout: '' });
  });

  it.each(['bash', 'zsh', 'fish'])('has a script for %s', async (shell) => {
    const { code, stdout } = await runConfdit(['completion', shell]);
    expect(code).toBe(0);
    expect(stdout).toContain('complete-words');
  });

  it('works in bash', async () => {
    const { stdout: script } = await runConfdit(['completion', 'bash']);
    const lines = [
      script,
      `confdit() { '${process.execPath}' src/bin/confdit.ts "$@"; }`,
      'COMP_LINE="confdit list-mail"; COMP_POINT=$' +
        '{#COMP_LINE}; COMP_WORDS=(confdit list-mail); COMP_CWORD=1',
      '_confdit 2> /dev/null',
      'printf "%s\\n" "$' + '{COMPREPLY[@]}"',
    ];
    const { stdout } = await runProgram('bash', ['-c', lines.join('\n')]);
    expect(stdout).toBe('list-mail-servers\n');
  });
});
