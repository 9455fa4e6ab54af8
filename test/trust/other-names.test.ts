// Certificates for another host than the one that was connected to: how they miss it, in a sentence that is true of each kind.

import { X509Certificate } from 'node:crypto';
import { checkServerIdentity } from 'node:tls';
import { expect, it } from 'vitest';
import { checkName } from '../../src/trust/name-check.ts';
import { alternativeNames, ecKey, makeCertificate } from '../support/certificate-maker.ts';

const key = ecKey();

function certificateFor(subject: string, names: readonly string[]) {
  const extensions = names.length === 0 ? {} : { extensions: [alternativeNames(...names)] };
  return new X509Certificate(makeCertificate({ key, subject, ...extensions }).certificate).toLegacyObject();
}

it.each<readonly [host: string, subject: string, names: readonly string[], says: string]>([
  ['a.example', 'CN=x', ['DNS:b.example'], 'It is for b.example, not for a.example.'],
  [
    'a.example',
    'CN=x',
    ['DNS:b.example', 'IP:192.0.2.1'],
    'It is for b.example, 192.0.2.1, not for a.example.',
  ],
  ['a.example', 'CN=b.example', [], 'It is for b.example, not for a.example.'],
  ['a.example', 'O=Example', [], 'It names no host, not for a.example.'],
  ['a.example', 'CN=x', ['email:a@example.com'], 'not for a.example.'],
  [
    'a.example',
    'CN=a.example',
    ['DNS:b.example'],
    'It is for b.example; a.example is in its common name only, which does not count',
  ],
  [
    '127.0.0.1',
    'CN=x',
    ['DNS:127.0.0.1'],
    'It has the address 127.0.0.1 as a host name (DNS:127.0.0.1), and only as IP:127.0.0.1',
  ],
  ['127.0.0.1', 'CN=127.0.0.1', [], 'It has the address 127.0.0.1 in its common name only'],
  [
    '127.0.0.1',
    'CN=x',
    ['DNS:localhost'],
    'It is for localhost, not for 127.0.0.1. Have it issued with IP:127.0.0.1',
  ],
  [
    '::1',
    'CN=x',
    ['IP:127.0.0.1', 'IP:2001:db8::1'],
    'It is for 127.0.0.1, 2001:DB8:0:0:0:0:0:1, not for ::1.',
  ],
  ['127.0.0.1', 'CN=x', ['DNS:*.0.0.1'], 'It is for *.0.0.1, not for 127.0.0.1.'],
  [
    'a.b.example.com',
    'CN=x',
    ['DNS:*.example.com'],
    'Its name *.example.com stands for one label before example.com, and a.b.example.com has more.',
  ],
  [
    'example.com',
    'CN=x',
    ['DNS:*.example.com'],
    'Its name *.example.com is for the names below example.com, not for example.com itself.',
  ],
  [
    'mail.example',
    'CN=x',
    ['DNS:*.example'],
    'Its name *.example counts for nobody: a wildcard may not be right below a top-level domain.',
  ],
  [
    'a.mail.example.com',
    'CN=x',
    ['DNS:a.*.example.com'],
    'Its name a.*.example.com counts for nobody: a wildcard may only be the first label.',
  ],
  ['a.b.example.com', 'CN=x', ['DNS:*.*.example.com'], 'a wildcard may only be the first label.'],
  ['mail.example.com', 'CN=*.example.org', [], 'It is for *.example.org, not for mail.example.com.'],
  ['a.b.example.com', 'CN=*.example.com', [], 'stands for one label before example.com'],
  ['müller.example', 'CN=x', ['DNS:other.example'], 'It is for other.example, not for müller.example.'],
  [
    'müller.example',
    'CN=x',
    [`DNS:${Buffer.from('müller.example').toString('latin1')}`],
    'and certificates must write it as xn--mller-kva.example.',
  ],
  [
    'mail.example.com',
    'CN=x',
    ['DNS:mail.example.com:587'],
    'It has "mail.example.com:587", which is no host name: only mail.example.com would count.',
  ],
  [
    'mail.example.com',
    'CN=x',
    ['DNS:https://mail.example.com/'],
    'It has "https://mail.example.com/", which is no host name',
  ],
  ['mail.example.com', 'CN=x', ['DNS:mail.example.com '], 'mail.example.com'],
  ['mail.example.com', 'CN=x', ['DNS:mail.example.com\u0000.evil.example'], 'not for mail.example.com.'],
  [
    'mail.example.com',
    'CN=x',
    ['DNS:a\u001b[31m.example'],
    'It is for a?[31m.example, not for mail.example.com.',
  ],
])('for %s, a certificate of %s with %j', (host, subject, names, says) => {
  const certificate = certificateFor(subject, names);
  const told = checkName(host, certificate);
  expect(told?.message).toContain(`The certificate of ${host} is not trusted. `);
  expect(told?.message).toContain(says);
  expect(told?.message).not.toMatch(/\p{Cc}/u);
  expect(told?.isAboutNameOnly).toBe(true);
});

it.each([
  ['mail.example.com', 'CN=x', ['DNS:*.example.com']],
  ['mail.example.com.', 'CN=x', ['DNS:mail.example.com']],
  ['MAIL.example.com', 'CN=x', ['DNS:mail.Example.com']],
  ['müller.example', 'CN=x', ['DNS:xn--mller-kva.example']],
  ['0:0:0:0:0:0:0:1', 'CN=x', ['IP:::1']],
  ['mail.example.com', 'CN=mail.example.com', []],
] as const)('for %s, a certificate of %s with %j is right', (host, subject, names) => {
  const certificate = certificateFor(subject, names);
  expect(checkServerIdentity(host, certificate)).toBeUndefined();
  expect(checkName(host, certificate)).toBeUndefined();
});
