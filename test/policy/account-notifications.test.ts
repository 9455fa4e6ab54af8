// What becomes of accounts, told by mail and in the log: the whole server, and a real SMTP server that the mails come to.

import { once } from 'node:events';
import { createServer } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { mailServerLdif } from '../mail/mail-servers-in-ldif.ts';
import { accountDn, accountLdif } from '../support/accounts.ts';
import { runHere } from '../support/confdit-program.ts';
import { LdapTools, runProgram } from '../support/ldap-tools.ts';
import { endReceivers, type Received, SmtpReceiver } from '../support/mail/smtp-receiver.ts';
import { type RunningServer, startServer } from '../support/start-server.ts';
import { until } from '../support/until.ts';

const HANDLERS = 'cn=Account Status Notification Handlers,cn=config';
const POLICY = 'cn=Told,cn=Password Policies,cn=config';
const BASE = 'dc=told,dc=test';
const DN = `uid=jo,${BASE}`;
const FIRST = 'green-lamp-quiet-72';
const SECOND = 'brown-lamp-quiet-73';
const TYPES = [
  'account-temporarily-locked',
  'account-unlocked',
  'account-disabled',
  'account-enabled',
  'account-expired',
  'password-expired',
  'password-expiring',
  'password-reset',
  'password-changed',
];
const TEMPLATE = [
  'Dear %%notification-user-attr:cn%%,',
  '',
  '%%notification-message%% (%%Notification-Type%%, %%notification-user-dn%%)',
  'Policy: %%notification-property:password-policy-dn%%.',
  'Unlock: %%notification-property:time-until-unlock%%; expiry: %%notification-property:time-until-expiration%%.',
  '',
].join('\n');

let server: RunningServer;
let tools: LdapTools;
let receiver: SmtpReceiver;

beforeAll(async () => {
  receiver = await SmtpReceiver.start();
  server = await startServer({
    files: {
      'config/told.txt': TEMPLATE,
      'config/told.html': '<p>%%notification-user-attr:sn%%</p>',
      'config/secret.txt': 'Your new password is\n%%notification-property:new-password%%.',
      'config/unclosed.txt': 'one\n%%notification-type',
      'config/hash.txt': '%%notification-user-attr:userPassword%%',
    },
  });
  tools = new LdapTools(server);
  await applied(
    [
      mailServerLdif('Receiver', { 'smtp-server': `127.0.0.1:${receiver.port}`, 'use-start-tls': false }),
      handlerLdif('Mail', 'smtp', [
        'ds-cfg-sender-address: confdit@example.com',
        'ds-cfg-recipient-address: admin@example.com',
        'ds-cfg-email-address-attribute-type: mail',
        'ds-cfg-message-subject: password-reset:A new password for you',
        ...TYPES.map((type) => `ds-cfg-message-template-file: ${type}:config/told.txt`),
      ]),
      handlerLdif('Log', 'error-log', ['ds-cfg-account-status-notification-type: account-disabled']),
      `dn: ${POLICY}\nobjectClass: ds-cfg-password-policy\nds-cfg-lockout-failure-count: 1\nds-cfg-lockout-duration: 90 m`,
      `ds-cfg-account-status-notification-handler: cn=Mail,${HANDLERS}`,
      `ds-cfg-account-status-notification-handler: cn=Log,${HANDLERS}\n`,
      `dn: ds-cfg-backend-id=told,cn=Backends,cn=config\nobjectClass: ds-cfg-memory-backend\nds-cfg-enabled: true`,
      `ds-cfg-base-dn: ${BASE}\n`,
      `dn: ${BASE}\nobjectClass: domain\ndc: told\n`,
      `dn: ${DN}\nobjectClass: inetOrgPerson\nuid: jo\ncn: Jo\nsn: <b>Jo\nmail: jo@example.com`,
      `ds-pwp-password-policy-dn: ${POLICY}\nuserPassword: ${FIRST}\n`,
      accountLdif('told', { password: FIRST, lines: [`ds-pwp-password-policy-dn: ${POLICY}`] }),
    ].join('\n'),
  );
});

afterAll(endReceivers);

afterEach(() => {
  receiver.messages.length = 0;
});

function handlerLdif(name: string, kind: string, lines: readonly string[]): string {
  return [
    `dn: cn=${name},${HANDLERS}`,
    'objectClass: ds-cfg-account-status-notification-handler',
    `objectClass: ds-cfg-${kind}-account-status-notification-handler`,
    'ds-cfg-enabled: true',
    ...lines,
    '',
  ].join('\n');
}

async function applied(ldif: string): Promise<void> {
  const { code, stderr } = await tools.add(ldif);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
}

async function modified(dn: string, ...lines: readonly string[]): Promise<void> {
  expect(await tools.modify([`dn: ${dn}`, 'changetype: modify', ...lines, ''].join('\n'))).toMatchObject({
    code: 0,
  });
}

async function bind(dn: string, password: string): Promise<string> {
  const { stderr, stdout } = await runProgram('ldapwhoami', [
    '-x',
    '-H',
    server.url,
    '-D',
    dn,
    '-w',
    password,
  ]);
  return stdout + stderr;
}

/** The text of a mail with its lines put together again. */
function textOf({ text }: Received): string {
  return text.replaceAll('=\r\n', '').replaceAll(/\r?\n/g, ' ').replaceAll('=3D', '=');
}

/** The mail that has come about a type of notification. */
async function mailAbout(type: string): Promise<string> {
  const find = () => receiver.messages.map(textOf).find((text) => text.includes(`(${type}, `));
  await until(() => find() !== undefined);
  return find() ?? '';
}

describe('a mail tells the owner of an account', () => {
  it('that it is locked, and that it is unlocked', async () => {
    await bind(DN, 'wrong');
    const locked = await mailAbout('account-temporarily-locked');
    expect(locked).toContain('Dear Jo, ');
    expect(locked).toContain(`(account-temporarily-locked, ${DN}) Policy: ${POLICY}.`);
    expect(locked).toMatch(/Unlock: 1 hour, \d+ minutes; expiry: \./);
    expect(locked).toContain('Subject: Your account is locked for a while');
    expect(locked).toContain('Auto-Submitted: auto-generated');
    expect(receiver.messages[0]).toMatchObject({
      from: 'confdit@example.com',
      to: ['jo@example.com', 'admin@example.com'],
    });
    await runHere(['unlock-account', DN, '--instance', server.folder]);
    expect(await mailAbout('account-unlocked')).toContain('The account is no longer locked.');
    receiver.messages.length = 0;
    await bind(DN, 'wrong');
    await modified(DN, 'replace: userPassword', `userPassword: ${FIRST}`);
    await mailAbout('account-unlocked');
  });

  it('once an hour that it is locked, however often that happens, unless it was unlocked', async () => {
    await modified(POLICY, 'replace: ds-cfg-lockout-duration', 'ds-cfg-lockout-duration: 1 ms');
    const locked = accountDn('locked');
    const lines = [`ds-pwp-password-policy-dn: ${POLICY}`];
    await applied(accountLdif('locked', { password: FIRST, lines }));
    const isLockedAgain = async (count: number) => {
      await bind(locked, 'wrong');
      const alerts = server
        .logLines()
        .filter(({ alert, about }) => alert === 'confdit.AccountLocked' && String(about).includes(locked));
      return alerts.length >= count;
    };
    await until(() => isLockedAgain(3));
    await modified(locked, 'add: ds-pwp-account-disabled', 'ds-pwp-account-disabled: true');
    await mailAbout('account-disabled');
    const mails = () =>
      receiver.messages.map(textOf).filter((text) => text.includes('(account-temporarily-locked, '));
    expect(mails()).toHaveLength(1);
    await modified(locked, 'delete: ds-pwp-account-disabled');
    await runHere(['unlock-account', locked, '--instance', server.folder]);
    await mailAbout('account-unlocked');
    await until(async () => (await isLockedAgain(0)) && mails().length === 2);
    await modified(POLICY, 'replace: ds-cfg-lockout-duration', 'ds-cfg-lockout-duration: 90 m');
  });

  it('that its password was set, by itself or by somebody else', async () => {
    await modified(DN, 'replace: userPassword', `userPassword: ${SECOND}`);
    const reset = await mailAbout('password-reset');
    expect(reset).toContain('Subject: A new password for you');
    expect(reset).not.toContain(SECOND);
    const own = ['-x', '-H', server.url, '-D', DN, '-w', SECOND, '-a', SECOND, '-s', FIRST];
    expect(await runProgram('ldappasswd', own)).toMatchObject({ code: 0 });
    expect(await mailAbout('password-changed')).toContain(
      'The owner of the account has changed its password.',
    );
  });

  it('that it is disabled, enabled, and has expired; the log says what its handler is asked for', async () => {
    const told = accountDn('told');
    await modified(told, 'add: ds-pwp-account-disabled', 'ds-pwp-account-disabled: true');
    expect(await mailAbout('account-disabled')).toContain(told);
    expect(receiver.messages[0]).toMatchObject({ to: ['admin@example.com'] });
    await modified(told, 'delete: ds-pwp-account-disabled');
    expect(await mailAbout('account-enabled')).toContain(told);
    await server.waitForLog(
      ({ notification, account }) => notification === 'account-disabled' && account === told,
    );
    await modified(
      told,
      'add: ds-pwp-account-expiration-time',
      'ds-pwp-account-expiration-time: 20200101000000Z',
    );
    expect(await bind(told, FIRST)).toContain('has expired');
    expect(await mailAbout('account-expired')).toContain('The account has expired.');
    expect(await bind(told, FIRST)).toContain('has expired');
    const about = receiver.messages.map(textOf).filter((text) => text.includes('(account-expired, '));
    expect(about).toHaveLength(1);
  });

  it('that its password expires, and has expired', async () => {
    await modified(POLICY, 'replace: ds-cfg-max-password-age', 'ds-cfg-max-password-age: 4 d');
    await bind(DN, FIRST);
    expect(await mailAbout('password-expiring')).toMatch(/expiry: (?:3 days, 23 hours|4 days)\./);
    await modified(POLICY, 'replace: ds-cfg-max-password-age', 'ds-cfg-max-password-age: 1 s');
    await until(async () => (await bind(DN, FIRST)).includes('has expired'));
    expect(await mailAbout('password-expired')).toContain(DN);
    await modified(POLICY, 'replace: ds-cfg-max-password-age', 'ds-cfg-max-password-age: 0 s');
  });

  it('in HTML, where what is inserted is text', async () => {
    await modified(
      `cn=Mail,${HANDLERS}`,
      'replace: ds-cfg-send-email-as-html',
      'ds-cfg-send-email-as-html: true',
      '-',
      'replace: ds-cfg-message-template-file',
      'ds-cfg-message-template-file: password-reset:config/told.html',
    );
    await modified(DN, 'replace: userPassword', `userPassword: ${SECOND}`);
    await until(() => receiver.messages.length > 0);
    const [mail] = receiver.messages.map(textOf);
    expect(mail).toContain('Content-Type: text/html');
    expect(mail).toContain('<p>&lt;b&gt;Jo</p>');
  });
});

it('a login waits for no mail, be the spool full and the mail server silent', async () => {
  const silent = createServer(() => {});
  await once(silent.listen(0, '127.0.0.1'), 'listening');
  const address = silent.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  await modified(
    'cn=config',
    'replace: ds-cfg-mail-spool-message-limit',
    'ds-cfg-mail-spool-message-limit: 1',
  );
  await modified(
    `cn=Mail,${HANDLERS}`,
    'replace: ds-cfg-message-template-file',
    'ds-cfg-message-template-file: account-temporarily-locked:config/told.txt',
  );
  await modified(
    'cn=Receiver,cn=Mail Servers,cn=config',
    'replace: ds-cfg-smtp-server',
    `ds-cfg-smtp-server: 127.0.0.1:${port}`,
  );
  const isAsked = once(silent, 'connection');
  await modified(accountDn('told'), 'delete: ds-pwp-account-expiration-time');
  expect(await bind(accountDn('told'), 'wrong')).toContain('(49)');
  expect(await bind(accountDn('told'), FIRST)).toContain('The account is locked');
  await isAsked;
  await bind(DN, 'wrong');
  await server.waitForLog(({ alert }) => alert === 'confdit.SpoolRefused');
  expect(await bind(DN, SECOND)).toContain('The account is locked');
  silent.close();
});

it.each([
  ['secret.txt', 'secret.txt:2:1: passwords are not sent by mail'],
  ['unclosed.txt', 'unclosed.txt:2:1: a token does not end on its line'],
  ['hash.txt', 'is no attribute that mails may show'],
  ['none.txt', 'there is none at this path'],
])('a template %s is refused', async (file, reason) => {
  const replaced = [
    'replace: ds-cfg-message-template-file',
    `ds-cfg-message-template-file: password-reset:config/${file}`,
  ];
  const ldif = [`dn: cn=Mail,${HANDLERS}`, 'changetype: modify', ...replaced, ''].join('\n');
  const { code, stderr } = await tools.modify(ldif);
  expect([code, stderr]).toEqual([53, expect.stringContaining(reason)]);
});
