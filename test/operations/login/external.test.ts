import { X509Certificate } from 'node:crypto';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { accountDn, accountLdif } from '../../support/accounts.ts';
import { extendedRequest, saslBindRequest } from '../../support/ber-bytes.ts';
import { Authority, type Issued } from '../../support/certificates.ts';
import { connectTls } from '../../support/clients/tls-client.ts';
import { removeFolder } from '../../support/folders.ts';
import { freePort } from '../../support/free-port.ts';
import { LdapTools, runProgram } from '../../support/ldap-tools.ts';
import { ADMINISTRATOR, type RunningServer, startServer } from '../../support/start-server.ts';

const WHO_AM_I = extendedRequest('1.3.6.1.4.1.4203.1.11.3');
const HANDLERS = 'cn=Connection Handlers,cn=config';
const TRUST = 'cn=Trust Manager Providers,cn=config';

let server: RunningServer;
let authority: Authority;
let blindPort: number;
let trustingPort: number;

afterAll(async () => {
  await removeFolder(authority.folder);
});

beforeAll(async () => {
  authority = await Authority.create();
  server = await startServer({ files: { 'config/clients/ca.pem': await authority.certificate } });
  trustingPort = await freePort();
  blindPort = await freePort();
  const { code, stderr } = await new LdapTools(server).modify(
    [
      trustLdif('Clients', 'pem', 'ds-cfg-pem-directory: config/clients'),
      trustLdif('All', 'blind'),
      handlerLdif('Trusting', trustingPort, 'Clients'),
      handlerLdif('Blind', blindPort, 'All'),
    ].join('\n'),
  );
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
});

function trustLdif(name: string, kind: string, ...lines: readonly string[]): string {
  return [
    `dn: cn=${name},${TRUST}`,
    'changetype: add',
    'objectClass: top',
    'objectClass: ds-cfg-trust-manager-provider',
    `objectClass: ds-cfg-${kind}-trust-manager-provider`,
    `cn: ${name}`,
    'ds-cfg-enabled: true',
    ...lines,
    '',
  ].join('\n');
}

function handlerLdif(name: string, port: number, trust: string): string {
  return [
    `dn: cn=${name},${HANDLERS}`,
    'changetype: add',
    'objectClass: top',
    'objectClass: ds-cfg-connection-handler',
    'objectClass: ds-cfg-ldap-connection-handler',
    `cn: ${name}`,
    'ds-cfg-enabled: true',
    `ds-cfg-listen-port: ${port}`,
    'ds-cfg-use-ssl: true',
    'ds-cfg-key-manager-provider: cn=Default Key Manager,cn=Key Manager Providers,cn=config',
    `ds-cfg-trust-manager-provider: cn=${trust},${TRUST}`,
    '',
  ].join('\n');
}

interface Login {
  readonly code: number;
  readonly text: string;
  readonly who: string | undefined;
}

async function logIn(port: number, issued: Issued | undefined, identity?: string): Promise<Login> {
  const { client } = await connectTls(port, issued && { cert: issued.certificate, key: issued.key });
  const { code, text } = await client.request(saslBindRequest('EXTERNAL', identity));
  const { value } = await client.request(WHO_AM_I);
  client.close();
  return { code, text, who: value };
}

function fingerprintOf({ certificate }: Issued): string {
  return new X509Certificate(certificate).fingerprint256;
}

async function addAccount(name: string, ...lines: readonly string[]): Promise<string> {
  const added = await new LdapTools(server).add(accountLdif(name, { lines }));
  expect(added).toMatchObject({ code: 0, stderr: '' });
  return accountDn(name);
}

describe('EXTERNAL by the certificate of the client', () => {
  it('is the account that names its own DN', async () => {
    const dn = await addAccount('by its name', `ds-certificate-subject-dn: ${accountDn('by its name')}`);
    const issued = await authority.issue({ subject: '/CN=config/CN=Root DNs/CN=by its name' });
    expect(await logIn(trustingPort, issued)).toMatchObject({ code: 0, who: `dn:${dn}` });
    expect(await logIn(trustingPort, issued, '')).toMatchObject({ code: 0, who: `dn:${dn}` });
    expect(await logIn(trustingPort, issued, `dn:${dn}`)).toMatchObject({ code: 0, who: `dn:${dn}` });
    expect(await logIn(trustingPort, issued, 'u:admin')).toMatchObject({ code: 49, who: '' });
  });

  it('is refused while the account is disabled or locked', async () => {
    const name = 'not usable';
    const policy = 'cn=One failure,cn=Password Policies,cn=config';
    const tools = new LdapTools(server);
    await tools.modify(
      `dn: ${policy}\nchangetype: add\nobjectClass: ds-cfg-password-policy\nds-cfg-lockout-failure-count: 1\n`,
    );
    const lines = [`ds-certificate-subject-dn: CN=not usable`, `ds-pwp-password-policy-dn: ${policy}`];
    const dn = await addAccount(name, 'userPassword: green-lamp-quiet-72', ...lines);
    const issued = await authority.issue({ subject: '/CN=not usable' });
    expect(await logIn(trustingPort, issued)).toMatchObject({ code: 0, who: `dn:${dn}` });
    await runProgram('ldapwhoami', ['-x', '-H', server.url, '-D', dn, '-w', 'wrong']);
    expect(await logIn(trustingPort, issued)).toMatchObject({
      code: 49,
      text: expect.stringContaining('locked'),
    });
    await tools.modify(
      `dn: ${dn}\nchangetype: modify\nreplace: userPassword\nuserPassword: green-lamp-quiet-74\n`,
    );
    expect(await logIn(trustingPort, issued)).toMatchObject({ code: 0 });
    await tools.modify(
      `dn: ${dn}\nchangetype: modify\nadd: ds-pwp-account-disabled\nds-pwp-account-disabled: true\n`,
    );
    expect(await logIn(trustingPort, issued)).toMatchObject({
      code: 49,
      text: expect.stringContaining('disabled'),
    });
  });

  it('is the account that names the subject, however it is written', async () => {
    const issued = await authority.issue({ subject: '/O=Example, Inc. \\+ Co/CN=Süd "quoted"' });
    const dn = await addAccount(
      'by subject',
      'ds-certificate-subject-dn: cn=süd \\22Quoted\\22, O=Example\\2c Inc. \\+ Co',
    );
    expect(await logIn(trustingPort, issued)).toMatchObject({ code: 0, who: `dn:${dn}` });
  });

  it('is the account that has the fingerprint', async () => {
    const issued = await authority.issue({ subject: '/CN=whoever' });
    const dn = await addAccount('by fingerprint', `ds-certificate-fingerprint: ${fingerprintOf(issued)}`);
    expect(await logIn(trustingPort, issued)).toMatchObject({ code: 0, who: `dn:${dn}` });
    const other = await authority.issue({ subject: '/CN=whoever' });
    expect(await logIn(trustingPort, other)).toMatchObject({ code: 49, who: '' });
  });

  it('is nobody when two accounts claim the certificate', async () => {
    const issued = await authority.issue({ subject: '/CN=claimed' });
    await addAccount('first', 'ds-certificate-subject-dn: cn=claimed');
    await addAccount('second', `ds-certificate-fingerprint: ${fingerprintOf(issued)}`);
    expect(await logIn(trustingPort, issued)).toMatchObject({ code: 49, who: '' });
  });

  it('trusts no name in a certificate that an unknown authority has signed', async () => {
    const stranger = await Authority.create('Stranger');
    const forged = await stranger.issue({ subject: '/CN=config/CN=Root DNs/CN=admin' });
    const strange = await stranger.issue({ subject: '/CN=strange' });
    const dn = await addAccount('strange', `ds-certificate-fingerprint: ${fingerprintOf(strange)}`);
    await removeFolder(stranger.folder);
    expect(await logIn(trustingPort, forged)).toMatchObject({ code: 48, who: '' });
    expect(await logIn(blindPort, forged)).toMatchObject({ code: 49, who: '' });
    expect(await logIn(blindPort, strange)).toMatchObject({ code: 0, who: `dn:${dn}` });
  });

  it('is refused without a certificate', async () => {
    const login = await logIn(trustingPort, undefined);
    expect(login).toMatchObject({ code: 48, who: '' });
    expect(login.text).toContain('certificate');
  });

  it('ends when the account names the certificate no more', async () => {
    const issued = await authority.issue({ subject: '/CN=for a while' });
    const dn = await addAccount('for a while', 'ds-certificate-subject-dn: cn=for a while');
    const { client } = await connectTls(trustingPort, { cert: issued.certificate, key: issued.key });
    await client.request(saslBindRequest('EXTERNAL'));
    expect((await client.request(WHO_AM_I)).value).toBe(`dn:${dn}`);
    const change = [`dn: ${dn}`, 'changetype: modify', 'delete: ds-certificate-subject-dn', ''].join('\n');
    expect(await new LdapTools(server).modify(change)).toMatchObject({ code: 0 });
    expect((await client.request(WHO_AM_I)).value).toBe('');
  });

  it('works from ldapwhoami', async () => {
    const issued = await authority.issue({ subject: '/CN=by tool' });
    const dn = await addAccount('by tool', 'ds-certificate-subject-dn: cn=by tool');
    const settings = {
      LDAPTLS_REQCERT: 'never',
      LDAPTLS_CERT: issued.certificateFile,
      LDAPTLS_KEY: issued.keyFile,
    };
    const words = Object.entries(settings).map(([name, value]) => `${name}=${value}`);
    const url = `ldaps://localhost:${trustingPort}`;
    const { stdout, stderr } = await runProgram('env', [
      ...['-u', 'LDAPNOINIT', ...words],
      ...['ldapwhoami', '-Q', '-Y', 'EXTERNAL', '-H', url],
    ]);
    expect({ stdout, stderr }).toEqual({ stdout: `dn:${dn}\n`, stderr: '' });
  });
});

describe('EXTERNAL by the local socket', () => {
  function local(path: string, ...words: readonly string[]) {
    return runProgram('ldapwhoami', [
      '-Q',
      '-Y',
      'EXTERNAL',
      '-H',
      `ldapi://${encodeURIComponent(path)}`,
      ...words,
    ]);
  }

  it('is the administrator', async () => {
    const result = await local(join(server.folder, 'ldapi'));
    expect(result).toMatchObject({ code: 0, stdout: `dn:${ADMINISTRATOR}\n` });
  });

  it('acts for others, as the administrator may', async () => {
    const dn = await addAccount('served');
    const result = await local(join(server.folder, 'ldapi'), '-X', `dn:${dn}`);
    expect(result).toMatchObject({ code: 0, stdout: `dn:${dn}\n` });
  });

  it('is nobody where others may open the socket too', async () => {
    const { code, stderr } = await new LdapTools(server).add(
      [
        `dn: cn=Open,${HANDLERS}`,
        'objectClass: top',
        'objectClass: ds-cfg-connection-handler',
        'objectClass: ds-cfg-ldapi-connection-handler',
        'cn: Open',
        'ds-cfg-enabled: true',
        'ds-cfg-socket-file: open-socket',
        'ds-cfg-socket-file-mode: 0660',
        '',
      ].join('\n'),
    );
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const refused = await local(join(server.folder, 'open-socket'));
    expect(refused.code).toBe(48);
    expect(refused.stderr).toContain('ds-cfg-socket-file-mode: 0600');
    const change = [
      `dn: cn=Open,${HANDLERS}`,
      'changetype: modify',
      'replace: ds-cfg-socket-file-mode',
      'ds-cfg-socket-file-mode: 0600',
      '',
    ];
    expect(await new LdapTools(server).modify(change.join('\n'))).toMatchObject({ code: 0 });
    expect((await local(join(server.folder, 'open-socket'))).code).toBe(48);
  });

  it('is in the log with its mechanism', async () => {
    await local(join(server.folder, 'ldapi'));
    const line = await server.waitForLog(
      ({ msg, mechanism, who }) => msg === 'bind' && mechanism === 'EXTERNAL' && who === ADMINISTRATOR,
    );
    expect(line.result).toBe('success');
  });

  it('needs no password, and so works when the file of it is lost', async () => {
    const pinless = await startServer({ password: null });
    await readFile(join(pinless.folder, 'config/admin.pin'), 'utf8');
    await rm(join(pinless.folder, 'config/admin.pin'));
    const url = `ldapi://${encodeURIComponent(join(pinless.folder, 'ldapi'))}`;
    const changed = await runProgram('ldappasswd', ['-Q', '-Y', 'EXTERNAL', '-H', url, '-s', 'found again']);
    expect(changed.code).toBe(0);
    const words = ['-x', '-H', pinless.url, '-D', 'uid=admin', '-w', 'found again'];
    expect(await runProgram('ldapwhoami', words)).toMatchObject({ code: 0 });
  });
});
