// A trust manager whose last authority goes away trusts no certificate: whoever logged in with a certificate before does not any
// more. For every kind of place that authorities are kept in.

import { X509Certificate } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TLSSocket } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { extendedRequest, saslBindRequest } from '../support/ber-bytes.ts';
import { Authority, type Issued } from '../support/certificates.ts';
import { connectTls } from '../support/clients/tls-client.ts';
import { freePort } from '../support/free-port.ts';
import { keyTool } from '../support/key-tool.ts';
import { LdapTools, runProgram } from '../support/ldap-tools.ts';
import { type RunningServer, startServer } from '../support/start-server.ts';

const WHO_AM_I = extendedRequest('1.3.6.1.4.1.4203.1.11.3');
const EXTERNAL = saslBindRequest('EXTERNAL');
const PIN = 'canary-pin';
const KEYS = 'cn=Default Key Manager,cn=Key Manager Providers,cn=config';

let server: RunningServer;
let tools: LdapTools;
let authority: Authority;
let client: Issued;

beforeAll(async () => {
  authority = await Authority.create();
  client = await authority.issue({ subject: '/CN=client' });
  const certificate = new X509Certificate(await authority.certificate).raw.toString('base64');
  const stores = await Promise.all([storeOf('PKCS12'), storeOf('JKS')]);
  const account = `dn: cn=client,cn=Root DNs,cn=config
objectClass: person
objectClass: ds-cfg-root-dn-user
cn: client
sn: client
ds-certificate-subject-dn: CN=client
ds-privilege-name: config-read`;
  server = await startServer({ files: { 'config/authorities.ldif': treeOf(certificate) } });
  tools = new LdapTools(server);
  await mkdir(join(server.folder, 'config/pem'));
  await writeFile(join(server.folder, 'config/pem/ca.pem'), await authority.certificate);
  await writeFile(join(server.folder, 'config/trust.p12'), stores[0].full);
  await writeFile(join(server.folder, 'config/trust.jks'), stores[1].full);
  await writeFile(join(server.folder, 'config/empty.p12'), stores[0].empty);
  await writeFile(join(server.folder, 'config/empty.jks'), stores[1].empty);
  expect(await tools.add(account)).toMatchObject({ code: 0, stderr: '' });
});

afterAll(() => authority.remove());

/** As keytool makes it, and after it has taken the last one out. */
async function storeOf(type: string): Promise<{ readonly full: Buffer; readonly empty: Buffer }> {
  const common = ['-storepass', PIN, '-storetype', type];
  const full = await keyTool(
    '-importcert',
    '-noprompt',
    '-alias',
    'ca',
    '-file',
    authority.certificateFile,
    ...common,
  );
  const path = join(authority.folder, `store.${type}`);
  await writeFile(path, full);
  const { code, stdout } = await runProgram('keytool', [
    '-delete',
    '-alias',
    'ca',
    '-keystore',
    path,
    ...common,
  ]);
  expect(code, stdout).toBe(0);
  return { full, empty: await readFile(path) };
}

function treeOf(certificate: string): string {
  return `dn: o=Authorities
objectClass: organization
o: Authorities

dn: cn=ca,o=Authorities
objectClass: organizationalRole
objectClass: pkiCA
cn: ca
cACertificate;binary:: ${certificate}
`;
}

const BACKEND = 'ds-cfg-backend-id=authorities,cn=Backends,cn=config';
const backend = `dn: ${BACKEND}
objectClass: ds-cfg-backend
objectClass: ds-cfg-local-backend
objectClass: ds-cfg-memory-backend
ds-cfg-backend-id: authorities
ds-cfg-enabled: true
ds-cfg-base-dn: o=Authorities
ds-cfg-ldif-file: config/authorities.ldif`;

/** Adds a trust manager with these lines and a handler that uses it; resolves to the port. */
async function listenWith(name: string, objectClass: string, ...lines: readonly string[]): Promise<number> {
  const port = await freePort();
  const trust = `cn=${name},cn=Trust Manager Providers,cn=config`;
  const ldif = `dn: ${trust}
objectClass: ds-cfg-trust-manager-provider
objectClass: ${objectClass}
cn: ${name}
ds-cfg-enabled: true
${lines.join('\n')}

dn: cn=${name},cn=Connection Handlers,cn=config
objectClass: ds-cfg-connection-handler
objectClass: ds-cfg-ldap-connection-handler
cn: ${name}
ds-cfg-enabled: true
ds-cfg-listen-port: ${port}
ds-cfg-use-ssl: true
ds-cfg-key-manager-provider: ${KEYS}
ds-cfg-trust-manager-provider: ${trust}`;
  expect(await tools.add(ldif)).toMatchObject({ code: 0, stderr: '' });
  return port;
}

/** Who the client is by its certificate, and whether it may read the configuration. */
async function login(
  port: number,
  session?: Buffer,
): Promise<{ readonly code: number; readonly who: string | undefined; readonly socket: TLSSocket }> {
  const { key, certificate } = client;
  const connected = await connectTls(port, {
    key,
    cert: certificate,
    ...(session === undefined ? {} : { session }),
  });
  const { code } = await connected.client.request(EXTERNAL);
  const { value } = await connected.client.request(WHO_AM_I);
  connected.client.close();
  return { code, who: value, socket: connected.socket };
}

async function codeOf(port: number): Promise<number> {
  return (await login(port)).code;
}

/** A session that the client could go on with (RFC 8446 section 2.2). */
async function sessionOf(port: number): Promise<Buffer | undefined> {
  const { key, certificate } = client;
  const { client: one, socket } = await connectTls(port, { key, cert: certificate });
  const coming = new Promise<Buffer>((resolve) => socket.once('session', resolve));
  await one.request(EXTERNAL);
  const session = await coming;
  one.close();
  return session;
}

async function reload(): Promise<void> {
  const count = server.logLines().filter(({ msg }) => msg === 'reloaded').length;
  process.kill(server.pid, 'SIGHUP');
  await server.waitForLog(() => server.logLines().filter(({ msg }) => msg === 'reloaded').length > count);
}

const IN_FORCE = { code: 0, who: 'dn:cn=client,cn=Root DNs,cn=config' };
const NOBODY = { who: '' };

describe.each([
  ['PKCS12', 'config/trust.p12', 'config/empty.p12'],
  ['JKS', 'config/trust.jks', 'config/empty.jks'],
])('a trust store of type %s', (type, path, empty) => {
  it.each(['found by itself', 'found by a reload'])('that has become empty, %s', async (way) => {
    const file = `${path}.${way.length}`;
    await runProgram('cp', [join(server.folder, path), join(server.folder, file)]);
    const port = await listenWith(
      `${type} ${way}`,
      'ds-cfg-file-based-trust-manager-provider',
      `ds-cfg-trust-store-file: ${file}`,
      `ds-cfg-trust-store-pin: ${PIN}`,
    );
    expect(await login(port)).toMatchObject(IN_FORCE);
    const session = await sessionOf(port);
    await runProgram('cp', [join(server.folder, empty), join(server.folder, `${file}.new`)]);
    await rename(join(server.folder, `${file}.new`), join(server.folder, file));
    if (way === 'found by a reload') await reload();
    else await expect.poll(() => codeOf(port)).not.toBe(0);
    expect(await login(port)).toMatchObject(NOBODY);
    expect(await login(port, session)).toMatchObject(NOBODY);
    await server.waitForLog(({ msg }) => msg.includes('trusts no certificate'));
  });
});

it('a folder of PEM files that has become empty', async () => {
  const port = await listenWith(
    'Pem',
    'ds-cfg-pem-trust-manager-provider',
    'ds-cfg-pem-directory: config/pem',
  );
  expect(await login(port)).toMatchObject(IN_FORCE);
  await rm(join(server.folder, 'config/pem/ca.pem'));
  await reload();
  expect(await login(port)).toMatchObject(NOBODY);
});

describe('entries of the server itself', () => {
  let port: number;

  beforeAll(async () => {
    expect(await tools.add(backend)).toMatchObject({ code: 0, stderr: '' });
    port = await listenWith('Entries', 'ds-cfg-ldap-trust-manager-provider', 'ds-cfg-base-dn: o=Authorities');
  });

  async function setBackend(isEnabled: boolean): Promise<void> {
    const change = `dn: ${BACKEND}\nchangetype: modify\nreplace: ds-cfg-enabled\nds-cfg-enabled: ${isEnabled}\n`;
    expect(await tools.modify(change)).toMatchObject({ code: 0 });
  }

  it('are not trusted while their backend is disabled', async () => {
    expect(await login(port)).toMatchObject(IN_FORCE);
    await setBackend(false);
    await expect.poll(() => codeOf(port)).not.toBe(0);
    expect(await login(port)).toMatchObject(NOBODY);
    await setBackend(true);
    await expect.poll(() => codeOf(port)).toBe(0);
  });

  it('are not trusted when the last of them, or all of their tree, is gone', async () => {
    expect(await tools.run('ldapdelete', ['cn=ca,o=Authorities'])).toMatchObject({ code: 0 });
    await expect.poll(() => codeOf(port)).not.toBe(0);
    expect(await tools.run('ldapdelete', ['o=Authorities'])).toMatchObject({ code: 0 });
    expect(await login(port)).toMatchObject(NOBODY);
  });
});
