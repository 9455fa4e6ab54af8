// The properties of connection handlers and key managers that concern TLS, changed over LDAP while clients come.

import { X509Certificate } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { extendedRequest } from '../../support/ber-bytes.ts';
import { Authority, type Issued } from '../../support/certificates.ts';
import { connectTls } from '../../support/clients/tls-client.ts';
import { freePort } from '../../support/free-port.ts';
import { LdapTools, type ProgramResult, runProgram } from '../../support/ldap-tools.ts';
import { type RunningServer, startServer } from '../../support/start-server.ts';

const WHO_AM_I = extendedRequest('1.3.6.1.4.1.4203.1.11.3');
const HANDLER = 'cn=Case,cn=Connection Handlers,cn=config';
const KEYS = 'cn=Case,cn=Key Manager Providers,cn=config';
const PIN = 'pin-that-nobody-may-see';

let server: RunningServer;
let tools: LdapTools;
let authority: Authority;
let ellipticKey: Issued;
let rsaKey: Issued;
let port: number;

beforeAll(async () => {
  authority = await Authority.create();
  [ellipticKey, rsaKey] = await Promise.all([
    authority.issue({ subject: '/CN=elliptic' }),
    authority.issue({ subject: '/CN=rsa', keyType: 'RSA', days: 20 }),
  ]);
  server = await startServer({ files: { 'config/case.pin': PIN } });
  tools = new LdapTools(server);
  port = await freePort();
  const folder = join(server.folder, 'config/case-keys');
  await mkdir(folder);
  await writeFile(join(folder, 'elliptic.pem'), ellipticKey.pem);
  await writeFile(join(folder, 'rsa.pem'), rsaKey.pem);
  await writeFile(join(folder, 'old.pem~'), 'no key');
  await writeFile(
    join(server.folder, 'config/case.p12'),
    await authority.pkcs12(rsaKey, PIN, '-name', 'Case Key'),
  );
});

afterAll(() => authority.remove());

function keyManager(...lines: readonly string[]): Promise<ProgramResult> {
  return tools.add(
    [
      `dn: ${KEYS}`,
      'objectClass: ds-cfg-key-manager-provider',
      'cn: Case',
      'ds-cfg-enabled: true',
      ...lines,
    ].join('\n'),
  );
}

function pemKeys(): Promise<ProgramResult> {
  return keyManager(
    'objectClass: ds-cfg-pem-key-manager-provider',
    'ds-cfg-pem-directory: config/case-keys',
    'ds-cfg-excluded-filename-pattern: *~',
  );
}

function storedKeys(...lines: readonly string[]): Promise<ProgramResult> {
  return keyManager('objectClass: ds-cfg-file-based-key-manager-provider', ...lines);
}

function handler(...lines: readonly string[]): Promise<ProgramResult> {
  return tools.add(
    [
      `dn: ${HANDLER}`,
      'objectClass: ds-cfg-connection-handler',
      'objectClass: ds-cfg-ldap-connection-handler',
      'cn: Case',
      'ds-cfg-enabled: true',
      `ds-cfg-listen-port: ${port}`,
      'ds-cfg-use-ssl: true',
      ...lines,
    ].join('\n'),
  );
}

function set(dn: string, ...lines: readonly string[]): Promise<ProgramResult> {
  const parts = lines.map((line) => `replace: ${line.slice(0, line.indexOf(':'))}\n${line}\n-\n`).join('');
  return tools.modify(`dn: ${dn}\nchangetype: modify\n${parts}`);
}

/** Removes what a case has added; what it has not is not there. */
async function cleanUp(): Promise<void> {
  await tools.delete(HANDLER);
  await tools.delete(KEYS);
}

async function servedSubject(options = {}): Promise<string | undefined> {
  const { client, socket } = await connectTls(port, options);
  const subject = socket.getPeerX509Certificate()?.subject;
  client.close();
  return subject;
}

const useKeys = `ds-cfg-key-manager-provider: ${KEYS}`;

describe('protocols and ciphers', () => {
  beforeAll(async () => {
    expect(await pemKeys()).toMatchObject({ code: 0, stderr: '' });
    expect(await handler(useKeys)).toMatchObject({ code: 0, stderr: '' });
    return cleanUp;
  });

  it('ssl-protocol is obeyed by new connections, and those that are open stay', async () => {
    const { client } = await connectTls(port, { minVersion: 'TLSv1.3' });
    expect(await set(HANDLER, 'ds-cfg-ssl-protocol: TLSv1.2')).toMatchObject({ code: 0, stderr: '' });
    await expect(connectTls(port, { minVersion: 'TLSv1.3' })).rejects.toThrow();
    const { socket } = await connectTls(port);
    expect(socket.getProtocol()).toBe('TLSv1.2');
    expect(await client.request(WHO_AM_I)).toMatchObject({ code: 0 });
    expect(await set(HANDLER, 'ds-cfg-ssl-protocol: TLSv1.3')).toMatchObject({ code: 0 });
    await expect(connectTls(port, { maxVersion: 'TLSv1.2' })).rejects.toThrow();
    expect(
      await tools.modify(`dn: ${HANDLER}\nchangetype: modify\ndelete: ds-cfg-ssl-protocol`),
    ).toMatchObject({ code: 0 });
  });

  it.each([
    ['TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256', 'TLSv1.2'],
    ['TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256', 'TLSv1.2'],
    ['ECDHE-RSA-AES256-GCM-SHA384', 'TLSv1.2'],
    ['TLS_CHACHA20_POLY1305_SHA256', 'TLSv1.3'],
  ])('ssl-cipher-suite %s is what is used', async (name, version) => {
    expect(await set(HANDLER, `ds-cfg-ssl-cipher-suite: ${name}`)).toMatchObject({ code: 0, stderr: '' });
    const { socket } = await connectTls(port);
    const cipher = socket.getCipher();
    expect([cipher.name, cipher.standardName]).toContain(name);
    expect(socket.getProtocol()).toBe(version);
    const other = ['-connect', `localhost:${port}`, '-tls1_2', '-cipher', 'ECDHE-RSA-AES128-SHA'];
    expect((await runProgram('openssl', ['s_client', '-brief', ...other])).code).not.toBe(0);
  });

  it('a suite and a protocol that have nothing in common are refused', async () => {
    const answer = await set(
      HANDLER,
      'ds-cfg-ssl-cipher-suite: TLS_AES_128_GCM_SHA256',
      'ds-cfg-ssl-protocol: TLSv1.2',
    );
    expect(answer).toMatchObject({ code: 53 });
    expect(answer.stderr).toContain('no suite of ssl-cipher-suite belongs to a version of ssl-protocol');
  });

  it.each([
    ['ssl-cipher-suite: TLS_NONE', 'is no cipher suite of this runtime'],
    ['ssl-cipher-suite: TLS_PSK_WITH_AES_128_GCM_SHA256', 'is no cipher suite of this runtime'],
    ['ssl-protocol: SSLv3', 'Allowed: TLSv1.2, TLSv1.3'],
    ['ssl-client-auth-policy: sometimes', 'Allowed: disabled, optional, required'],
  ])('%s is refused', async (line, text) => {
    const answer = await set(HANDLER, `ds-cfg-${line}`);
    expect(answer).toMatchObject({ code: 19 });
    expect(answer.stderr).toContain(text);
  });

  it('use-ssl waits until the handler is disabled and enabled again', async () => {
    expect(await set(HANDLER, 'ds-cfg-use-ssl: false')).toMatchObject({ code: 0 });
    await connectTls(port);
    expect(await set(HANDLER, 'ds-cfg-enabled: false')).toMatchObject({ code: 0 });
    expect(await set(HANDLER, 'ds-cfg-enabled: true')).toMatchObject({ code: 0 });
    await expect(connectTls(port)).rejects.toThrow();
  });
});

describe('key managers', () => {
  it('give a client the key of the type it can use', async () => {
    await pemKeys();
    expect(await handler(useKeys)).toMatchObject({ code: 0, stderr: '' });
    expect(await servedSubject({ sigalgs: 'ecdsa_secp256r1_sha256' })).toBe('CN=elliptic');
    expect(await servedSubject({ sigalgs: 'rsa_pss_rsae_sha256:rsa_pkcs1_sha256' })).toBe('CN=rsa');
    await cleanUp();
  });

  it('give the key that ssl-cert-nickname names, with its chain', async () => {
    await pemKeys();
    expect(await handler(useKeys, 'ds-cfg-ssl-cert-nickname: rsa.pem')).toMatchObject({
      code: 0,
      stderr: '',
    });
    const { socket } = await connectTls(port, { ca: await authority.certificate, rejectUnauthorized: true });
    expect(socket.getPeerX509Certificate()?.subject).toBe('CN=rsa');
    await cleanUp();
  });

  it('without a key of the name that ssl-cert-nickname has let no handler start', async () => {
    await pemKeys();
    const answer = await handler(useKeys, 'ds-cfg-ssl-cert-nickname: other.pem');
    expect(answer).toMatchObject({ code: 53 });
    expect(answer.stderr).toContain('No key is called other.pem. There are elliptic.pem, rsa.pem.');
    await cleanUp();
  });

  it('of a PKCS#12 file', async () => {
    const store = ['ds-cfg-key-store-file: config/case.p12', 'ds-cfg-key-store-pin: $<file:config/case.pin>'];
    expect(await storedKeys(...store, 'ds-cfg-key-store-type: PKCS12')).toMatchObject({
      code: 0,
      stderr: '',
    });
    expect(await handler(useKeys, 'ds-cfg-ssl-cert-nickname: Case Key')).toMatchObject({
      code: 0,
      stderr: '',
    });
    const { socket } = await connectTls(port, { ca: await authority.certificate, rejectUnauthorized: true });
    expect(socket.getPeerX509Certificate()?.fingerprint256).toBe(
      new X509Certificate(rsaKey.certificate).fingerprint256,
    );
    await cleanUp();
  });

  it.each([
    [
      'a wrong PIN',
      ['key-store-file: config/case.p12', 'key-store-pin: wrong'],
      'does not open with the PIN that is set',
    ],
    ['no PIN', ['key-store-file: config/case.p12'], 'needs a PIN, and none is set'],
    [
      'another type',
      ['key-store-file: config/case.p12', 'key-store-type: JKS'],
      'is a PKCS12 store, not JKS',
    ],
    ['a file that is no store', ['key-store-file: config/case.pin'], 'is neither a PKCS#12 nor a JKS store'],
    ['no file', ['key-store-file: config/none.p12'], 'cannot be read: there is none at this path'],
  ])('of a file with %s are refused', async (_, lines, text) => {
    const answer = await storedKeys(...lines.map((line) => `ds-cfg-${line}`));
    expect(answer).toMatchObject({ code: 53 });
    expect(answer.stderr).toContain(text);
    expect(answer.stderr).not.toContain('wrong');
  });

  it('that a handler needs are neither missing nor disabled', async () => {
    expect(await handler(useKeys)).toMatchObject({ code: 53 });
    const without = await handler();
    expect(without).toMatchObject({ code: 53 });
    expect(without.stderr).toContain('key-manager-provider is missing');
    await pemKeys();
    expect(await handler(useKeys)).toMatchObject({ code: 0 });
    expect(await set(KEYS, 'ds-cfg-enabled: false')).toMatchObject({ code: 53 });
    expect(await tools.delete(KEYS)).toMatchObject({ code: 53 });
    await cleanUp();
  });

  it('can be changed for another while clients are connected', async () => {
    await pemKeys();
    expect(await handler(useKeys)).toMatchObject({ code: 0 });
    const { client } = await connectTls(port);
    const other = 'cn=Default Key Manager,cn=Key Manager Providers,cn=config';
    expect(await set(HANDLER, `ds-cfg-key-manager-provider: ${other}`)).toMatchObject({
      code: 0,
      stderr: '',
    });
    expect(await servedSubject()).toBe('CN=localhost');
    expect(await client.request(WHO_AM_I)).toMatchObject({ code: 0 });
    await cleanUp();
  });

  it('show nobody their PIN', async () => {
    const logged = JSON.stringify(server.logLines());
    expect(logged).not.toContain(PIN);
    expect(logged).not.toContain('PRIVATE KEY');
  });
});
