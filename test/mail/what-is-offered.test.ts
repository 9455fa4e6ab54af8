// Nothing goes to a mail server that it does not offer: no login, no mechanism, no UTF-8 address, no 8-bit content, nothing
// that is too large. What it was sent is looked at octet by octet.

import { afterEach, describe, expect, test } from 'vitest';
import { deliver } from '../../src/mail/deliver.ts';
import {
  endScriptedMailServers,
  type MailServerWords,
  mailServerAnswers,
  ScriptedMailServer,
} from '../support/mail/scripted-mail-server.ts';
import { mailServer, READY, type ServerWords } from './mail-room.ts';

const CANARY = 'canary-Ohw0ahNg';
/** The password in every form in which SMTP carries it. */
const FORMS = [
  CANARY,
  ...[CANARY, `\0alice\0${CANARY}`, `alice\0alice\0${CANARY}`].map((text) =>
    Buffer.from(text).toString('base64'),
  ),
];

afterEach(endScriptedMailServers);

async function against(offers: MailServerWords, words: Partial<ServerWords> = {}) {
  const other = await ScriptedMailServer.start(mailServerAnswers(offers));
  return { other, server: mailServer({ port: other.port, ...words }) };
}

const LOGINS: readonly [
  name: string,
  MailServerWords,
  properties: readonly string[],
  problem: RegExp,
  advice: RegExp,
][] = [
  ['no AUTH', { offers: ['SIZE'] }, [], /offers no login here\.$/, /use-start-tls/],
  ['AUTH without mechanisms', { offers: ['AUTH'] }, [], /offers no login here\.$/, /use-start-tls/],
  ['STARTTLS only', { offers: ['STARTTLS'] }, [], /offers no login here\.$/, /set use-start-tls to true\./],
  ['XOAUTH2', { offers: ['AUTH XOAUTH2'] }, [], /offers XOAUTH2 only, which is not supported here/, /PLAIN/],
  [
    'mechanisms nobody here speaks',
    { offers: ['AUTH GSSAPI NTLM', 'AUTH=SCRAM-SHA-256'] },
    [],
    /offers GSSAPI, NTLM and SCRAM-SHA-256 only/,
    /PLAIN, LOGIN and CRAM-MD5/,
  ],
  [
    'other mechanisms than the one that is wanted',
    { offers: ['AUTH LOGIN PLAIN'] },
    ['mail.smtp.auth.mechanisms=CRAM-MD5'],
    /offers LOGIN and PLAIN for the login, not CRAM-MD5/,
    /Set it to PLAIN or LOGIN, or remove it/,
  ],
  ['HELO only', { says: { EHLO: '502 no\r\n' } }, [], /offers no login here\.$/, /auth-username/],
  [
    'XPLAIN, which is not PLAIN',
    { offers: ['AUTH XPLAIN', 'XAUTH PLAIN'] },
    [],
    /offers XPLAIN only/,
    /PLAIN/,
  ],
];

test.each(LOGINS)('%s: nobody logs in, no message goes out, and it says why', async (...row) => {
  const [, offers, properties, problem, advice] = row;
  const { other, server } = await against(offers, { password: CANARY, properties });
  const failure = { step: 'login', isFinal: false, isUnclear: false };
  expect(await server.hand(READY)).toMatchObject({ kind: 'failed', failure });
  const { failure: found } = await server.check();
  expect(found?.problem).toMatch(problem);
  expect(found?.advice).toMatch(advice);
  expect(found?.step).toBe('login');
  expect(other.heard).not.toMatch(/AUTH|MAIL|RCPT/);
  for (const form of FORMS) expect(other.heard).not.toContain(form);
  server.close();
});

test.each([
  ['AUTH PLAIN', 'PLAIN'],
  ['AUTH LOGIN PLAIN', 'PLAIN'],
  ['auth=plain', 'PLAIN'],
  ['AUTH CRAM-MD5 XOAUTH2', 'CRAM-MD5'],
  ['AUTH DIGEST-MD5 LOGIN', 'LOGIN'],
])('%s: the login is by %s', async (offer, mechanism) => {
  const challenge = { 'AUTH CRAM-MD5': '334 PDE+\r\n', 'AUTH LOGIN': '334 VXNlcm5hbWU6\r\n' };
  const passwordWanted = { [Buffer.from('alice').toString('base64')]: '334 UGFzc3dvcmQ6\r\n' };
  const password = { [Buffer.from(CANARY).toString('base64')]: '235 in\r\n' };
  const hash = { [Buffer.from('alice ').toString('base64').slice(0, 6)]: '235 in\r\n' };
  const says = { ...challenge, ...passwordWanted, ...password, ...hash };
  const { other, server } = await against({ offers: [offer], says }, { password: CANARY });
  expect(await server.hand(READY)).toMatchObject({ kind: 'answered' });
  expect(other.lines.filter((line) => line.startsWith('AUTH')).map((line) => line.split(' ')[1])).toEqual([
    mechanism,
  ]);
  server.close();
});

describe('what a message needs', () => {
  const to = 'jörg@example.com';
  const eightBit = { ...READY, content: Buffer.from('Subject: x\r\n\r\nGrüße.\r\n') };
  const utf8Header = { ...READY, content: Buffer.from('Subject: Grüße\r\n\r\nText.\r\n') };
  const cases = [
    [
      'an address beyond ASCII',
      { ...READY, to: ['one@example.com', to] },
      ['8BITMIME'],
      /SMTPUTF8, which jörg@/,
    ],
    ['a sender beyond ASCII', { ...READY, from: to }, ['8BITMIME'], /SMTPUTF8, which jörg@/],
    ['a header in UTF-8', utf8Header, ['8BITMIME'], /SMTPUTF8.* header/],
    ['8-bit content', eightBit, ['SMTPUTF8'], /8BITMIME/],
    ['more octets than allowed', READY, ['SIZE 20'], /up to 20 octets \(SIZE\); this one has 27/],
  ] as const;

  test.each(cases)('%s: is refused before MAIL, and the next mail server has it', async (...row) => {
    const [, message, offers, problem] = row;
    const poor = await against({ offers });
    const outcome = await poor.server.hand(message);
    expect(outcome).toMatchObject({ kind: 'failed', failure: { step: 'message', isUnclear: false } });
    expect(outcome.kind === 'failed' ? outcome.failure.problem : '').toMatch(problem);
    expect(poor.other.heard).not.toMatch(/MAIL|RCPT|DATA|RSET/);
    // It is about the message: the next one may go there, on the same connection.
    expect(poor.server.restsForMs).toBe(0);
    const small = { ...READY, content: Buffer.from('A: b\r\n\r\nText\r\n') };
    expect(await poor.server.hand(small)).toMatchObject({ kind: 'answered' });
    expect(poor.other.lines.filter((line) => line.startsWith('EHLO'))).toHaveLength(1);
    const rich = await against({ offers: ['SMTPUTF8', '8BITMIME', 'SIZE 1000'] });
    const delivery = await deliver(message, [poor.server, rich.server]);
    expect(delivery.accepted).toMatchObject([{ recipients: message.to }]);
    const none = await deliver(message, [poor.server]);
    expect(none).toMatchObject({ remaining: [], accepted: [], deferred: [], refused: [{}] });
    poor.server.close();
    rich.server.close();
  });

  test('what is offered is used', async () => {
    const { other, server } = await against({ offers: ['SMTPUTF8', '8BITMIME', 'SIZE'] });
    const message = { ...eightBit, to: [to] };
    expect(await server.hand(message)).toMatchObject({ kind: 'answered', accepted: [to] });
    const [mail] = other.lines.filter((line) => line.startsWith('MAIL'));
    expect(mail).toBe(
      `MAIL FROM:<confdit@example.com> SMTPUTF8 BODY=8BITMIME SIZE=${eightBit.content.length}`,
    );
    server.close();
  });

  test('SMTPUTF8 is asked for where the header needs it, and not for the next message', async () => {
    const { other, server } = await against({ offers: ['SMTPUTF8', '8BITMIME'] });
    for (const message of [utf8Header, eightBit, { ...utf8Header, to: [to] }])
      expect(await server.hand(message)).toMatchObject({ kind: 'answered', accepted: message.to });
    expect(other.lines.filter((line) => line.startsWith('MAIL'))).toEqual([
      'MAIL FROM:<confdit@example.com> SMTPUTF8 BODY=8BITMIME',
      'MAIL FROM:<confdit@example.com> BODY=8BITMIME',
      'MAIL FROM:<confdit@example.com> SMTPUTF8 BODY=8BITMIME',
    ]);
    server.close();
  });

  test('a domain beyond ASCII goes over the wire as xn--, and is accepted by its own name', async () => {
    const { other, server } = await against({});
    const address = 'info@bücher.example';
    expect(await server.hand({ ...READY, to: [address] })).toMatchObject({ accepted: [address] });
    expect(other.heard).toContain('RCPT TO:<info@xn--bcher-kva.example>');
    const unwilling = await against({ says: { RCPT: '550 5.1.1 no\r\n' } });
    expect(await unwilling.server.hand({ ...READY, to: [address] })).toMatchObject({
      refused: [{ recipient: address }],
    });
    server.close();
    unwilling.server.close();
  });
});

test('a connection that the mail server ended meanwhile costs no message, and one that it ends with 421 neither', async () => {
  for (const farewell of ['', '421 4.4.2 timeout\r\n']) {
    let messages = 0;
    const usual = mailServerAnswers();
    const other = await ScriptedMailServer.start((line, socket) => {
      const isSecond = line.startsWith('MAIL') && messages === 1;
      if (line === '.') messages += 1;
      if (!isSecond) return usual(line, socket);
      messages += 1;
      socket.end(farewell);
      return undefined;
    });
    const server = mailServer({ port: other.port });
    expect(await server.hand(READY)).toMatchObject({ kind: 'answered' });
    expect(await server.hand(READY)).toMatchObject({ kind: 'answered' });
    expect(other.lines.filter((line) => line.startsWith('EHLO'))).toHaveLength(2);
    expect(other.lines.filter((line) => line === '.')).toHaveLength(2);
    server.close();
  }
});

test('STARTTLS is not asked for where it is not offered', async () => {
  for (const says of [{}, { EHLO: '500 no\r\n' }]) {
    const { other, server } = await against(
      { offers: ['AUTH PLAIN'], says },
      { password: CANARY, useStartTls: true },
    );
    const { failure } = await server.check();
    expect(failure).toMatchObject({
      step: 'tls',
      problem: expect.stringContaining('does not offer STARTTLS'),
    });
    expect(other.heard).not.toMatch(/STARTTLS|AUTH/);
    server.close();
  }
});
