// Every refusal of the table, said by a mail server at the command that it answers: it is told as what it is, with the way
// out. And answers of real mail servers, with what a person should make of them.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Asked } from '../../src/mail/smtp/asked.ts';
import type { MailFailure } from '../../src/mail/smtp/failure.ts';
import { findRefusal, parseReply, REFUSALS } from '../../src/mail/smtp/refusals/find-refusal.ts';
import type { Refusal } from '../../src/mail/smtp/refusals/refusal.ts';
import { Authority, type Issued } from '../support/certificates.ts';
import {
  CONNECTED,
  endScriptedMailServers,
  mailServerAnswers,
  ScriptedMailServer,
} from '../support/mail/scripted-mail-server.ts';
import { SmtpReceiver } from '../support/mail/smtp-receiver.ts';
import { mailServer, READY, type ServerWords } from './mail-room.ts';

const CANARY = 'canary-ieNg5ooy';

let authority: Authority;
let certificate: Issued;

beforeAll(async () => {
  authority = await Authority.create();
  certificate = await authority.issue();
});

afterAll(async () => {
  await endScriptedMailServers();
  await authority.remove();
});

/** How the command begins that an answer is given to. */
const COMMANDS: Readonly<Partial<Record<Asked, string>>> = { greeting: CONNECTED, message: '.' };

/** What a mail server says to a message and to a check, when it says this to a command. */
async function told(asked: Asked, reply: string, words: Partial<ServerWords> = {}): Promise<MailFailure> {
  const command = COMMANDS[asked] ?? asked;
  // Who refuses EHLO refuses HELO too.
  const says = { [command]: `${reply}\r\n`, ...(asked === 'EHLO' ? { HELO: `${reply}\r\n` } : {}) };
  const offers = ['AUTH PLAIN', 'SIZE', ...(asked === 'STARTTLS' ? ['STARTTLS'] : [])];
  const other = await ScriptedMailServer.start(mailServerAnswers({ offers, says }));
  const server = mailServer({
    port: other.port,
    useStartTls: asked === 'STARTTLS',
    authority: await authority.certificate,
    ...words,
  });
  const outcome = await server.hand(READY);
  if (outcome.kind === 'not tried') throw new Error(outcome.reason);
  if (outcome.kind === 'answered') {
    const [failure] = [...outcome.refused, ...outcome.deferred];
    server.close();
    if (failure === undefined) throw new Error(`Nothing was refused by ${reply}.`);
    return failure;
  }
  const isBeforeMail = !['MAIL', 'RCPT', 'DATA', 'message'].includes(asked);
  if (isBeforeMail) expect((await server.check()).failure?.problem).toBe(outcome.failure.problem);
  server.close();
  return outcome.failure;
}

/** A code of each kind that only general rows take. */
const CODES: Readonly<Record<string, string>> = { '4yz': '459', '5yz': '599', other: '199' };

/** Words for rows that go by words: each from an answer of a mail server in use. */
const SAMPLES: readonly (readonly [means: RegExp, sample: string])[] = [
  [/no more connections/, 'Too many concurrent SMTP connections; please try again later'],
  [/wants TLS first/, 'Must issue a STARTTLS command first'],
  [/a name in the DNS/, 'Client host rejected: cannot find your reverse DNS'],
  [/address of this machine$/, 'Client host [192.0.2.4] blocked using zen.spamhaus.org'],
  [/for FTP/, 'Please login with USER and PASS.'],
  [/by which this server calls itself/, 'Helo command rejected: need fully-qualified hostname'],
  [/after too many logins/, 'Too many login attempts, please try again later'],
  [/password for applications/, 'Application-specific password required'],
  [/with a web browser first/, 'Please log in via your web browser and then try again'],
  [/mechanism for the login that it does not take/, 'Unrecognized authentication type'],
  [/switched off there/, 'Authentication unsuccessful, SmtpClientAuthentication is disabled for the Tenant'],
  [/whose account is disabled/, 'Your account has been disabled'],
  [/wants a login first/, 'Authentication required'],
  [/more messages from this server/, 'Error: too many messages, rate limit'],
  [/as many messages from this server/, 'Daily user sending limit exceeded'],
  [/messages of this size/, 'Error: message file too big, message size exceeds limit'],
  [/no room or no time/, 'Insufficient system storage'],
  [/as a sender of mail for the domain/, 'SPF check failed'],
  [/send as/, 'Sender address rejected: not owned by user alice'],
  [/relay for/, 'Relay access denied'],
  [/at the first try/, 'Recipient address rejected: Greylisted'],
  [/no more recipients/, 'Error: too many recipients'],
  [/room in the mailbox/, 'mailbox is full'],
  [/mailbox is disabled/, 'mailbox has been disabled'],
  [/no mail server for the domain/, 'Domain not found'],
  [/has no mailbox/, 'User unknown in local recipient table'],
  [/what is in the message/, 'Message content rejected'],
  [/such as spam/, 'This message looks like spam'],
  [/for SSH/, 'SSH-2.0-OpenSSH_9.2p1'],
  [/for IMAP/, '* OK [CAPABILITY IMAP4rev1] Dovecot ready.'],
  [/for POP3/, '+OK Dovecot ready.'],
  [/for HTTP/, 'HTTP/1.1 400 Bad Request'],
];

/** An answer that belongs to this row and to no row before it. */
function replyOf(row: Refusal): string {
  const [first = ''] = row.replies.split(' ');
  const code = CODES[first] ?? first;
  const { enhanced, says } = row;
  if (enhanced !== undefined) return `${code} ${code[0]}.${enhanced.split(' ')[0]} x`;
  if (says === undefined) return `${code} x`;
  const [, sample] = SAMPLES.find(([means]) => means.test(row.means)) ?? [];
  if (sample === undefined) throw new Error(`There is no sample for "${row.means}".`);
  return first === 'other' ? sample : `${code} ${sample}`;
}

const ROWS = REFUSALS.flatMap((row, at) =>
  row.at.map((asked) => [`${at + 1} ${asked} ${replyOf(row)}`, row, asked] as const),
);

test.each(ROWS)('%s', async (_, row, asked) => {
  const reply = replyOf(row);
  const isTls = row.when === 'tls';
  const hasLogin = row.when === 'login' || (row.when !== 'no login' && asked !== 'EHLO');
  const words = { ...(hasLogin ? { password: CANARY } : {}), ...(isTls ? { useSsl: true } : {}) };
  // It is the first that fits.
  const isTrue = (condition: Refusal['when']) =>
    ({ login: hasLogin, 'no login': !hasLogin, tls: isTls, clear: asked !== 'STARTTLS' && !isTls })[
      condition ?? 'tls'
    ];
  expect(findRefusal(asked, parseReply(reply), isTrue)).toBe(row);
  const failure = isTls ? await toldInTls(reply) : await told(asked, reply, words);
  const means = row.means.split(/\{\w+\}/).filter((part) => part !== '');
  if (asked === 'message' && row.replies === 'other') {
    expect(failure).toMatchObject({ isUnclear: true, isFinal: false });
    return;
  }
  for (const part of means) expect(failure.problem).toContain(part);
  expect(failure.problem).toContain(`it said "${reply}"`);
  expect(failure.problem).not.toMatch(/\{|undefined/);
  expect(failure.advice).toBe(row.advice);
  expect(failure.isUnclear).toBe(false);
  if (row.concerns !== undefined) expect(failure.step).toBe(row.concerns);
});

/** The same within TLS that begins with the connection. */
async function toldInTls(reply: string): Promise<MailFailure> {
  const receiver = await SmtpReceiver.start({
    secure: true,
    key: certificate.key,
    cert: certificate.certificate,
    onConnect: (_, done) =>
      done(Object.assign(new Error(reply.slice(4)), { responseCode: Number(reply.slice(0, 3)) })),
  });
  const server = mailServer({ port: receiver.port, useSsl: true, authority: await authority.certificate });
  const outcome = await server.hand(READY);
  server.close();
  await receiver.stop();
  if (outcome.kind !== 'failed') throw new Error('Nothing failed.');
  return outcome.failure;
}

describe('answers of mail servers in use', () => {
  const login = { password: CANARY };
  const FINAL = { isFinal: true };
  const NOT_FINAL = { isFinal: false };
  type Case = readonly [Asked, string, Partial<ServerWords>, RegExp, RegExp, Partial<MailFailure>];
  const cases: readonly Case[] = [
    [
      'EHLO',
      '421 4.7.0 Your EHLO name does not match your DNS',
      {},
      /does not accept \S+, by which this server calls itself in EHLO/,
      /mail\.smtp\.localhost/,
      { step: 'greeting' },
    ],
    [
      'EHLO',
      '550 5.7.1 <localhost>: Helo command rejected: Host not found',
      { properties: ['mail.smtp.localhost=confdit.invalid'] },
      /does not accept confdit\.invalid, by which/,
      /mail\.smtp\.localhost/,
      { step: 'greeting' },
    ],
    [
      'greeting',
      '451 4.3.2 System not accepting network messages',
      {},
      /serves nobody now/,
      /for now only/,
      {},
    ],
    [
      'greeting',
      '421 4.3.2 Too many open connections.',
      {},
      /no more connections/,
      /connection-pool-size/,
      {},
    ],
    ['greeting', '554 No SMTP service here', {}, /offers no service to this server/, /may not connect/, {}],
    [
      'MAIL',
      '530 5.7.0 Must issue a STARTTLS command first',
      {},
      /wants TLS first/,
      /use-start-tls/,
      { step: 'tls', isFinal: false },
    ],
    [
      'MAIL',
      '530 5.7.0 Authentication Required.',
      {},
      /wants a login first/,
      /auth-username/,
      { step: 'login', isFinal: false },
    ],
    [
      'AUTH',
      '454 4.7.0 Temporary authentication failure',
      login,
      /cannot check logins now/,
      /may be right/,
      { step: 'login' },
    ],
    [
      'AUTH',
      '535-5.7.8 Username and Password not accepted.\r\n535 5.7.8 x - gsmtp',
      login,
      /does not let this server log in;/,
      /Check auth-username/,
      {},
    ],
    [
      'AUTH',
      '534-5.7.9 Application-specific password required.\r\n534 5.7.9 x',
      login,
      /password for applications for alice/,
      /application password/,
      {},
    ],
    [
      'AUTH',
      '538 5.7.11 Encryption required for requested authentication mechanism',
      login,
      /wants TLS/,
      /use-start-tls/,
      { step: 'tls' },
    ],
    [
      'RCPT',
      '554 5.7.1 <one@example.com>: Relay access denied',
      {},
      /does not relay for this server to one@example\.com/,
      /auth-username/,
      { isFinal: true },
    ],
    [
      'RCPT',
      '550 5.7.1 Unable to relay',
      login,
      /does not relay for alice to one@/,
      /587 or 465/,
      { isFinal: true },
    ],
    [
      'RCPT',
      '550 5.1.1 <one@example.com>: Recipient address rejected: User unknown in local recipient table',
      {},
      /has no mailbox one@example\.com/,
      /Check the address/,
      { isFinal: true },
    ],
    [
      'RCPT',
      '550 5.1.1 one@example.com User not listed in Domino Directory',
      {},
      /has no mailbox one@/,
      /Check the address/,
      {},
    ],
    [
      'RCPT',
      '450 4.2.0 <one@example.com>: Recipient address rejected: Greylisted',
      {},
      /at the first try/,
      /comes again/,
      { isFinal: false },
    ],
    ['RCPT', '452 4.5.3 Error: too many recipients', {}, /no more recipients/, /fewer/, { isFinal: false }],
    [
      'MAIL',
      '552 5.3.4 Message size exceeds fixed limit',
      {},
      /messages of this size/,
      /size limit/,
      { isFinal: true },
    ],
    [
      'MAIL',
      '452 4.3.1 Insufficient system storage',
      {},
      /no room or no time/,
      /for now only/,
      { isFinal: false },
    ],
    [
      'RCPT',
      '553 5.7.1 <confdit@example.com>: Sender address rejected: not owned by user alice',
      login,
      /does not let alice send as confdit@example\.com/,
      /mail\.smtp\.from/,
      { isFinal: true },
    ],
    [
      'message',
      "550 5.7.26 Unauthenticated email from example.com is not accepted due to domain's DMARC policy",
      {},
      /as a sender of mail for the domain/,
      /DKIM/,
      { isFinal: true },
    ],
    [
      'message',
      '421 4.7.28 Our system has detected an unusual rate of mail',
      {},
      /no more messages from this server/,
      /limit/,
      { isFinal: false },
    ],
    ...(
      [
        ['message', '550 5.4.5 Daily user sending limit exceeded. x - gsmtp'],
        ['message', '554 5.2.0 STOREDRV.Submission.Exception:SubmissionQuotaExceededException; Failed'],
        [
          'RCPT',
          "550 5.1.90 Your message can't be sent because you've reached your daily limit for recipients",
        ],
        ['MAIL', '550 5.4.6 Unusual sending activity detected. Please try after sometime'],
        ['MAIL', '550 Domain example.com has exceeded the max emails per hour (100/100 (100%)) allowed'],
        ['RCPT', '550 5.7.233 The tenant exceeds its external recipient rate limit'],
      ] as const
    ).map(
      ([asked, reply]) =>
        [asked, reply, {}, /as many messages from this server as it allows/, /Send less/, NOT_FINAL] as const,
    ),
    // Those of one message, or of its recipient, stay tomorrow.
    ['message', '550 Message exceeds sending size limit', {}, /messages of this size/, /size limit/, FINAL],
    ...(
      [
        '550 5.2.2 The recipient has exceeded their daily quota',
        '550 The mailbox is over its hourly limit',
        '552 5.2.2 Mailbox size limit exceeded',
        '552 5.2.2 The email account that you tried to reach is over quota',
      ] as const
    ).map((reply) => ['RCPT', reply, {}, /no room in the mailbox/, /make room/, FINAL] as const),
    ...(
      [
        '550 5.7.60 SMTP; Client does not have permissions to send as this sender',
        '554 5.2.252 SendAsDenied; alice@example.com not allowed to send as confdit@example.com',
        '554 Message rejected: Email address is not verified. The following identities failed the check',
        '550 The from address does not match a verified Sender Identity.',
      ] as const
    ).map(
      (reply) =>
        ['message', reply, login, /does not let alice send as confdit@/, /mail\.smtp\.from/, FINAL] as const,
    ),
    ...(
      [
        '504 5.7.4 Unrecognized authentication type',
        '504 Unrecognized Authentication Type',
        '535 5.7.4 Unsupported SASL mechanism',
        '501 5.5.4 Invalid mechanism',
      ] as const
    ).map(
      (reply) =>
        ['AUTH', reply, login, /offers a mechanism for the login/, /auth\.mechanisms/, NOT_FINAL] as const,
    ),
    [
      'AUTH',
      '534-5.7.14 <https://accounts.example.com/signin> Please log in via your\r\n534 5.7.14 web browser.',
      login,
      /wants alice to log in with a web browser first/,
      /application password/,
      { step: 'login' },
    ],
    ['EHLO', '503 wrong state for HELO command', {}, /does not take HELO at this point/, /between/, {}],
  ];
  test.each(cases)('%s: %s', async (asked, reply, words, problem, advice, facts) => {
    const failure = await told(asked, reply, words);
    expect(failure.problem).toMatch(problem);
    expect(failure.advice).toMatch(advice);
    expect(failure).toMatchObject(facts);
  });
});
