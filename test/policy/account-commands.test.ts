// What an administrator does for an account that cannot log in: by commands, and by a modify of any LDAP client.

import { beforeAll, describe, expect, it } from 'vitest';
import { accountDn, accountLdif } from '../support/accounts.ts';
import { runHere } from '../support/confdit-program.ts';
import { LdapTools, runProgram } from '../support/ldap-tools.ts';
import { ADMINISTRATOR, type RunningServer, startServer } from '../support/start-server.ts';

const POLICY = 'cn=Locking,cn=Password Policies,cn=config';
const RIGHT = 'green-lamp-quiet-72';
const NAME = 'somebody';
const DN = accountDn(NAME);

let server: RunningServer;
let tools: LdapTools;

beforeAll(async () => {
  server = await startServer();
  tools = new LdapTools(server);
  const own = {
    password: RIGHT,
    privileges: ['config-read'],
    lines: [`ds-pwp-password-policy-dn: ${POLICY}`],
  };
  const helper = { password: RIGHT, privileges: ['config-read', 'config-write', 'password-reset'] };
  const { code } = await tools.add(
    [
      `dn: ${POLICY}\nobjectClass: ds-cfg-password-policy\nds-cfg-lockout-failure-count: 1\n`,
      accountLdif(NAME, own),
      accountLdif('helper', helper),
      accountLdif('reader', { ...own, privileges: ['config-read', 'config-write'], lines: [] }),
    ].join('\n'),
  );
  expect(code).toBe(0);
});

const confdit = (...words: readonly string[]) => runHere([...words, '--instance', server.folder]);

async function canBind(): Promise<boolean> {
  return (await runProgram('ldapwhoami', ['-x', '-H', server.url, '-D', DN, '-w', RIGHT])).code === 0;
}

async function lock(): Promise<void> {
  await runProgram('ldapwhoami', ['-x', '-H', server.url, '-D', DN, '-w', 'wrong']);
  expect(await canBind()).toBe(false);
}

const unlockLdif = `dn: ${DN}\nchangetype: modify\ndelete: pwdAccountLockedTime\n-\ndelete: pwdFailureTime\n`;

describe('an account that is locked', () => {
  it('is shown to be so, and unlocked by a command', async () => {
    await lock();
    const shown = await confdit('get-password-policy-state', NAME);
    expect(shown.stdout).toMatch(/^locked since +\d{14}/m);
    expect(shown.stdout).toContain(POLICY);
    expect(JSON.parse((await confdit('get-password-policy-state', DN, '--json')).stdout)).toMatchObject({
      account: DN,
      state: { pwdPolicySubentry: [POLICY], pwdAccountLockedTime: [expect.stringMatching(/^\d{14}/)] },
    });
    expect(await confdit('unlock-account', NAME)).toMatchObject({
      stdout: `${DN} is no longer locked.\n`,
      code: 0,
    });
    expect(await canBind()).toBe(true);
    expect((await confdit('unlock-account', NAME)).stdout).toContain('is not locked');
    expect((await confdit('get-password-policy-state', NAME)).stdout).not.toContain('locked since');
  });

  it('is shown to be so by its effective entry too', async () => {
    const names = ['pwdPolicySubentry', 'pwdAccountLockedTime', 'pwdFailureTime'];
    const stateOf = async (dn: string) => {
      const [entry] = await tools.entries(dn, '-s', 'base', ...names);
      return names.map((name) => entry?.values(name.toLowerCase()));
    };
    const twin = (dn: string) => dn.replace(/config$/, 'effective');
    await lock();
    expect(await stateOf(twin(DN))).toEqual(await stateOf(DN));
    expect((await stateOf(DN)).every((values) => values?.length === 1)).toBe(true);
    // The administrator names no policy: it has the default one.
    expect(await stateOf(twin(ADMINISTRATOR))).toEqual(await stateOf(ADMINISTRATOR));
    expect((await stateOf(ADMINISTRATOR))[0]).toHaveLength(1);
    expect((await tools.modify(unlockLdif)).code).toBe(0);
  });

  it('is unlocked by a modify of those who could set its password', async () => {
    await lock();
    const login = (name: string) => ['-x', '-H', server.url, '-D', accountDn(name), '-w', RIGHT];
    const refused = await runProgram('ldapmodify', login('reader'), unlockLdif);
    expect([refused.code, refused.stderr]).toEqual([50, expect.stringContaining('may not unlock')]);
    expect(await canBind()).toBe(false);
    expect(await runProgram('ldapmodify', login('helper'), unlockLdif)).toMatchObject({ code: 0 });
    expect(await canBind()).toBe(true);
  });

  it('is unlocked by a modify of nothing else, and not by a trial', async () => {
    await lock();
    const mixed = `${unlockLdif}-\nreplace: description\ndescription: x\n`;
    expect((await tools.modify(mixed)).stderr).toContain('is kept by the server');
    expect((await tools.run('ldapmodify', ['-e', 'noop'], unlockLdif)).code).not.toBe(0);
    expect(await canBind()).toBe(false);
    expect((await tools.modify(unlockLdif)).code).toBe(0);
    expect(await canBind()).toBe(true);
  });
});

it('an account is disabled and enabled by commands', async () => {
  expect((await confdit('disable-account', NAME)).stdout).toBe(`${DN} is disabled now.\n`);
  expect(await canBind()).toBe(false);
  expect((await confdit('disable-account', NAME)).stdout).toContain('is disabled already');
  expect((await confdit('get-password-policy-state', NAME)).stdout).toMatch(/^disabled +true$/m);
  expect((await confdit('enable-account', NAME)).stdout).toBe(`${DN} is enabled again.\n`);
  expect(await canBind()).toBe(true);
  expect(await confdit('enable-account', 'nobody')).toMatchObject({ code: 32 });
});
