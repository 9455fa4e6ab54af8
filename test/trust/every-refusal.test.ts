// Every reason for which OpenSSL's check refuses a chain has a sentence of its own, and the rule that is broken is found in the
// chain itself, whether OpenSSL names it or not.

import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { connect, createServer, type Server } from 'node:tls';
import { afterAll, describe, expect, it } from 'vitest';
import { CertificateRefusal } from '../../src/trust/certificate-refusal.ts';
import { chainOf } from '../../src/trust/peer-chain.ts';
import { ServerTrust } from '../../src/trust/server-trust.ts';
import { findOpensslCode, OPENSSL_ERRORS } from '../../src/trust/verification/openssl-errors.ts';
import type { Made } from '../support/certificate-maker.ts';
import { runProgram } from '../support/ldap-tools.ts';
import { badChains } from './chains/bad-chains.ts';
import type { BadChain } from './chains/chain-workshop.ts';

const NAME = 'cn=Case,cn=Trust Manager Providers,cn=config';
const HEAD = 'The certificate of localhost is not trusted. ';
const LOCALHOST = { host: 'localhost', checksHost: true };
const servers: Server[] = [];

afterAll(() => {
  for (const server of servers) server.close();
});

function parsed(made: readonly Made[]): readonly X509Certificate[] {
  return made.map(({ certificate }) => new X509Certificate(certificate));
}

function trustIn(trusted: readonly Made[]): ServerTrust {
  const certificates = parsed(trusted);
  const trust = { type: 'authorities', certificates: { current: async () => certificates } } as const;
  return new ServerTrust({ name: NAME, trust, now: () => new Date() });
}

async function serve({ own, sent }: BadChain): Promise<number> {
  const cert = [own, ...sent].map(({ certificate }) => certificate).join('');
  // The server takes keys that no client would.
  const server = createServer({ key: own.keyPem, cert, ciphers: 'DEFAULT@SECLEVEL=0' });
  server.on('tlsClientError', () => {});
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

/** How a connection to the port ends: what the runtime says, or what was sent to one that looks only. */
async function refused(port: number, trust: ServerTrust): Promise<Error> {
  const socket = connect({ host: '127.0.0.1', port, ...(await trust.optionsFor(LOCALHOST)) });
  return new Promise((resolve, reject) => {
    socket.once('secureConnect', () => reject(new Error('It was trusted.')));
    socket.once('error', resolve);
  });
}

async function presented(port: number, trust: ServerTrust) {
  const options = { ...(await trust.optionsFor(LOCALHOST)), rejectUnauthorized: false };
  const socket = connect({ host: '127.0.0.1', port, ...options });
  await new Promise((resolve, reject) => socket.once('secureConnect', resolve).once('error', reject));
  const found = { chain: chainOf(socket), code: String(socket.authorizationError) };
  socket.destroy();
  return found;
}

describe.each(badChains().map((chain) => [chain.name, chain] as const))('%s', (_, bad) => {
  it('is told with certificate, rule and way out', async () => {
    const trust = trustIn(bad.trusted);
    const port = await serve(bad);
    const error = await refused(port, trust);
    const { chain, code } = await presented(port, trust);
    const told = await trust.explain(error, LOCALHOST, chain);
    expect(told).toBeInstanceOf(CertificateRefusal);
    if (!(told instanceof CertificateRefusal)) return;
    const rules = told.reasons.map((reason) => reason.code).filter((rule) => rule !== 'HOSTNAME_MISMATCH');
    expect(rules).toEqual([bad.code]);
    expect(told.problem).toMatch(bad.says);
    expect(told.advice).toMatch(bad.advises);
    expect(told.message.startsWith(HEAD)).toBe(true);
    // A connection that looks only is given the code, which is mostly UNSPECIFIED.
    const withoutWords = await trust.explain(Object.assign(new Error(code), { code }), LOCALHOST, chain);
    expect(withoutWords?.message).toBe(told.message);
    // Without the chain there is a sentence still, from OpenSSL's own words.
    const withoutChain = await trust.explain(error, LOCALHOST);
    expect(withoutChain).toBeInstanceOf(CertificateRefusal);
    expect(withoutChain?.message).not.toMatch(/unspecified|names no reason/i);
  });
});

it('all that is wrong is told in one answer', async () => {
  const { ChainWorkshop, LOCAL, PAST } = await import('./chains/chain-workshop.ts');
  const workshop = new ChainWorkshop();
  const chain = workshop.below(PAST, { ...PAST, key: workshop.rsa1024, digest: 'sha1', subject: 'CN=x' });
  const error = Object.assign(new Error('certificate has expired'), { code: 'CERT_HAS_EXPIRED' });
  const [, ...others] = [LOCAL, chain.own, ...chain.sent];
  const trust = trustIn(chain.trusted);
  const told = await trust.explain(
    error,
    { host: 'mail.example.com', checksHost: true },
    parsed(others as Made[]),
  );
  if (!(told instanceof CertificateRefusal)) throw new Error(String(told));
  expect(told.reasons.map(({ code }) => code)).toEqual([
    ...['CERT_HAS_EXPIRED', 'CERT_HAS_EXPIRED'],
    ...['EE_KEY_TOO_SMALL', 'CA_MD_TOO_WEAK', 'HOSTNAME_MISMATCH'],
  ]);
});

describe('the table of errors', () => {
  /** Of X509Pointer::ErrorCode of Node.js (deps/ncrypto): all others are UNSPECIFIED. */
  const CODES_OF_NODE = [
    ...['UNABLE_TO_GET_ISSUER_CERT', 'UNABLE_TO_GET_CRL', 'UNABLE_TO_DECRYPT_CERT_SIGNATURE'],
    ...['UNABLE_TO_DECRYPT_CRL_SIGNATURE', 'UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY', 'CERT_SIGNATURE_FAILURE'],
    ...[
      'CRL_SIGNATURE_FAILURE',
      'CERT_NOT_YET_VALID',
      'CERT_HAS_EXPIRED',
      'CRL_NOT_YET_VALID',
      'CRL_HAS_EXPIRED',
    ],
    ...['ERROR_IN_CERT_NOT_BEFORE_FIELD', 'ERROR_IN_CERT_NOT_AFTER_FIELD', 'ERROR_IN_CRL_LAST_UPDATE_FIELD'],
    ...['ERROR_IN_CRL_NEXT_UPDATE_FIELD', 'OUT_OF_MEM', 'DEPTH_ZERO_SELF_SIGNED_CERT'],
    ...['SELF_SIGNED_CERT_IN_CHAIN', 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE'],
    ...['CERT_CHAIN_TOO_LONG', 'CERT_REVOKED', 'INVALID_CA', 'PATH_LENGTH_EXCEEDED', 'INVALID_PURPOSE'],
    ...['CERT_UNTRUSTED', 'CERT_REJECTED', 'HOSTNAME_MISMATCH'],
  ];

  it('has every code of the runtime', async () => {
    const runtime = await readFile(process.execPath);
    const at = runtime.indexOf('\0UNABLE_TO_DECRYPT_CERT_SIGNATURE\0');
    const codes = runtime.subarray(at - 4096, at + 4096);
    for (const code of CODES_OF_NODE) {
      if (code.length > 16) expect(codes.includes(`\0${code}\0`), code).toBe(true);
      expect(findOpensslCode(code, ''), code).toBe(code);
    }
  });

  it("has every error of this machine's OpenSSL by its text", async () => {
    const script = [
      'import ctypes, ctypes.util',
      "lib = ctypes.CDLL(ctypes.util.find_library('crypto'))",
      'lib.X509_verify_cert_error_string.restype = ctypes.c_char_p',
      'for n in range(1, 120): print(lib.X509_verify_cert_error_string(ctypes.c_long(n)).decode())',
    ].join('\n');
    const { stdout } = await runProgram('python3', ['-c', script]);
    const texts = new Set(stdout.trim().split('\n'));
    texts.delete('unknown certificate verification error');
    expect(texts.size).toBeGreaterThan(80);
    const known = new Set(Object.values(OPENSSL_ERRORS).map(({ text }): string => text));
    expect([...texts].filter((text) => !known.has(text))).toEqual([]);
  });

  it('has a sentence of its own for each', () => {
    for (const [code, { text, problem, advice }] of Object.entries(OPENSSL_ERRORS)) {
      expect(findOpensslCode('UNSPECIFIED', text)).toBe(code);
      expect(`${problem} ${advice}`).toMatch(/^[A-Z].*\. [A-Z].*\.$/);
    }
    const sentences = Object.values(OPENSSL_ERRORS).map(({ problem }): string => problem);
    expect(new Set(sentences).size).toBe(sentences.length);
  });
});
