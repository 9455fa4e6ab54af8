// A mail server that says nothing any more, at each step: where a person waits, the step ends in its time, and is named. And
// what is known of a message when the connection is lost at a certain octet.

import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { Secret } from '../../src/config/secret.ts';
import { type ConnectionPlan, planConnection } from '../../src/mail/connection-plan.ts';
import { NameLookups } from '../../src/mail/name-lookups.ts';
import { secretsOf } from '../../src/mail/secret-text.ts';
import { type Asked, wordsFor } from '../../src/mail/smtp/asked.ts';
import { describeFailure } from '../../src/mail/smtp/failure.ts';
import { SessionError } from '../../src/mail/smtp/session-error.ts';
import { SmtpSession } from '../../src/mail/smtp/smtp-session.ts';
import { Authority } from '../support/certificates.ts';
import {
  CONNECTED,
  endScriptedMailServers,
  mailServerAnswers,
  ScriptedMailServer,
} from '../support/mail/scripted-mail-server.ts';
import { mailServer, READY } from './mail-room.ts';

let authority: Authority;

beforeAll(async () => {
  authority = await Authority.create();
});

afterAll(() => authority.remove());
afterEach(endScriptedMailServers);

function planFor(port: number, useStartTls: boolean): ConnectionPlan {
  return planConnection({
    smtpServer: { host: '127.0.0.1', port },
    authUsername: 'alice',
    authPassword: new Secret('secret-1'),
    useSsl: false,
    useStartTls,
    smtpProperty: [],
    priority: 1,
    connectionPoolSize: 1,
  });
}

/** Goes as far as the mail server lets it, with a fifth of a second for a step. */
async function failedStep(port: number, useStartTls: boolean) {
  const plan = planFor(port, useStartTls);
  const secrets = secretsOf(plan);
  const waited: (Asked | undefined)[] = [];
  const session = new SmtpSession(
    {
      plan,
      secrets,
      lookups: new NameLookups(),
      clockMs: () => 0,
      tls: async () => undefined,
    },
    { stepMs: 200, waits: (asked) => waited.push(asked) },
  );
  try {
    await session.connect();
    await session.logIn();
    await session.send(READY);
  } catch (error) {
    if (!(error instanceof SessionError)) throw error;
    return { error, waited, failure: describeFailure(error, { plan, secrets, refusal: undefined }) };
  } finally {
    session.close();
  }
  throw new Error('Nothing failed.');
}

const STEPS: readonly [Asked, begin: string, said: string | undefined, startTls?: boolean][] = [
  ['greeting', CONNECTED, undefined],
  ['greeting', CONNECTED, '220-goes on\r\n220-and on\r\n'],
  ['EHLO', 'EHLO', undefined],
  ['EHLO', 'EHLO', '250-one\r\n250-two\r\n'],
  ['STARTTLS', 'STARTTLS', undefined, true],
  ['STARTTLS', 'STARTTLS', '220 go\r\n250-injected AUTH PLAIN\r\n250 X', true],
  ['handshake', 'STARTTLS', '220 go\r\n', true],
  ['AUTH', 'AUTH', undefined],
  ['MAIL', 'MAIL', undefined],
  ['RCPT', 'RCPT', undefined],
  ['DATA', 'DATA', undefined],
  ['message', '.', undefined],
];

test.each(STEPS)('%s after "%s", said %j', async (asked, begin, said, useStartTls = false) => {
  for (const pipelining of [[], ['PIPELINING']]) {
    const usual = mailServerAnswers({
      offers: ['AUTH PLAIN', ...(useStartTls ? ['STARTTLS'] : []), ...pipelining],
    });
    let isSilent = false;
    const other = await ScriptedMailServer.start((line, socket) => {
      if (isSilent) return undefined;
      isSilent = begin === '.' ? line === begin : line.startsWith(begin);
      return isSilent ? said : usual(line, socket);
    });
    const { error, waited, failure } = await failedStep(other.port, useStartTls);
    expect(error.asked).toBe(asked);
    expect(waited.at(-1)).toBeUndefined();
    if (asked !== 'greeting') expect(waited).toContain(asked);
    expect(failure.problem).toContain('nothing came within 0.2 s');
    expect(failure.isUnclear).toBe(asked === 'message');
    expect(failure.isFinal).toBe(false);
    expect(wordsFor(asked)).not.toBe('');
    await other.stop();
  }
});

test('a step has 30 s, and more only where mail.smtp.timeout says so', () => {
  const patience = (...properties: string[]) => mailServer({ port: 25, properties }).plan.patienceMs;
  expect(patience()).toBe(30_000);
  expect(patience('mail.smtp.timeout=4000')).toBe(30_000);
  expect(patience('mail.smtp.timeout=120000')).toBe(120_000);
});

describe('a connection that is lost', () => {
  /** What becomes of a message when the other side ends the connection at the line, saying this. */
  async function lostAt(line: string, said: string, message = READY) {
    const usual = mailServerAnswers();
    const other = await ScriptedMailServer.start((heard, socket) => {
      const isIt = line === '.' ? heard === '.' : heard.startsWith(line);
      if (!isIt) return usual(heard, socket);
      if (said === '') socket.destroy();
      else socket.end(said);
      return undefined;
    });
    const server = mailServer({ port: other.port });
    const outcome = await server.hand(message);
    server.close();
    if (outcome.kind !== 'failed') throw new Error('It was answered.');
    return outcome.failure;
  }

  test.each([
    ['.', ''],
    ['.', '25'],
    ['.', '250-not whole\r\n'],
    ['.', '250 without an end'],
    ['.', 'hello\r\n'],
    ['.', '354 once more\r\n'],
  ])('at "%s", after %j: nobody knows whether it was accepted', async (line, said) => {
    const failure = await lostAt(line, said);
    expect(failure).toMatchObject({ step: 'content', isUnclear: true, isFinal: false });
    expect(failure.problem).toMatch(
      /^It is not known whether the message was accepted by 127\.0\.0\.1:\d+: /,
    );
    expect(`${failure.problem} ${failure.advice}`).not.toMatch(/not take|refuse|has not accepted|failed/);
  });

  test.each([
    ['MAIL', ''],
    ['DATA', ''],
    ['.', '451 4.3.0 later\r\n'],
    ['.', '554 5.7.1 no\r\n'],
    ['.', '421 4.3.2 closing'],
  ])('at "%s", after %j: it was not accepted', async (line, said) => {
    expect(await lostAt(line, said)).toMatchObject({ step: 'message', isUnclear: false });
  });

  test('in the middle of a long message: it was not accepted', async () => {
    const content = Buffer.concat([READY.content, Buffer.from('A line of text.\r\n'.repeat(400_000))]);
    const failure = await lostAt('A line of text.', '', { ...READY, content });
    expect(failure).toMatchObject({ step: 'message', isUnclear: false, isFinal: false });
    expect(failure.problem).toContain('waited for the message to be taken');
  });
});
