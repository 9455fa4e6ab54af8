// TLS as a new instance has it, with the clients that administrators have: OpenLDAP's and openssl.

import { X509Certificate } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { type ProgramResult, runProgram } from '../../support/ldap-tools.ts';
import { ADMINISTRATOR, type RunningServer, startServer } from '../../support/start-server.ts';

let server: RunningServer;
let keyFile: string;

beforeAll(async () => {
  server = await startServer();
  keyFile = join(server.folder, 'config/keys/server.pem');
});

function whoAmI(url: string, ...words: readonly string[]): Promise<ProgramResult> {
  return runProgram('ldapwhoami', ['-x', '-H', url, '-D', 'uid=admin', '-w', server.password, ...words]);
}

function openssl(words: readonly string[]): Promise<ProgramResult> {
  return runProgram('openssl', ['s_client', '-brief', ...words]);
}

describe('the certificate of a new instance', () => {
  it('is for this machine by all its names, and nobody else reads its key', async () => {
    const { mode } = await stat(keyFile);
    expect(mode & 0o777).toBe(0o600);
    const certificate = new X509Certificate(await readFile(keyFile));
    for (const name of ['localhost', hostname()]) expect(certificate.checkHost(name)).toBe(name);
    expect(certificate.checkIP('127.0.0.1')).toBe('127.0.0.1');
    expect(certificate.checkIP('::1')).toBe('::1');
    expect(certificate.verify(certificate.publicKey)).toBe(true);
    expect(certificate.validToDate.getTime() - Date.now()).toBeGreaterThan(700 * 86_400_000);
  });

  it('stays what it is when the server starts again', async () => {
    const first = await startServer();
    const made = await readFile(join(first.folder, 'config/keys/server.pem'), 'utf8');
    await first.stop();
    const second = await startServer({ folder: first.folder });
    expect(await readFile(join(second.folder, 'config/keys/server.pem'), 'utf8')).toBe(made);
    expect(made).not.toBe(await readFile(keyFile, 'utf8'));
  });
});

describe('ldapwhoami', () => {
  const success = { code: 0, stdout: `dn:${ADMINISTRATOR}\n`, stderr: '' };

  it('with -ZZ', async () => {
    const url = `ldap://localhost:${server.port}`;
    expect(await whoAmI(url, '-ZZ', '-o', `TLS_CACERT=${keyFile}`)).toEqual(success);
  });

  it('with ldaps://', async () => {
    for (const host of ['localhost', '127.0.0.1']) {
      expect(await whoAmI(`ldaps://${host}:${server.ldapsPort}`, '-o', `TLS_CACERT=${keyFile}`)).toEqual(
        success,
      );
    }
  });

  it('that knows nobody who vouches for the server sends it no password', async () => {
    const { code } = await whoAmI(`ldaps://localhost:${server.ldapsPort}`);
    expect(code).not.toBe(0);
    const binds = server.logLines().filter(({ msg, connection }) => {
      return msg === 'bind' && server.logLines().some((line) => line.connection === connection && line.tls);
    });
    expect(binds.every(({ result }) => result === 'success')).toBe(true);
  });

  it('with ldapi://', async () => {
    const url = `ldapi://${encodeURIComponent(join(server.folder, 'ldapi'))}`;
    expect(await whoAmI(url)).toEqual(success);
  });
});

describe('openssl', () => {
  const starting = () => ['-connect', `localhost:${server.port}`, '-starttls', 'ldap'];
  const secure = () => ['-connect', `localhost:${server.ldapsPort}`];

  it('verifies the certificate', async () => {
    for (const words of [starting(), secure()]) {
      const { code, stderr } = await openssl([...words, '-CAfile', keyFile, '-verify_return_error']);
      expect(stderr).toContain('Verification: OK');
      expect(stderr).toContain('Protocol version: TLSv1.3');
      expect(code).toBe(0);
    }
  });

  it.each([['-tls1'], ['-tls1_1']])('with %s is refused', async (version) => {
    for (const words of [starting(), secure()]) {
      const { code, stderr } = await openssl([...words, version, '-cipher', 'ALL:@SECLEVEL=0']);
      expect(code).not.toBe(0);
      expect(stderr).not.toContain('CONNECTION ESTABLISHED');
    }
  });
});

it('the log says where the server is reached, and what encrypts a connection', async () => {
  const { urls } = await server.waitForLog(({ msg }) => msg === 'ready');
  expect(urls).toEqual([
    `ldap://127.0.0.1:${server.port}`,
    `ldaps://127.0.0.1:${server.ldapsPort}`,
    `ldapi://${encodeURIComponent(join(server.folder, 'ldapi'))}`,
  ]);
  await server.waitForLog(({ msg, tls }) => msg === 'connect' && tls === 'TLSv1.3');
});
