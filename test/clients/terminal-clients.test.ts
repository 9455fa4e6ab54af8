// shelldap and ldapvi, which people use in a terminal: each gets one, and an editor that makes the change.

import { chmod, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addPeople, GROUPS, namesIn, PEOPLE } from '../memory/memory-backend-support.ts';
import { removeFolder } from '../support/folders.ts';
import { LdapTools, type ProgramResult } from '../support/ldap-tools.ts';
import { ADMINISTRATOR, type RunningServer, startServer } from '../support/start-server.ts';
import { certificateFile, scriptEnvironment } from './client-script.ts';
import { runInTerminal } from './terminal.ts';

const NAME = 'cn=relay,cn=Mail Servers,cn=config';

let server: RunningServer;
let tools: LdapTools;
let folder: string;

beforeAll(async () => {
  server = await startServer();
  tools = new LdapTools(server);
  folder = await mkdtemp(join(tmpdir(), 'confdit-terminal-'));
  await addPeople(tools);
  const ldif = `dn: ${NAME}\nobjectClass: ds-cfg-mail-server\nds-cfg-enabled: true\nds-cfg-smtp-server: mail.example.com:587\n`;
  expect(await tools.add(ldif)).toMatchObject({ code: 0 });
});

afterAll(() => removeFolder(folder));

/** An editor that replaces one text by another in the file that it is given last. */
async function editor(from: string, to: string): Promise<string> {
  const file = join(folder, 'editor');
  await writeFile(file, `#!/bin/sh\nfor file; do :; done\nsed -i 's/${from}/${to}/' "$file"\n`);
  await chmod(file, 0o755);
  return file;
}

function inTerminal(
  words: readonly string[],
  edit = '',
  lines: readonly string[] = [],
): Promise<ProgramResult> {
  const settings = { HOME: folder, EDITOR: edit, VISUAL: edit };
  return runInTerminal(words, { ...scriptEnvironment(server), ...settings }, lines);
}

async function smtpServer(): Promise<readonly string[] | undefined> {
  const [entry] = await tools.entries(NAME);
  return entry?.values('ds-cfg-smtp-server');
}

describe('shelldap', () => {
  const shell = async (base: string, commands: readonly string[], edit = '') => {
    const settings = join(folder, 'shelldap.rc');
    await writeFile(
      settings,
      [
        '---',
        `server: ldap://localhost:${server.port}`,
        `binddn: ${ADMINISTRATOR}`,
        `bindpass: ${server.password}`,
        `basedn: ${base}`,
        'tls: yes',
        `tls_cacert: ${certificateFile(server)}`,
        'paginate: 3',
        'cacheage: 0',
        '',
      ].join('\n'),
    );
    const { code, stdout } = await inTerminal(['shelldap', '-f', settings], edit, [...commands, 'exit']);
    expect(code, stdout).toBe(0);
    return stdout;
  };

  it('lists, shows, edits and copies mail servers, over StartTLS and in pages', async () => {
    const output = await shell(
      'cn=config',
      [
        'whoami',
        'ls',
        'cd "cn=Mail Servers"',
        'edit cn=relay',
        'cat cn=relay',
        'inspect ds-cfg-mail-server',
        'cp cn=relay cn=second',
        'mv cn=second cn=third',
        'ls',
      ],
      await editor('mail.example.com:587', 'relay.example.com:2525'),
    );
    expect(output).toContain(`${ADMINISTRATOR} (ldap://localhost:${server.port})`);
    expect(output).toMatch(/^d cn=Connection Handlers\/$/m);
    expect(output).toMatch(/^ds-cfg-smtp-server: relay\.example\.com:2525$/m);
    expect(output).toMatch(/^ {4}ds-cfg-smtp-server \(required/m);
    expect(output).toMatch(/^- cn=relay\n- cn=third$/m);
    expect(await smtpServer()).toEqual(['relay.example.com:2525']);
  });

  it('is told why an edit is refused', async () => {
    const edit = await editor('relay.example.com:2525', 'relay.example.com:70000');
    const output = await shell('cn=Mail Servers,cn=config', ['edit cn=relay', 'n'], edit);
    expect(output).toContain('"relay.example.com:70000" has a port that is not a number from 1 to 65535');
    expect(await smtpServer()).toEqual(['relay.example.com:2525']);
  });

  it('moves and deletes', async () => {
    const output = await shell(PEOPLE, [`mv uid=grace uid=grace,${GROUPS}`, 'rm uid=ada', 'y']);
    expect(output).toContain(`uid=ada,${PEOPLE}: Success`);
    expect(namesIn((await tools.search('dc=example,dc=com', '(uid=*)', '1.1')).stdout)).toEqual([
      `uid=grace,${GROUPS}`,
    ]);
  });
});

describe('ldapvi', () => {
  const login = () => ['-h', `ldap://localhost:${server.port}`, '-D', ADMINISTRATOR, '-w', server.password];

  it('finds all naming contexts, and sorts', async () => {
    const { code, stdout } = await inTerminal(['ldapvi', '--out', ...login(), '--discover', '(cn=relay)']);
    expect(code).toBe(0);
    expect(stdout).toContain(`dn: ${NAME}\n`);
    expect(stdout).toContain('dn: cn=relay,cn=Mail Servers,cn=effective\n');
    const sorted = await inTerminal([
      ...['ldapvi', '--out', ...login()],
      ...['-b', 'cn=config', '-s', 'one', '-S', 'cn', '(cn=*)', 'cn'],
    ]);
    const names = namesIn(sorted.stdout);
    expect(names.length).toBeGreaterThan(5);
    expect(names).toEqual(names.toSorted());
  });

  it('makes the changes that an editor makes of the entries', async () => {
    const edit = await editor('^ds-cfg-smtp-server: .*$', 'ds-cfg-smtp-server: edited.example.com:25');
    const words = ['ldapvi', ...login(), '-b', NAME, '-s', 'base', '--noquestions'];
    const { code, stdout } = await inTerminal(words, edit);
    expect(code, stdout).toBe(0);
    expect(stdout).toContain('add: 0, rename: 0, modify: 1, delete: 0');
    expect(await smtpServer()).toEqual(['edited.example.com:25']);
  });

  it('makes the changes of a file, and shows why one is refused', async () => {
    const file = join(folder, 'changes');
    const change = async (value: string) => {
      await writeFile(file, `modify: ${NAME}\nreplace: ds-cfg-smtp-server\n: ${value}\n\n`);
      return inTerminal(['ldapvi', '--ldapmodify', '--ldapvi', ...login(), file]);
    };
    expect(await change('changed.example.com')).toMatchObject({ code: 0 });
    const refused = await change('changed.example.com:70000');
    expect(refused.code).not.toBe(0);
    expect(refused.stdout).toContain('"changed.example.com:70000" has a port that is not a number');
    expect(await smtpServer()).toEqual(['changed.example.com']);
  });
});
