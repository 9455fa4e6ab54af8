import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { PRIVILEGES } from '../../src/config/objects/root-dn-user.ts';
import { accountDn, accountLdif } from '../support/accounts.ts';
import { PROGRAM } from '../support/confdit-program.ts';
import { LdapTools, runProgram } from '../support/ldap-tools.ts';
import { ADMINISTRATOR, type RunningServer, startServer } from '../support/start-server.ts';

const POLICY = 'cn=Locking,cn=Password Policies,cn=config';
const RIGHT = 'green-lamp-quiet-72';
const WRONG = 'green-lamp-quiet-73';

let server: RunningServer;
let tools: LdapTools;

beforeAll(async () => {
  server = await startServer({ password: 'test-password-1' });
  tools = new LdapTools(server);
  await applied(
    `dn: ${POLICY}\nchangetype: add\nobjectClass: ds-cfg-password-policy\nds-cfg-lockout-failure-count: 2\n`,
  );
});

async function applied(ldif: string): Promise<void> {
  const { code, stderr } = await tools.modify(ldif);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
}

async function account(name: string, privileges: readonly string[] = []): Promise<string> {
  const lines = [`ds-pwp-password-policy-dn: ${POLICY}`];
  const ldif = accountLdif(name, { password: RIGHT, privileges, lines });
  await applied(ldif.replace('\n', '\nchangetype: add\n'));
  return accountDn(name);
}

/** What `ldapwhoami -e ppolicy` says. */
async function bind(dn: string, password: string, ...words: readonly string[]): Promise<string> {
  const login = ['-x', '-H', server.url, '-D', dn, '-w', password, '-e', 'ppolicy', ...words];
  const { stdout, stderr } = await runProgram('ldapwhoami', login);
  return stdout + stderr;
}

async function lock(dn: string): Promise<void> {
  for (let attempt = 0; attempt < 2; attempt++) expect(await bind(dn, WRONG)).toContain('(49)');
}

describe('an account that failed logins have locked', () => {
  it('refuses the right password, and gives the reason to nobody else', async () => {
    const dn = await account('locked');
    await lock(dn);
    const [right, wrong] = [await bind(dn, RIGHT), await bind(dn, WRONG)];
    expect(right).toContain('The account is locked');
    expect(right).toContain('Account locked');
    expect(wrong).toContain('(49)');
    expect(wrong).not.toContain('locked');
    const scram = ['-Q', '-H', server.url, '-Y', 'SCRAM-SHA-256', '-U', dn, '-w', RIGHT];
    expect((await runProgram('ldapwhoami', scram)).stderr).toContain('The account is locked');
    await server.waitForLog(
      ({ alert, about }) => alert === 'confdit.AccountLocked' && String(about).includes(dn),
    );
  });

  it('is unlocked by another password', async () => {
    const dn = await account('reset');
    await lock(dn);
    const reset = [
      '-x',
      '-H',
      server.url,
      '-D',
      ADMINISTRATOR,
      '-w',
      server.password,
      '-s',
      `${RIGHT}-4`,
      dn,
    ];
    expect((await runProgram('ldappasswd', reset)).code).toBe(0);
    expect(await bind(dn, `${RIGHT}-4`)).toContain(`dn:${dn}`);
  });

  it('counts no failures from before a login that succeeds', async () => {
    const dn = await account('counted');
    await bind(dn, WRONG);
    expect(await bind(dn, RIGHT)).toContain(`dn:${dn}`);
    await bind(dn, WRONG);
    expect(await bind(dn, RIGHT)).toContain(`dn:${dn}`);
  });

  it('stays locked over a restart, and failed logins are no changes', async () => {
    const dn = await account('restarted');
    const numberOf = async () => (await tools.search('', '-s', 'base', 'lastChangeNumber')).stdout;
    const before = await numberOf();
    await lock(dn);
    expect(await numberOf()).toBe(before);
    const { folder, password } = server;
    await server.stop();
    server = await startServer({ folder, password: null });
    tools = new LdapTools({ url: server.url, password });
    expect(await bind(dn, RIGHT)).toContain('The account is locked');
  });
});

describe('a locked account stays locked', () => {
  it('under another name', async () => {
    const dn = await account('named');
    await lock(dn);
    await applied(`dn: ${dn}\nchangetype: modrdn\nnewrdn: cn=renamed\ndeleteoldrdn: 1\n`);
    expect(await bind(accountDn('renamed'), RIGHT)).toContain('The account is locked');
  });

  it('and passes its lock on to no account that has its name later', async () => {
    const dn = await account('replaced');
    await lock(dn);
    await applied(`dn: ${dn}\nchangetype: delete\n`);
    await account('replaced');
    expect(await bind(dn, RIGHT)).toContain(`dn:${dn}`);
  });

  it('for those who act for it', async () => {
    const dn = await account('acted for');
    expect(await actFor(dn)).toContain(`dn:${dn}`);
    await lock(dn);
    expect(await actFor(dn)).toContain('nobody may log in to now');
    expect(await authorizedAs(dn)).toContain('nobody may log in to now');
  });
});

/** What whoami says to the administrator, by proxied authorization (RFC 4370). */
async function actFor(dn: string): Promise<string> {
  const { stdout, stderr } = await tools.run('ldapwhoami', ['-e', `!authzid=dn:${dn}`]);
  return stdout + stderr;
}

/** The same by a bind with an authorization identity. */
async function authorizedAs(dn: string): Promise<string> {
  const login = ['-Q', '-H', server.url, '-Y', 'SCRAM-SHA-256', '-U', 'admin', '-w', server.password];
  const { stdout, stderr } = await runProgram('ldapwhoami', [...login, '-X', `dn:${dn}`]);
  return stdout + stderr;
}

describe('a disabled account of a memory backend', () => {
  it('refuses its password', async () => {
    const base = 'dc=people,dc=test';
    const dn = `uid=jo,${base}`;
    await applied(
      [
        'dn: ds-cfg-backend-id=people,cn=Backends,cn=config\nchangetype: add',
        'objectClass: ds-cfg-memory-backend\nds-cfg-enabled: true',
        `ds-cfg-base-dn: ${base}\n`,
        `dn: ${base}\nchangetype: add\nobjectClass: domain\ndc: people\n`,
        `dn: ${dn}\nchangetype: add\nobjectClass: inetOrgPerson\nuid: jo\ncn: Jo\nsn: Jo`,
        `userPassword: ${RIGHT}\n`,
      ].join('\n'),
    );
    expect(await bind(dn, RIGHT)).toContain(`dn:${dn}`);
    await applied(
      `dn: ${dn}\nchangetype: modify\nadd: ds-pwp-account-disabled\nds-pwp-account-disabled: TRUE\n`,
    );
    expect(await bind(dn, RIGHT)).toContain('The account is disabled');
    expect(await actFor(dn)).toContain('nobody may log in to now');
  });
});

describe('a disabled account', () => {
  it('refuses its password, with the reason, and its sessions end', async () => {
    const dn = await account('disabled');
    await applied(
      `dn: ${dn}\nchangetype: modify\nadd: ds-pwp-account-disabled\nds-pwp-account-disabled: TRUE\n`,
    );
    expect(await bind(dn, RIGHT)).toContain('The account is disabled');
    expect(await bind(dn, WRONG)).not.toContain('disabled');
    await applied(`dn: ${dn}\nchangetype: modify\ndelete: ds-pwp-account-disabled\n`);
    expect(await bind(dn, RIGHT)).toContain(`dn:${dn}`);
  });

  it('is not the last one that can change the configuration', async () => {
    const { stderr } = await tools.modify(
      `dn: ${ADMINISTRATOR}\nchangetype: modify\nadd: ds-pwp-account-disabled\nds-pwp-account-disabled: true\n`,
    );
    expect(stderr).toContain('(53)');
  });
});

/** Runs the commands of a section of docs/passwords.md, pasted into a shell. */
async function pasted(section: string, block: number): Promise<string> {
  const text = await readFile(new URL('../../docs/passwords.md', import.meta.url), 'utf8');
  const blocks = text.slice(text.indexOf(`## ${section}`)).matchAll(/```shell\n(.*?)```/gs);
  const commands = [...blocks][block]?.[1] ?? 'false';
  const typed = commands
    .replaceAll('/path/to/instance', server.folder)
    .replaceAll('%2Fpath%2Fto%2Finstance', encodeURIComponent(server.folder));
  const confdit = `confdit() { '${process.execPath}' '${PROGRAM}' "$@"; }`;
  const { code, stdout, stderr } = await runProgram('bash', [
    '-e',
    '-c',
    `cd '${server.folder}'\n${confdit}\n${typed}`,
  ]);
  expect([code, stderr]).toEqual([0, '']);
  return stdout;
}

describe('an administrator that cannot log in', () => {
  const section = 'When no administrator can log in';

  it('has a way back over the local socket, whatever the policy says', async () => {
    const strict = 'cn=Strict,cn=Password Policies,cn=config';
    const rules = [
      'lockout-failure-count: 1',
      'min-password-age: 10 d',
      'allow-user-password-changes: false',
      'password-change-requires-current-password: true',
      'require-secure-password-changes: true',
      'password-history-count: 3',
    ].map((rule) => `ds-cfg-${rule}\n`);
    await applied(`dn: ${strict}\nchangetype: add\nobjectClass: ds-cfg-password-policy\n${rules.join('')}`);
    const full = await account('full', PRIVILEGES);
    await applied(
      `dn: ${ADMINISTRATOR}\nchangetype: modify\nadd: ds-pwp-password-policy-dn\nds-pwp-password-policy-dn: ${strict}\n`,
    );
    await bind(ADMINISTRATOR, WRONG);
    tools = new LdapTools({ url: server.url, password: RIGHT }, full);
    await applied(
      `dn: ${ADMINISTRATOR}\nchangetype: modify\nadd: ds-pwp-account-disabled\nds-pwp-account-disabled: true\n`,
    );
    await lock(full);
    const printed = await pasted(section, 0);
    const [, password = ''] = /^New password: (\S+)$/m.exec(printed) ?? [];
    expect(await bind(ADMINISTRATOR, password)).toContain(`dn:${ADMINISTRATOR}`);
  });

  it('comes back by an import when it was deleted', async () => {
    const login = [
      '-Q',
      '-Y',
      'EXTERNAL',
      '-H',
      `ldapi://${encodeURIComponent(join(server.folder, 'ldapi'))}`,
    ];
    expect((await runProgram('ldapdelete', [...login, ADMINISTRATOR])).code).toBe(0);
    const text = await readFile(new URL('../../docs/passwords.md', import.meta.url), 'utf8');
    const [, ldif = ''] = /```ldif\n(dn: cn=admin,.*?)```/s.exec(text) ?? [];
    await writeFile(join(server.folder, 'admin.ldif'), ldif);
    await server.stop();
    await pasted(section, 1);
    server = await startServer({ folder: server.folder, password: null });
    const [, password = ''] = /^userPassword: (.*)$/m.exec(ldif) ?? [];
    expect(await bind('uid=admin', password)).toContain(`dn:${ADMINISTRATOR}`);
  });
});
