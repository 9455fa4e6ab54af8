// One mail server and one message at a time: what goes over the wire, and what is made of every answer. The other side is
// in this process, because no real mail server could be made to answer so.

import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { Authority, type Issued } from '../support/certificates.ts';
import {
  type Answers,
  CONNECTED,
  endScriptedMailServers,
  ScriptedMailServer,
} from '../support/mail/scripted-mail-server.ts';
import { endReceivers, SmtpReceiver } from '../support/mail/smtp-receiver.ts';
import { passes, until } from '../support/until.ts';
import { logLines, mailServer, READY } from './mail-room.ts';

const CANARY = 'canary-Pe5ooChu';

let authority: Authority;
let certificate: Issued;
let ca: string;

beforeAll(async () => {
  authority = await Authority.create();
  certificate = await authority.issue();
  ca = await authority.certificate;
});

afterEach(endReceivers);
afterAll(() => authority.remove());

afterEach(endScriptedMailServers);

/** Starts a server that says this to every line, and returns its port. */
async function answering(answers: Answers): Promise<number> {
  return (await ScriptedMailServer.start(answers)).port;
}

describe('encryption', () => {
  test('use-ssl: implicit TLS', async () => {
    const receiver = await SmtpReceiver.start({
      secure: true,
      key: certificate.key,
      cert: certificate.certificate,
    });
    const server = mailServer({ port: receiver.port, useSsl: true, authority: ca });
    expect(await server.hand(READY)).toMatchObject({ kind: 'answered', accepted: ['one@example.com'] });
    expect(receiver.messages).toMatchObject([{ isEncrypted: true, from: 'confdit@example.com' }]);
    server.close();
  });

  test('use-start-tls: STARTTLS, and only then the login', async () => {
    const users = { alice: CANARY };
    const receiver = await SmtpReceiver.start({ key: certificate.key, cert: certificate.certificate, users });
    const server = mailServer({ port: receiver.port, useStartTls: true, password: CANARY, authority: ca });
    expect(await server.hand(READY)).toMatchObject({ kind: 'answered' });
    expect(receiver.messages).toMatchObject([{ isEncrypted: true, user: 'alice' }]);
    expect(receiver.logins).toEqual([{ user: 'alice', password: CANARY, isEncrypted: true }]);
    server.close();
  });

  test('neither: clear text, also where STARTTLS is offered', async () => {
    const receiver = await SmtpReceiver.start({ key: certificate.key, cert: certificate.certificate });
    const server = mailServer({ port: receiver.port });
    expect(await server.hand(READY)).toMatchObject({ kind: 'answered' });
    expect(receiver.messages).toMatchObject([{ isEncrypted: false }]);
    server.close();
  });

  test('STARTTLS that was stripped from the offer: nothing is said in clear text', async () => {
    const heard: string[] = [];
    const port = await answering((line) => {
      heard.push(line);
      if (line === CONNECTED) return '220 mail.example.com ESMTP\r\n';
      if (line.startsWith('EHLO')) return '250-mail.example.com\r\n250 AUTH PLAIN LOGIN\r\n';
      return '502 not here\r\n';
    });
    const server = mailServer({ port, useStartTls: true, password: CANARY, authority: ca });
    const outcome = await server.hand(READY);
    expect(outcome).toMatchObject({
      kind: 'failed',
      failure: { step: 'tls', replyCode: undefined, isFinal: false },
    });
    expect((await server.check()).failure?.problem).toContain('does not offer STARTTLS');
    expect(heard.join('\n')).not.toMatch(/STARTTLS|AUTH|MAIL|canary/);
    server.close();
  });

  test('STARTTLS only if offered, as JavaMail has it, is never without TLS when there is a login', async () => {
    const heard: string[] = [];
    const port = await answering((line) => {
      heard.push(line);
      return line === CONNECTED
        ? '220 x\r\n'
        : line.startsWith('EHLO')
          ? '250-x\r\n250 AUTH PLAIN\r\n'
          : '502 no\r\n';
    });
    const properties = ['mail.smtp.starttls.enable=true', 'mail.smtp.starttls.required=false'];
    const server = mailServer({ port, useStartTls: true, password: CANARY, authority: ca, properties });
    expect(await server.hand(READY)).toMatchObject({ kind: 'failed', failure: { step: 'tls' } });
    expect(heard.join('\n')).not.toContain('AUTH PLAIN');
    server.close();
  });

  test('an answer that was put into the connection before TLS began is not listened to', async () => {
    const heard: string[] = [];
    const port = await answering((line, socket) => {
      heard.push(line);
      if (line === CONNECTED) return '220 x\r\n';
      if (line.startsWith('EHLO')) return '250-x\r\n250 STARTTLS\r\n';
      if (line === 'STARTTLS') return '220 go\r\n250-evil\r\n250 AUTH PLAIN\r\n';
      socket.destroy();
      return undefined;
    });
    const properties = ['mail.smtp.timeout=3000', 'mail.smtp.connectiontimeout=3000'];
    const server = mailServer({ port, useStartTls: true, password: CANARY, authority: ca, properties });
    expect(await server.hand(READY)).toMatchObject({ kind: 'failed', failure: { step: 'tls' } });
    expect(heard.filter((line) => /^AUTH|^MAIL/.test(line))).toEqual([]);
    server.close();
  });
});

describe('certificates', () => {
  async function failureWith(issued: { key: string; certificate: string }, words: object = {}) {
    const receiver = await SmtpReceiver.start({ secure: true, key: issued.key, cert: issued.certificate });
    const server = mailServer({ port: receiver.port, useSsl: true, authority: ca, ...words });
    const outcome = await server.hand(READY);
    const check = await server.check();
    server.close();
    expect(receiver.messages).toEqual([]);
    expect(outcome).toMatchObject({ kind: 'failed', failure: { step: 'tls', isFinal: false } });
    expect(check.failure?.step).toBe('tls');
    return check;
  }

  test('of another name, and of another address', async () => {
    const other = await authority.issue({ names: 'DNS:mail.example.com,IP:192.0.2.1' });
    expect((await failureWith(other, { host: 'localhost' })).failure?.problem).toContain('mail.example.com');
    expect((await failureWith(other)).failure?.problem).toContain('192.0.2.1');
  });

  test('of another name, where a property says that this is good enough', async () => {
    const other = await authority.issue({ names: 'DNS:mail.example.com' });
    const receiver = await SmtpReceiver.start({ secure: true, key: other.key, cert: other.certificate });
    const properties = ['mail.smtp.ssl.checkserveridentity=false'];
    const server = mailServer({ port: receiver.port, useSsl: true, authority: ca, properties });
    expect(await server.hand(READY)).toMatchObject({ kind: 'answered' });
    expect((await server.check()).failure).toBeUndefined();
    server.close();
  });

  test('expired, and not yet valid', async () => {
    const expired = await authority.issue({ validity: { from: '20200101000000Z', to: '20210101000000Z' } });
    const { failure, chain } = await failureWith(expired);
    expect(failure?.problem).toContain('2021-01-01');
    expect(chain[0]?.validTo).toEqual(new Date('2021-01-01T00:00:00Z'));
    const early = await authority.issue({ validity: { from: '20900101000000Z', to: '20910101000000Z' } });
    expect((await failureWith(early)).failure?.problem).toContain('2090-01-01');
  });

  test('whose issuer was not sent', async () => {
    const intermediate = await authority.subordinate();
    const issued = await intermediate.issue();
    const { failure, chain } = await failureWith(issued);
    expect(failure?.problem).toMatch(/is not trusted/);
    expect(chain).toHaveLength(1);
    const whole = { ...issued, certificate: issued.certificate + (await intermediate.certificate) };
    const receiver = await SmtpReceiver.start({ secure: true, key: whole.key, cert: whole.certificate });
    const server = mailServer({ port: receiver.port, useSsl: true, authority: ca });
    const check = await server.check();
    expect(check.failure).toBeUndefined();
    expect(check.chain.length).toBeGreaterThanOrEqual(2);
    server.close();
    await intermediate.remove();
  });

  test('of an authority that is not trusted', async () => {
    const other = await Authority.create('Another Authority');
    const { failure, chain } = await failureWith(await other.issue());
    expect(failure?.problem).toMatch(/is not trusted/);
    expect(chain[0]?.issuer).toBe('CN=Another Authority');
    await other.remove();
  });

  test('a trust manager that is not there', async () => {
    const { failure } = await failureWith(certificate, { authority: 'none' });
    expect(failure?.problem).toBe('The trust manager is not there.');
  });
});

describe('answers', () => {
  /** Answers as a mail server does, but for the command that begins so. */
  const saying = (command: string, answer: string) =>
    answering((line) => {
      const isContent = line !== CONNECTED && !/^(?:EHLO|HELO|AUTH|MAIL|RCPT|DATA|RSET|QUIT|\.$)/.test(line);
      if (isContent) return undefined;
      if (line.startsWith(command)) return answer;
      if (line === CONNECTED) return '220 x\r\n';
      if (line.startsWith('EHLO')) return '250-x\r\n250 AUTH PLAIN\r\n';
      if (line.startsWith('AUTH')) return '235 ok\r\n';
      return line === 'DATA' ? '354 go\r\n' : '250 ok\r\n';
    });

  const cases = [
    {
      name: '421 as a greeting',
      command: CONNECTED,
      answer: '421 not now\r\n',
      step: 'greeting',
      isFinal: false,
    },
    {
      name: '554 as a greeting',
      command: CONNECTED,
      answer: '554 no service\r\n',
      step: 'greeting',
      isFinal: false,
    },
    { name: '454 to a login', command: 'AUTH', answer: '454 later\r\n', step: 'login', isFinal: false },
    {
      name: '535 to a login',
      command: 'AUTH',
      answer: `535 not ${CANARY}\r\n`,
      step: 'login',
      isFinal: false,
    },
    { name: '530 to MAIL', command: 'MAIL', answer: '530 log in\r\n', step: 'login', isFinal: false },
    { name: '451 to MAIL', command: 'MAIL', answer: '451 later\r\n', step: 'message', isFinal: false },
    { name: '550 to MAIL', command: 'MAIL', answer: '550 never\r\n', step: 'message', isFinal: true },
    { name: '452 to DATA', command: 'DATA', answer: '452 full\r\n', step: 'message', isFinal: false },
    { name: '451 to the content', command: '.', answer: '451 later\r\n', step: 'message', isFinal: false },
    { name: '554 to the content', command: '.', answer: '554 spam\r\n', step: 'message', isFinal: true },
  ];

  test.each(cases)('$name', async ({ command, answer, step, isFinal }) => {
    const server = mailServer({ port: await saying(command, answer), password: CANARY });
    const outcome = await server.hand(READY);
    expect(outcome).toMatchObject({ kind: 'failed', failure: { step, isFinal, isUnclear: false } });
    expect(JSON.stringify(outcome)).not.toContain(CANARY);
    expect(JSON.stringify(await server.check())).not.toContain(CANARY);
    server.close();
  });

  test('addresses have answers of their own', async () => {
    const port = await answering((line) => {
      if (line === CONNECTED) return '220 x\r\n';
      if (line.startsWith('EHLO')) return '250 x\r\n';
      if (line.includes('<later@')) return '450 later\r\n';
      if (line.includes('<never@')) return '550 never\r\n';
      if (line === 'DATA') return '354 go\r\n';
      return /^(?:MAIL|RCPT|\.$|QUIT)/.test(line) ? '250 ok\r\n' : undefined;
    });
    const server = mailServer({ port });
    const to = ['later@example.com', 'never@example.com', 'now@example.com'];
    expect(await server.hand({ ...READY, to })).toMatchObject({
      accepted: ['now@example.com'],
      deferred: [{ recipient: 'later@example.com', replyCode: 450 }],
      refused: [{ recipient: 'never@example.com', replyCode: 550 }],
    });
    expect(await server.hand({ ...READY, to: to.slice(0, 2) })).toMatchObject({
      kind: 'answered',
      accepted: [],
      deferred: [{ recipient: 'later@example.com' }],
      refused: [{ recipient: 'never@example.com' }],
    });
    server.close();
  });

  test('a connection that ends after the content is unclear: SMTP cannot tell', async () => {
    const port = await answering((line, socket) => {
      if (line === CONNECTED) return '220 x\r\n';
      if (line === '.') {
        socket.destroy();
        return undefined;
      }
      if (line === 'DATA') return '354 go\r\n';
      return /^(?:EHLO|MAIL|RCPT|QUIT)/.test(line) ? '250 ok\r\n' : undefined;
    });
    const server = mailServer({ port });
    const outcome = await server.hand(READY);
    expect(outcome).toMatchObject({
      kind: 'failed',
      failure: { step: 'content', isFinal: false, isUnclear: true },
    });
    server.close();
  });

  test('a connection that ends before the content is clear', async () => {
    const port = await answering((line, socket) => {
      if (line === CONNECTED) return '220 x\r\n';
      if (line.startsWith('EHLO')) return '250 x\r\n';
      socket.destroy();
      return undefined;
    });
    const server = mailServer({ port });
    expect(await server.hand(READY)).toMatchObject({ failure: { step: 'message', isUnclear: false } });
    server.close();
  });

  test('a greeting that never comes', async () => {
    const port = await answering(() => undefined);
    const server = mailServer({ port, properties: ['mail.smtp.timeout=200'] });
    expect(await server.hand(READY)).toMatchObject({ failure: { step: 'greeting', isUnclear: false } });
    expect((await server.check()).failure).toMatchObject({ step: 'greeting' });
    server.close();
  });

  test('nobody listens, and a name that nobody has', async () => {
    const receiver = await SmtpReceiver.start();
    const { port } = receiver;
    await receiver.stop();
    const refused = mailServer({ port });
    expect(await refused.hand(READY)).toMatchObject({
      failure: {
        step: 'connect',
        problem: `No connection to 127.0.0.1:${port}: nothing listens on that port.`,
      },
    });
    const unknown = mailServer({ port, host: 'nobody..invalid' });
    expect((await unknown.check()).failure).toMatchObject({
      step: 'connect',
      advice: expect.stringContaining('smtp-server'),
    });
  });
});

test('no connection is opened before the first message, and it is used again', async () => {
  const receiver = await SmtpReceiver.start();
  const server = mailServer({ port: receiver.port });
  await new Promise((resolve) => setImmediate(resolve));
  expect(receiver.connections).toBe(0);
  for (let count = 1; count <= 5; count++) await server.hand(READY);
  expect(receiver.messages).toHaveLength(5);
  expect(receiver.connections).toBe(1);
  server.close();
});

test('not more connections at a time than were asked for', async () => {
  let most = 0;
  let now = 0;
  const receiver = await SmtpReceiver.start({
    onMailFrom: (_address, _session, done) => {
      now += 1;
      most = Math.max(most, now);
      passes(20).then(() => {
        now -= 1;
        done();
      });
    },
  });
  const server = mailServer({ port: receiver.port, connectionPoolSize: 2 });
  await Promise.all(Array.from({ length: 12 }, () => server.hand(READY)));
  expect(receiver.messages).toHaveLength(12);
  expect(receiver.connections).toBe(2);
  expect(most).toBe(2);
  server.close();
});

test('one that is retired finishes what it has and takes no more', async () => {
  const finish: (() => void)[] = [];
  const receiver = await SmtpReceiver.start({
    onMailFrom: (_address, _session, done) => finish.push(() => done()),
  });
  const server = mailServer({ port: receiver.port });
  const underWay = server.hand(READY);
  await until(() => finish.length > 0);
  server.retire();
  expect(await server.hand(READY)).toMatchObject({ kind: 'not tried' });
  finish[0]?.();
  expect(await underWay).toMatchObject({ kind: 'answered' });
});

test('passwords were never logged', () => {
  expect(logLines.join('\n')).not.toContain(CANARY);
});
