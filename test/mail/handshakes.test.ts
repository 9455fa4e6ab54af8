// Handshakes that end before there is TLS: what is said is true of each, names the mail server, and says what to change.

import { type AddressInfo, createServer, type Server } from 'node:net';
import { createServer as createTlsServer, type TlsOptions } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { MailFailure } from '../../src/mail/smtp/failure.ts';
import { findHandshakeRefusal, HANDSHAKES } from '../../src/mail/smtp/refusals/of-handshakes.ts';
import { makeCertificate, rsaKey } from '../support/certificate-maker.ts';
import { Authority, type Issued } from '../support/certificates.ts';
import { mailServer, READY } from './mail-room.ts';

/** 1024 bits, made by `openssl dhparam 1024`. */
const SHORT_PARAMETERS = `-----BEGIN DH PARAMETERS-----
MIGHAoGBAOrtnlAKYcCYPLE6KV5lJqRJu2MX0s4SqU1iTpg6yOpDE6lMHLkUuQGT
AQlcUM2g4VOGhJXi8wK34allUNV5bWHeRZZqHOC5PPwE2ipFcxVy1SiT3WrcgKKx
GT2xS+Rj1UU29tWbfEE+58+04rDKQfmsOlx9/d92TfHbZIOQ3Kg3AgEC
-----END DH PARAMETERS-----
`;

let authority: Authority;
let issued: Issued;
const listeners: Server[] = [];

beforeAll(async () => {
  authority = await Authority.create();
  issued = await authority.issue();
});

afterAll(async () => {
  for (const listener of listeners) listener.close();
  await authority.remove();
});

async function listen(listener: Server): Promise<number> {
  listeners.push(listener);
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  return (listener.address() as AddressInfo).port;
}

async function failureAt(port: number, properties: readonly string[] = []): Promise<MailFailure> {
  const server = mailServer({ port, properties, useSsl: true, authority: await authority.certificate });
  const outcome = await server.hand(READY);
  server.close();
  if (outcome.kind !== 'failed') throw new Error(`It is ${outcome.kind}.`);
  expect(outcome.failure.problem.startsWith(`No TLS with 127.0.0.1:${port}: `)).toBe(true);
  return outcome.failure;
}

const OLD = 'DEFAULT@SECLEVEL=0';

function withRsaKey(): Pick<TlsOptions, 'key' | 'cert'> {
  const { keyPem, certificate } = makeCertificate({ subject: 'CN=localhost', key: rsaKey(2048) });
  return { key: keyPem, cert: certificate };
}

describe('a mail server', () => {
  it.each<readonly [string, TlsOptions, readonly string[], RegExp, RegExp]>([
    [
      'with a short Diffie-Hellman key',
      {
        ...withRsaKey(),
        dhparam: SHORT_PARAMETERS,
        ciphers: `DHE-RSA-AES128-GCM-SHA256:@SECLEVEL=0`,
        maxVersion: 'TLSv1.2',
      },
      [],
      /Diffie-Hellman key has fewer than 2048 bits/,
      /ECDHE/,
    ],
    [
      'that speaks TLS 1.0 only',
      { minVersion: 'TLSv1', maxVersion: 'TLSv1', ciphers: OLD },
      [],
      /none of the versions that are offered to it: TLS 1\.2 and TLS 1\.3\./,
      /TLS 1\.2 or 1\.3/,
    ],
    [
      'that speaks TLS 1.3 only, where 1.2 is wanted',
      { minVersion: 'TLSv1.3' },
      ['mail.smtp.ssl.protocols=TLSv1.2'],
      /none of the versions that are offered to it: TLS 1\.2\./,
      /ssl\.protocols/,
    ],
    [
      'with other cipher suites',
      { ciphers: 'AES256-SHA:@SECLEVEL=0', maxVersion: 'TLSv1.2' },
      ['mail.smtp.ssl.ciphersuites=ECDHE-RSA-AES128-GCM-SHA256', 'mail.smtp.ssl.protocols=TLSv1.2'],
      /does not say why; mostly it takes none of the cipher suites/,
      /ssl\.ciphersuites/,
    ],
    [
      'that wants a certificate of the client',
      { requestCert: true, rejectUnauthorized: true },
      [],
      /wants a certificate of the client/,
      /sends none/,
    ],
  ])('%s', async (...[, options, properties, problem, advice]) => {
    const { key, certificate } = issued;
    // What is wrong with its certificate is not asked here: it is the right one.
    const listener = createTlsServer({ key, cert: certificate, ...options }, (socket) => {
      socket.on('error', () => {}).write('220 mail.example.com\r\n');
    });
    listener.on('tlsClientError', () => {});
    const failure = await failureAt(await listen(listener), properties);
    expect(failure.problem).toMatch(problem);
    expect(failure.advice).toMatch(advice);
    expect(failure.step).toBe('tls');
  });

  it('that does not speak TLS on the port', async () => {
    const port = await listen(
      createServer((socket) => void socket.on('error', () => {}).write('220 hi\r\n')),
    );
    const failure = await failureAt(port);
    expect(failure.problem).toContain('what came back is not TLS');
    expect(failure.advice).toContain('use-start-tls');
  });

  // RFC 8446 §6.2 and RFC 5246 §7.2.2.
  it.each([...[10, 20, 22, 40, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, 70, 71, 80, 109, 110, 112, 116]])(
    'that ends the handshake with the alert %i',
    async (alert) => {
      const port = await listen(
        createServer((socket) => {
          socket.on('error', () => {}).once('data', () => socket.end(Buffer.of(21, 3, 3, 0, 2, 2, alert)));
        }),
      );
      const { problem, advice, step } = await failureAt(port);
      expect(problem).not.toMatch(/: (?:ssl|tls)\S* /);
      expect(problem).not.toMatch(/[{}]|undefined/);
      expect(advice).toMatch(/\.$/);
      expect(step).toBe('tls');
    },
  );
});

it('each row of the table is found by itself, and is a sentence', () => {
  const plan = { host: 'mail.example.com', tls: {} };
  for (const { reason, means, advice } of HANDSHAKES) {
    expect(means).not.toMatch(/^[A-Z]|\.$/);
    expect(advice).toMatch(/^$|^[A-Z].*\.$/);
    expect(reason.test('no such reason')).toBe(false);
  }
  expect(findHandshakeRefusal('no such reason', plan)).toBeUndefined();
  expect(findHandshakeRefusal('tlsv1 unrecognized name', plan)?.means).toContain('for mail.example.com,');
});
