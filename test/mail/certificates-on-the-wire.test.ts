// What is told of a mail server's certificate because messages are sent: why it is refused, with dates and names, and
// until when it is good. Nobody has to verify the mail server for it.

import { X509Certificate } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Trust } from '../../src/trust/trust.ts';
import { Authority, type Issued } from '../support/certificates.ts';
import { endReceivers, type ReceiverOptions, SmtpReceiver } from '../support/mail/smtp-receiver.ts';
import { until } from '../support/until.ts';
import { logLines, mailServer, READY, type ServerWords } from './mail-room.ts';

const CANARY = 'canary-eeK3choo';

let authority: Authority;
let ca: string;

beforeAll(async () => {
  authority = await Authority.create();
  ca = await authority.certificate;
});

afterEach(endReceivers);
afterAll(() => authority.remove());

async function receiverWith(
  issued: Pick<Issued, 'key' | 'certificate'>,
  options: ReceiverOptions = {},
): Promise<SmtpReceiver> {
  return SmtpReceiver.start({ key: issued.key, cert: issued.certificate, users: {}, ...options });
}

const words = (port: number): ServerWords => ({ port, authority: ca, password: CANARY, useStartTls: true });

/** Sends one message, which is refused, and resolves with why. */
async function problemWith(issued: Pick<Issued, 'key' | 'certificate'>, isSsl: boolean): Promise<string> {
  const receiver = await receiverWith(issued, { secure: isSsl });
  const server = mailServer({ ...words(receiver.port), useSsl: isSsl, useStartTls: !isSsl });
  const outcome = await server.hand(READY);
  server.close();
  expect(receiver.logins).toEqual([]);
  expect(receiver.messages).toEqual([]);
  if (outcome?.kind !== 'failed') throw new Error('The message was not refused.');
  expect(server.figures.lastFailure?.failure).toEqual(outcome.failure);
  return outcome.failure.problem;
}

describe.each([
  ['implicit TLS', true],
  ['STARTTLS', false],
])('a message over %s is not handed over', (_, isSsl) => {
  test('when the certificate has expired, with the day', async () => {
    const issued = await authority.issue({ validity: { from: '20200101000000Z', to: '20210101000000Z' } });
    expect(await problemWith(issued, isSsl)).toContain('It expired on 2021-01-01 00:00 UTC');
  });

  test('when it is not valid yet, with the day', async () => {
    const issued = await authority.issue({ validity: { from: '20900101000000Z', to: '20910101000000Z' } });
    expect(await problemWith(issued, isSsl)).toContain('It is valid from 2090-01-01 00:00 UTC on');
  });

  test('when its issuer is not sent, with the name of the issuer', async () => {
    const intermediate = await authority.subordinate();
    const problem = await problemWith(await intermediate.issue(), isSsl);
    expect(problem).toMatch(/The server sends it without that of CN=/);
    await intermediate.remove();
  });

  test('when nobody knows its authority, with the name of the authority', async () => {
    const other = await Authority.create('Another Authority');
    expect(await problemWith(await other.issue(), isSsl)).toContain('CN=Another Authority');
    await other.remove();
  });

  test('when it is for another host, with the names it has', async () => {
    const issued = await authority.issue({ names: 'DNS:mail.example.com,IP:192.0.2.1' });
    expect(await problemWith(issued, isSsl)).toMatch(/is for mail\.example\.com, 192\.0\.2\.1/);
  });
});

test('many messages that are refused together are looked into by one connection more', async () => {
  const issued = await authority.issue({ validity: { from: '20200101000000Z', to: '20210101000000Z' } });
  const receiver = await receiverWith(issued, { secure: true });
  const server = mailServer({ ...words(receiver.port), useSsl: true, useStartTls: false });
  const outcomes = await Promise.all(Array.from({ length: 5 }, () => server.hand(READY)));
  for (const outcome of outcomes)
    expect(JSON.stringify(outcome)).toContain('It expired on 2021-01-01 00:00 UTC');
  server.close();
  expect(receiver.connections).toBeLessThanOrEqual(6);
});

test('until when its certificates are good is known from the messages it gets', async () => {
  const issued = await authority.issue({ days: 3 });
  const receiver = await receiverWith(issued, { authOptional: true, disabledCommands: ['AUTH'] });
  const server = mailServer({ port: receiver.port, authority: ca, useStartTls: true });
  expect(server.figures.certificateExpiresAt).toBeUndefined();
  await server.hand(READY);
  const leftMs = Number(server.figures.certificateExpiresAt) - Date.now();
  expect(Math.round(leftMs / 86_400_000)).toBe(3);
  server.close();
});

test('connections are counted while they are open', async () => {
  const receiver = await receiverWith(await authority.issue(), {
    authOptional: true,
    disabledCommands: ['AUTH'],
  });
  const server = mailServer({ port: receiver.port, authority: ca, useStartTls: true });
  expect(server.connectionCount).toBe(0);
  await Promise.all([server.hand(READY), server.hand(READY)]);
  expect(server.connectionCount).toBeGreaterThanOrEqual(1);
  server.close();
  await until(() => server.connectionCount === 0);
});

test('no password was ever logged', () => {
  expect(logLines.join('\n')).not.toContain(CANARY);
});

test('a connection that is open is used no more when its authority is not trusted any longer', async () => {
  const { key, certificate } = await authority.issue();
  const receiver = await SmtpReceiver.start({ key, cert: certificate });
  let known: readonly X509Certificate[] = [new X509Certificate(ca)];
  const certificates = { current: async () => known };
  const trusts: Trust = { type: 'authorities', certificates };
  const server = mailServer({ port: receiver.port, useStartTls: true, trusts });
  expect(await server.hand(READY)).toMatchObject({ kind: 'answered' });
  expect(await server.hand(READY)).toMatchObject({ kind: 'answered' });
  expect(receiver.connections).toBe(1);
  known = [];
  expect(await server.hand(READY)).toMatchObject({ kind: 'failed', failure: { step: 'tls' } });
  expect(receiver.messages).toHaveLength(2);
  server.close();
});
