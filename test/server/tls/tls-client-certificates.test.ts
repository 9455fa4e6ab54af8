// Clients that prove who they are by certificates, on connections that are encrypted from the start and that become so.

import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { extendedRequest, saslBindRequest } from '../../support/ber-bytes.ts';
import { Authority, type Issued } from '../../support/certificates.ts';
import { connectTls, connectWithStartTls } from '../../support/clients/tls-client.ts';
import { freePort } from '../../support/free-port.ts';
import { LdapTools, runProgram } from '../../support/ldap-tools.ts';
import { type RunningServer, startServer } from '../../support/start-server.ts';

const WHO_AM_I = extendedRequest('1.3.6.1.4.1.4203.1.11.3');
const EXTERNAL = saslBindRequest('EXTERNAL');
const ACCOUNT = 'cn=client,cn=Root DNs,cn=config';
const TRUST = 'cn=Clients,cn=Trust Manager Providers,cn=config';
const POLICIES = ['disabled', 'optional', 'required'] as const;

let server: RunningServer;
let authority: Authority;
let stranger: Authority;
let known: Issued;
let unknown: Issued;
let ports: Record<(typeof POLICIES)[number] | 'startTls', number>;

beforeAll(async () => {
  [authority, stranger] = await Promise.all([Authority.create(), Authority.create('Stranger')]);
  const subject = '/CN=config/CN=Root DNs/CN=client';
  [known, unknown] = await Promise.all([authority.issue({ subject }), stranger.issue({ subject })]);
  server = await startServer();
  const folder = join(server.folder, 'config/clients');
  await mkdir(folder);
  await writeFile(join(folder, 'ca.pem'), await authority.certificate);
  ports = {
    disabled: await freePort(),
    optional: await freePort(),
    required: await freePort(),
    startTls: await freePort(),
  };
  const handlers = POLICIES.map((policy) => {
    return handler(policy, ports[policy], 'ds-cfg-use-ssl: true', `ds-cfg-ssl-client-auth-policy: ${policy}`);
  });
  const all = [
    trust(),
    account(),
    ...handlers,
    handler('startTls', ports.startTls, 'ds-cfg-allow-start-tls: true'),
  ];
  expect(await new LdapTools(server).add(all.join('\n\n'))).toMatchObject({ code: 0, stderr: '' });
});

afterAll(() => Promise.all([authority.remove(), stranger.remove()]));

function trust(): string {
  return `dn: ${TRUST}
objectClass: ds-cfg-trust-manager-provider
objectClass: ds-cfg-pem-trust-manager-provider
cn: Clients
ds-cfg-enabled: true
ds-cfg-pem-directory: config/clients`;
}

function account(): string {
  return `dn: ${ACCOUNT}
objectClass: person
objectClass: ds-cfg-root-dn-user
cn: client
sn: client
ds-certificate-subject-dn: ${ACCOUNT}
ds-privilege-name: config-read`;
}

function handler(name: string, port: number, ...lines: readonly string[]): string {
  return `dn: cn=${name},cn=Connection Handlers,cn=config
objectClass: ds-cfg-connection-handler
objectClass: ds-cfg-ldap-connection-handler
cn: ${name}
ds-cfg-enabled: true
ds-cfg-listen-port: ${port}
ds-cfg-key-manager-provider: cn=Default Key Manager,cn=Key Manager Providers,cn=config
ds-cfg-trust-manager-provider: ${TRUST}
${lines.join('\n')}`;
}

function certificateOf({ key, certificate }: Issued) {
  return { key, cert: certificate };
}

describe('a client with a certificate that is trusted', () => {
  it.each(['optional', 'required'] as const)('logs in with it (%s)', async (policy) => {
    for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
      const { client } = await connectTls(ports[policy], { ...certificateOf(known), maxVersion });
      expect(await client.request(WHO_AM_I)).toMatchObject({ value: '' });
      expect(await client.request(EXTERNAL)).toMatchObject({ code: 0, text: '' });
      expect(await client.request(WHO_AM_I)).toMatchObject({ value: `dn:${ACCOUNT}` });
    }
  });

  it('logs in with it after StartTLS', async () => {
    const { client } = await connectWithStartTls(ports.startTls, certificateOf(known));
    expect(await client.request(EXTERNAL)).toMatchObject({ code: 0, text: '' });
  });

  it('logs in with OpenLDAP', async () => {
    const files = {
      TLS_CERT: known.certificateFile,
      TLS_KEY: known.keyFile,
      TLS_CACERT: join(server.folder, 'config/keys/server.pem'),
    };
    const options = Object.entries(files).flatMap(([name, file]) => ['-o', `${name}=${file}`]);
    const url = `ldaps://localhost:${ports.required}`;
    const result = await runProgram('ldapwhoami', ['-Q', '-Y', 'EXTERNAL', '-H', url, ...options]);
    expect(result).toEqual({ code: 0, stdout: `dn:${ACCOUNT}\n`, stderr: '' });
  });

  it('is not asked for it when the policy is disabled', async () => {
    const { client } = await connectTls(ports.disabled, certificateOf(known));
    expect((await client.request(EXTERNAL)).code).not.toBe(0);
    expect(await client.request(WHO_AM_I)).toMatchObject({ code: 0, value: '' });
  });
});

describe.each([
  ['without a certificate', () => ({})],
  ['with a certificate that nobody known vouches for', () => certificateOf(unknown)],
])('a client %s', (_, options) => {
  it('may connect when the policy is optional, and does not log in by EXTERNAL', async () => {
    const { client } = await connectTls(ports.optional, options());
    const answer = await client.request(EXTERNAL);
    expect(answer.code).not.toBe(0);
    expect(answer.text).not.toBe('');
    expect(await client.request(WHO_AM_I)).toMatchObject({ code: 0, value: '' });
  });

  it.each(['TLSv1.2', 'TLSv1.3'] as const)('may not when it is required (%s)', async (maxVersion) => {
    const answered = connectTls(ports.required, { ...options(), maxVersion }).then(({ client }) =>
      client.request(WHO_AM_I),
    );
    await expect(answered).rejects.toThrow();
  });
});

it('EXTERNAL says which rule the certificate of a client breaks', async () => {
  const { client } = await connectTls(ports.optional, certificateOf(unknown));
  const { text } = await client.request(EXTERNAL);
  expect(text).toContain(
    'The certificate of the client is not trusted. The client sends it without that of CN=Stranger',
  );
});

describe('the configuration', () => {
  it('cannot require certificates without anybody to trust', async () => {
    const lines = ['ds-cfg-use-ssl: true', 'ds-cfg-ssl-client-auth-policy: required'];
    const ldif = handler('none', ports.disabled, ...lines).replace(
      /^ds-cfg-trust-manager-provider: .*\n/m,
      '',
    );
    const answer = await new LdapTools(server).add(ldif);
    expect(answer).toMatchObject({ code: 53 });
    expect(answer.stderr).toContain('may not be required without a trust-manager-provider');
  });

  it('cannot disable the trust manager that a handler uses', async () => {
    const change = `dn: ${TRUST}\nchangetype: modify\nreplace: ds-cfg-enabled\nds-cfg-enabled: false`;
    expect(await new LdapTools(server).modify(change)).toMatchObject({ code: 53 });
  });

  it('has no enabled trust manager whose folder is not there', async () => {
    const missing = trust().replaceAll('Clients', 'Nobody').replace('config/clients', 'config/nobody');
    const answer = await new LdapTools(server).add(missing);
    expect(answer).toMatchObject({ code: 53 });
    expect(answer.stderr).toContain('cannot be read: there is none at this path');
  });
});
