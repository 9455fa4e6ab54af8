import { beforeAll, describe, expect, it } from 'vitest';
import { accountDn, accountLdif } from '../support/accounts.ts';
import { LdapTools, runProgram } from '../support/ldap-tools.ts';
import { ADMINISTRATOR, type RunningServer, startServer } from '../support/start-server.ts';

const POLICIES = 'cn=Password Policies,cn=config';
const VALIDATORS = 'cn=Password Validators,cn=config';
const GOOD = 'green-lamp-quiet-72';

let server: RunningServer;
let tools: LdapTools;

beforeAll(async () => {
  server = await startServer({ files: { 'words.txt': 'computer\r\nkeyboard\n' } });
  tools = new LdapTools(server);
});

async function applied(ldif: string): Promise<void> {
  const { code, stderr } = await tools.modify(ldif);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
}

async function canBind(dn: string, password: string): Promise<boolean> {
  return (await runProgram('ldapwhoami', ['-x', '-H', server.url, '-D', dn, '-w', password])).code === 0;
}

function ldappasswd(name: string, password: string, ...words: readonly string[]) {
  return runProgram('ldappasswd', ['-x', '-H', server.url, '-D', name, '-w', password, ...words]);
}

/** Adds a policy with these validators: lines of LDIF by the name of each. */
async function policy(
  name: string,
  validators: Readonly<Record<string, readonly string[]>>,
): Promise<string> {
  const dn = `cn=${name},${POLICIES}`;
  const names = Object.keys(validators).map((one) => `cn=${name} ${one},${VALIDATORS}`);
  const entries = Object.entries(validators).map(([one, lines]) => [
    `dn: cn=${name} ${one},${VALIDATORS}`,
    'changetype: add',
    'objectClass: ds-cfg-password-validator',
    `objectClass: ds-cfg-${one}-password-validator`,
    'ds-cfg-enabled: true',
    ...lines,
    '',
  ]);
  const own = [`dn: ${dn}`, 'changetype: add', 'objectClass: ds-cfg-password-policy'];
  const named = names.map((one) => `ds-cfg-password-validator: ${one}`);
  await applied([...entries.flat(), ...own, ...named, ''].join('\n'));
  return dn;
}

describe('the password policy that comes with the server', () => {
  it.each([
    ['one character', 'q', 'fewer than 8 characters'],
    ['a common password', 'Password1', 'list of words'],
    ['one in wide letters', '\uFF30assword1', 'list of words'],
    ['one with characters that are not seen', 'pass\u200Bword\u00AD1', 'list of words'],
    ['characters that are not seen', `xy${'\u200B'.repeat(9)}`, 'fewer than 8 characters'],
  ])('refuses %s, whichever way it comes', async (name, password, reason) => {
    await applied(
      accountLdif(name, { password: GOOD, privileges: ['password-reset'] }).replace(
        '\n',
        '\nchangetype: add\n',
      ),
    );
    const dn = accountDn(name);
    const answers = [
      await tools.add(accountLdif(`${name} too`, { password })),
      await tools.modify(`dn: ${dn}\nchangetype: modify\nreplace: userPassword\nuserPassword: ${password}\n`),
      await ldappasswd(ADMINISTRATOR, server.password, '-s', password, dn),
      await ldappasswd(dn, GOOD, '-a', GOOD, '-s', password),
    ];
    for (const { stdout, stderr } of answers) {
      expect(stdout + stderr).toMatch(/\(19\)/);
      expect(stdout + stderr).toContain(reason);
      expect(stdout + stderr).toContain('userPassword "***"');
    }
    expect([await canBind(dn, GOOD), await canBind(dn, password)]).toEqual([true, false]);
  });

  it('reports everything that is wrong in one answer', async () => {
    const { stderr } = await tools.add(accountLdif('both', { password: '12345' }));
    expect(stderr).toContain('fewer than 8 characters');
    expect(stderr).toContain('list of words');
    expect(stderr).not.toContain('12345');
  });

  it('accepts a hash in place of a password', async () => {
    const hash = '{PBKDF2-HMAC-SHA256}10000:xKsMmlzVLRYdYzcgBuD3ZIAeSj8tNhjDHGFDqhth8Kcbw5qjL5UZxaiS2awL1HjO';
    await applied(accountLdif('hashed', { password: hash }).replace('\n', '\nchangetype: add\n'));
    expect(await canBind(accountDn('hashed'), 'password')).toBe(true);
  });
});

describe('a password policy that an account names', () => {
  it.each([
    ['length-based', ['ds-cfg-min-password-length: 3', 'ds-cfg-max-password-length: 5'], 'toolong', 'fine'],
    ['repeated-characters', ['ds-cfg-max-consecutive-length: 2'], 'abAaa', 'abaab'],
    ['unique-characters', ['ds-cfg-min-unique-characters: 4'], 'abcabc', 'abcd'],
    ['attribute-value', ['ds-cfg-match-attribute: sn'], 'my-eulav-etubirtta', 'something else'],
    [
      'character-set',
      [
        'ds-cfg-allow-unclassified-characters: false',
        'ds-cfg-character-set-ranges: 1:0-9',
        'ds-cfg-character-set: 0:abc',
      ],
      'abc',
      'abc1',
    ],
    ['dictionary', ['ds-cfg-dictionary-file: words.txt'], 'my-retupmoc-8', 'my-compute-8'],
  ])('has a %s validator that decides', async (kind, lines, bad, good) => {
    const dn = await policy(`test ${kind}`, { [kind]: lines });
    const name = `user ${kind.replace('attribute', 'Attribute')}`;
    const entry = (password: string) =>
      accountLdif(name, { password, lines: [`ds-pwp-password-policy-dn: ${dn}`] }).replace(
        `sn: ${name}`,
        `sn: attribute-value`,
      );
    const refused = await tools.add(entry(bad));
    expect(refused.stderr).toContain('(19)');
    expect(refused.stderr).not.toContain(bad);
    await applied(entry(good).replace('\n', '\nchangetype: add\n'));
    expect(await canBind(accountDn(name), good)).toBe(true);
  });

  it('compares with the current password where the client gives that', async () => {
    const dn = await policy('similar', { 'similarity-based': ['ds-cfg-min-password-difference: 3'] });
    const lines = [`ds-pwp-password-policy-dn: ${dn}`];
    await applied(accountLdif('similar', { password: GOOD, lines }).replace('\n', '\nchangetype: add\n'));
    const account = accountDn('similar');
    const refused = await ldappasswd(account, GOOD, '-a', GOOD, '-s', `${GOOD}1`);
    expect(refused.stdout).toContain('too similar to the current password');
    expect(await ldappasswd(account, GOOD, '-a', GOOD, '-s', `another-${GOOD}`)).toMatchObject({ code: 0 });
    expect(await canBind(account, `another-${GOOD}`)).toBe(true);
  });

  it('is what generated passwords fit', async () => {
    const dn = await policy('digits', {
      'length-based': ['ds-cfg-min-password-length: 8', 'ds-cfg-max-password-length: 12'],
      'character-set': ['ds-cfg-allow-unclassified-characters: false', 'ds-cfg-character-set-ranges: 1:0-9'],
    });
    const lines = [`ds-pwp-password-policy-dn: ${dn}`];
    await applied(
      accountLdif('digits', { password: '73915528', lines }).replace('\n', '\nchangetype: add\n'),
    );
    const { stdout } = await ldappasswd(ADMINISTRATOR, server.password, accountDn('digits'));
    const [, password = ''] = /^New password: (\d{8,12})$/m.exec(stdout) ?? [];
    expect(await canBind(accountDn('digits'), password)).toBe(true);
  });

  it('takes no hash where it wants passwords in clear text, and hashes with its own cost', async () => {
    const dn = await policy('clear', {});
    await applied(
      `dn: ${dn}\nchangetype: modify\nadd: ds-cfg-allow-pre-encoded-passwords\nds-cfg-allow-pre-encoded-passwords: false\n-\nadd: ds-cfg-scrypt-cost\nds-cfg-scrypt-cost: 32768\n`,
    );
    const lines = [`ds-pwp-password-policy-dn: ${dn}`];
    const hash = '{PBKDF2-HMAC-SHA256}10000:xKsMmlzVLRYdYzcgBuD3ZIAeSj8tNhjDHGFDqhth8Kcbw5qjL5UZxaiS2awL1HjO';
    expect((await tools.add(accountLdif('clear', { password: hash, lines }))).stderr).toContain('is a hash');
    await applied(accountLdif('clear', { password: GOOD, lines }).replace('\n', '\nchangetype: add\n'));
    const found = await tools.search(accountDn('clear'), '-s', 'base', 'userPassword');
    expect(Buffer.from(/userPassword:: (\S+)/.exec(found.stdout)?.[1] ?? '', 'base64').toString()).toMatch(
      /^\{SCRYPT\}N=32768,/,
    );
  });

  it('is not deleted while an account names it, and its validators stay enabled', async () => {
    const dn = await policy('used', { 'length-based': [] });
    const lines = [`ds-pwp-password-policy-dn: ${dn}`];
    await applied(accountLdif('used', { password: GOOD, lines }).replace('\n', '\nchangetype: add\n'));
    expect((await tools.modify(`dn: ${dn}\nchangetype: delete\n`)).stderr).toContain('(53)');
    const validator = `cn=used length-based,${VALIDATORS}`;
    const disabled = `dn: ${validator}\nchangetype: modify\nreplace: ds-cfg-enabled\nds-cfg-enabled: false\n`;
    expect((await tools.modify(disabled)).stderr).toContain('(53)');
  });

  it('is changed with privilege-change only', async () => {
    const privileges = ['config-read', 'config-write', 'password-reset'];
    await applied(accountLdif('writer', { password: GOOD, privileges }).replace('\n', '\nchangetype: add\n'));
    const login = ['-x', '-H', server.url, '-D', accountDn('writer'), '-w', GOOD];
    for (const ldif of [
      `dn: cn=Default Password Policy,${POLICIES}\nchangetype: modify\ndelete: ds-cfg-password-validator\n`,
      `dn: cn=At least 8 characters,${VALIDATORS}\nchangetype: modify\nreplace: ds-cfg-min-password-length\nds-cfg-min-password-length: 1\n`,
      'dn: cn=config\nchangetype: modify\ndelete: ds-cfg-default-password-policy\n',
      `dn: ${accountDn('writer')}\nchangetype: modify\nadd: ds-pwp-password-policy-dn\nds-pwp-password-policy-dn: cn=Default Password Policy,${POLICIES}\n`,
    ]) {
      const { code, stderr } = await runProgram('ldapmodify', login, ldif);
      expect([code, stderr]).toEqual([50, expect.stringContaining('privilege-change')]);
    }
  });
});
