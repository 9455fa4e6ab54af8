// A trust manager whose authorities are in entries of the server itself, as a connection handler uses it.

import { X509Certificate } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { backendLdif } from '../memory/memory-backend-support.ts';
import { extendedRequest } from '../support/ber-bytes.ts';
import { Authority, type Issued } from '../support/certificates.ts';
import { connectTls } from '../support/clients/tls-client.ts';
import { freePort } from '../support/free-port.ts';
import { LdapTools } from '../support/ldap-tools.ts';
import { type RunningServer, startServer } from '../support/start-server.ts';

const TRUST = 'cn=Entries,cn=Trust Manager Providers,cn=config';
const BASE = 'ou=Authorities,dc=example,dc=com';
const WHO_AM_I = extendedRequest('1.3.6.1.4.1.4203.1.11.3');

let server: RunningServer;
let tools: LdapTools;
let one: Authority;
let other: Authority;
let client: Issued;
let port: number;

beforeAll(async () => {
  [one, other] = await Promise.all([Authority.create('One'), Authority.create('Other')]);
  client = await one.issue({ subject: '/CN=client' });
  server = await startServer();
  tools = new LdapTools(server);
  port = await freePort();
  expect(await tools.add(`${backendLdif()}\n\n${PLACE}`)).toMatchObject({ code: 0, stderr: '' });
});

afterAll(() => Promise.all([one.remove(), other.remove()]));

const PLACE = `dn: dc=example,dc=com
objectClass: domain
dc: example

dn: ${BASE}
objectClass: organizationalUnit
ou: Authorities

dn: ${TRUST}
objectClass: ds-cfg-trust-manager-provider
objectClass: ds-cfg-ldap-trust-manager-provider
cn: Entries
ds-cfg-enabled: true
ds-cfg-base-dn: ${BASE}`;

function handler(listenPort: number): string {
  return `dn: cn=Mutual,cn=Connection Handlers,cn=config
objectClass: ds-cfg-connection-handler
objectClass: ds-cfg-ldap-connection-handler
cn: Mutual
ds-cfg-enabled: true
ds-cfg-listen-port: ${listenPort}
ds-cfg-use-ssl: true
ds-cfg-key-manager-provider: cn=Default Key Manager,cn=Key Manager Providers,cn=config
ds-cfg-trust-manager-provider: ${TRUST}
ds-cfg-ssl-client-auth-policy: required`;
}

async function add(name: string, authority: Authority): Promise<void> {
  const { raw } = new X509Certificate(await authority.certificate);
  const ldif = `dn: cn=${name},${BASE}
objectClass: organizationalRole
objectClass: pkiCA
cn: ${name}
cACertificate;binary:: ${raw.toString('base64')}`;
  expect(await tools.add(ldif)).toMatchObject({ code: 0 });
}

async function remove(name: string): Promise<void> {
  expect(await tools.run('ldapdelete', [`cn=${name},${BASE}`])).toMatchObject({ code: 0 });
}

/** Whether the client is let in with its certificate; TLS 1.2 tells it of a refusal in the handshake. */
async function isLetIn(): Promise<boolean> {
  try {
    const { key, certificate } = client;
    const connected = await connectTls(port, { key, cert: certificate, maxVersion: 'TLSv1.2' });
    const { code } = await connected.client.request(WHO_AM_I);
    connected.socket.destroy();
    return code === 0;
  } catch {
    return false;
  }
}

async function monitored(attribute: string): Promise<string | undefined> {
  const base = 'cn=Entries,cn=trust managers,cn=monitor';
  const [entry] = await tools.entries(base, '-s', 'base', '(objectClass=*)', attribute);
  return entry?.first(attribute);
}

describe('authorities in entries', () => {
  it('are trusted from when they are there until they are gone', async () => {
    expect(await tools.add(handler(port))).toMatchObject({ code: 0 });
    expect(await isLetIn()).toBe(false);
    expect(await monitored('ds-mon-provider-error')).toContain('trusts no certificate');
    await add('Other', other);
    expect(await isLetIn()).toBe(false);
    await add('One', one);
    await expect.poll(isLetIn).toBe(true);
    expect(await monitored('ds-mon-certificate-count')).toBe('2');
    expect(await monitored('ds-mon-provider-error')).toBeUndefined();
    await remove('One');
    await expect.poll(isLetIn).toBe(false);
    await remove('Other');
    await expect.poll(() => monitored('ds-mon-provider-error')).toContain('trusts no certificate');
    expect(await isLetIn()).toBe(false);
  });
});

it('cn=monitor shows which keys a key manager has, and until when they are good', async () => {
  const base = 'cn=Default Key Manager,cn=key managers,cn=monitor';
  const [entry] = await tools.entries(base, '-s', 'base', '(objectClass=*)', '*', '+');
  expect(entry?.first('ds-mon-provider-kind')).toBe('pem-key-manager-provider');
  expect(entry?.values('ds-mon-key-alias')).toEqual(['server.pem']);
  expect(entry?.first('ds-mon-certificate-count')).toBe('1');
  expect(entry?.first('ds-mon-certificate-expires-at')).toMatch(/^20\d{12}/);
});
