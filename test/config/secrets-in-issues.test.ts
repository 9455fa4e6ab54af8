// No issue shows a secret, whatever is wrong: a canary in every place a secret can come from.

import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Entry } from '../../src/ldap/entry.ts';
import { formatIssue } from '../../src/ldap/issue.ts';
import { account, Configuration, mail, trust } from './configuration.ts';

const CANARY = 'canary-51f0';

const environment = { SMTP_PASSWORD: CANARY, LOOP: `${CANARY}$<loop>`, BROKEN: `${CANARY}$<nothing.here>` };

const SECRETS = [
  CANARY,
  '$<smtp.password>',
  `$<nothing|${CANARY}>$<nothing>`,
  `${CANARY}$<nothing>`,
  `$<nothing.a|${CANARY}$<nothing.b>>`,
  `$<env:NOTHING|${CANARY}$<x>>`,
  '$<loop>',
  '$<broken>',
  `$<${CANARY.slice(0, 3)}`,
  `${CANARY}$<`,
  '',
];

const store = {
  objectClass: ['top', 'ds-cfg-trust-manager-provider', 'ds-cfg-file-based-trust-manager-provider'],
};

function entriesWith(secret: string): readonly Entry[] {
  return [
    mail('A', { 'ds-cfg-auth-password': secret }),
    mail('B', { 'ds-cfg-auth-password': [secret, CANARY], 'ds-cfg-auth-username': 'u' }),
    mail('C', { 'ds-cfg-smtp-property': [`mail.smtp.proxy.password=${CANARY}`, `password ${CANARY}`] }),
    trust('D', { ...store, 'ds-cfg-trust-store-pin': secret, 'ds-cfg-trust-store-type': 'x' }),
    account('E', { userPassword: secret }),
    account('F', { userPassword: [CANARY, `{SCRYPT}${CANARY}`] }),
  ];
}

it.each(SECRETS)('shows nothing of %j', async (secret) => {
  const configuration = await Configuration.open([], environment);
  const texts = entriesWith(secret).map((entry) => configuration.checkPut(entry).map(formatIssue).join('\n'));
  expect(texts.filter((text) => text === '').length).toBeLessThan(texts.length);
  expect(texts.join('\n')).not.toContain(CANARY);
});

it('shows nothing of a secret amid random expressions', async () => {
  const configuration = await Configuration.open([], environment);
  const piece = fc.constantFrom('$<', '&{', '>', '}', '|', '\\', 'a', 'env:', 'file:', 'smtp.password');
  await fc.assert(
    fc.asyncProperty(
      fc.array(piece, { maxLength: 12 }),
      fc.array(piece, { maxLength: 12 }),
      async (head, tail) => {
        // What stands in the name of a token is a name, so the canary stands where text and defaults are.
        const secret = `${head.join('').replaceAll(/\$<|&\{/g, '')}|${CANARY}${tail.join('')}`;
        const issues = configuration.checkPut(mail('A', { 'ds-cfg-auth-password': secret }));
        expect(issues.map(formatIssue).join('\n')).not.toContain(CANARY);
      },
    ),
  );
});

it('knows which attributes hold secrets', async () => {
  const { validator } = await Configuration.open();
  expect([...validator.definitions.secretAttributes].sort()).toEqual([
    'ds-cfg-auth-password',
    'ds-cfg-key-store-pin',
    'ds-cfg-token',
    'ds-cfg-trust-store-pin',
    'pwdhistory',
    'userpassword',
  ]);
  expect([...validator.definitions.mixedAttributes]).toEqual(['ds-cfg-smtp-property']);
  expect([...validator.definitions.hashedAttributes].sort()).toEqual(['pwdhistory', 'userpassword']);
});
