// What one object leaves another may have in the same commit: a port, a socket file, a tree. And whoever uses something is
// asked before it changes, with all that changes together.

import { X509Certificate } from 'node:crypto';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  addRequest,
  changeKinds,
  deleteRequest,
  extendedRequest,
  modifyRequest,
} from '../support/ber-bytes.ts';
import { Authority, type Issued } from '../support/certificates.ts';
import { connectTls } from '../support/clients/tls-client.ts';
import { confditFor } from '../support/confdit-program.ts';
import { removeFolder } from '../support/folders.ts';
import { freePort } from '../support/free-port.ts';
import { LdapTools } from '../support/ldap-tools.ts';
import { RawClient } from '../support/raw-client.ts';
import { type RunningServer, startServer } from '../support/start-server.ts';
import { replace } from './controls/control-client.ts';
import { changeTogether } from './transaction-client.ts';

const HANDLERS = 'cn=Connection Handlers,cn=config';
const KEYS = 'cn=Default Key Manager,cn=Key Manager Providers,cn=config';
const TRUST = 'cn=Entries,cn=Trust Manager Providers,cn=config';
const BACKEND = 'ds-cfg-backend-id=one,cn=Backends,cn=config';
const BASE = 'dc=example,dc=com';
const WHO_AM_I = extendedRequest('1.3.6.1.4.1.4203.1.11.3');

let server: RunningServer;
let tools: LdapTools;
let client: RawClient;
let port: number;
let authority: Authority;
let issued: Issued;

type Attributes = Readonly<Record<string, string | readonly string[]>>;

function add(dn: string, attributes: Attributes): Buffer {
  const parts = Object.entries(attributes).map(
    ([name, values]) => [name, typeof values === 'string' ? [values] : values] as const,
  );
  return addRequest(dn, parts);
}

const handlerDn = (name: string) => `cn=${name},${HANDLERS}`;
const enable = (dn: string, isEnabled: boolean) => replace(dn, 'ds-cfg-enabled', String(isEnabled));

function handler(name: string, values: Attributes): Buffer {
  return add(handlerDn(name), {
    objectClass: ['ds-cfg-connection-handler', 'ds-cfg-ldap-connection-handler'],
    cn: name,
    'ds-cfg-enabled': 'true',
    'ds-cfg-listen-port': String(port),
    ...values,
  });
}

const backend = (id: string, values: Attributes) =>
  add(`ds-cfg-backend-id=${id},cn=Backends,cn=config`, {
    objectClass: 'ds-cfg-memory-backend',
    'ds-cfg-backend-id': id,
    'ds-cfg-enabled': 'true',
    'ds-cfg-base-dn': BASE,
    ...values,
  });

async function change(...changes: readonly Buffer[]): Promise<void> {
  const { code, text } = await changeTogether(client, ...changes);
  expect(code, text).toBe(0);
}

/** Whether a client of the port is let in with its certificate. */
async function isLetIn(tlsPort: number): Promise<boolean> {
  try {
    const { key, certificate } = issued;
    const connected = await connectTls(tlsPort, { key, cert: certificate, maxVersion: 'TLSv1.2' });
    const { code } = await connected.client.request(WHO_AM_I);
    connected.socket.destroy();
    return code === 0;
  } catch {
    return false;
  }
}

/** What listens on the port: who is asked over clear text answers there. */
async function answers(target: number | string): Promise<boolean> {
  const url = typeof target === 'number' ? `ldap://127.0.0.1:${target}` : target;
  return (await new LdapTools({ url, password: server.password }).run('ldapwhoami', [])).code === 0;
}

async function reload(): Promise<readonly string[]> {
  const known = server.logLines().length;
  process.kill(server.pid, 'SIGHUP');
  const news = () => server.logLines().slice(known);
  const ends: readonly unknown[] = ['reloaded', 'nothing was reloaded: put the problems right'];
  await server.waitForLog(() => news().some(({ msg }) => ends.includes(msg)));
  return news().flatMap(({ msg, problem }) => (msg === 'not reloaded' ? [String(problem)] : []));
}

beforeAll(async () => {
  authority = await Authority.create();
  issued = await authority.issue({ subject: '/CN=client' });
  const { raw } = new X509Certificate(await authority.certificate);
  const certificates = [
    ...[`dn: ${BASE}`, 'objectClass: domain', 'dc: example', ''],
    ...[`dn: cn=CA,${BASE}`, 'objectClass: organizationalRole', 'objectClass: pkiCA', 'cn: CA'],
    ...[`cACertificate;binary:: ${raw.toString('base64')}`, ''],
  ];
  server = await startServer({ files: { 'certificates.ldif': certificates.join('\n') } });
  tools = new LdapTools(server);
  client = await RawClient.bound(server);
  port = await freePort();
});

afterAll(() => authority.remove());

describe('in one commit', () => {
  it('a port passes from one handler to another, whichever is named first, and back by a rollback', async () => {
    expect(await client.request(handler('First', {}))).toMatchObject({ code: 0 });
    const { stdout } = await tools.search('', '-s', 'base', '(objectClass=*)', 'lastChangeNumber');
    const last = /lastChangeNumber: (\d+)/.exec(stdout)?.[1] ?? '';
    await change(handler('Second', {}), enable(handlerDn('First'), false));
    expect(await answers(port)).toBe(true);
    await change(enable(handlerDn('Second'), false), enable(handlerDn('First'), true));
    expect(await answers(port)).toBe(true);
    // From one address to all of them.
    await change(
      replace(handlerDn('Second'), 'ds-cfg-listen-address', '0.0.0.0'),
      enable(handlerDn('Second'), true),
      deleteRequest(handlerDn('First')),
    );
    expect(await answers(port)).toBe(true);
    expect(last).not.toBe('');
    const rollback = await confditFor(server)('rollback', '--to', last, '--yes');
    expect(rollback).toMatchObject({ code: 0 });
    expect(await answers(port)).toBe(true);
    const monitored = await tools.entries('cn=connection handlers,cn=monitor', '-s', 'one');
    expect(monitored.map((entry) => entry.first('cn'))).not.toContain('Second');
    await change(deleteRequest(handlerDn('First')));
    expect(await answers(port)).toBe(false);
  });

  it('two handlers do not get the same port', async () => {
    const { code, text } = await changeTogether(client, handler('First', {}), handler('Second', {}));
    expect(code).toBe(53);
    expect(text).toContain('listens there');
    expect(await answers(port)).toBe(false);
  });

  it('a port passes to a handler of another kind', async () => {
    await change(handler('First', {}));
    await change(
      deleteRequest(handlerDn('First')),
      add(handlerDn('First'), {
        objectClass: ['ds-cfg-connection-handler', 'ds-cfg-http-connection-handler'],
        cn: 'First',
        'ds-cfg-enabled': 'true',
        'ds-cfg-listen-port': String(port),
      }),
    );
    expect((await fetch(`http://127.0.0.1:${port}/healthz`)).status).toBe(200);
    await change(deleteRequest(handlerDn('First')), handler('Second', {}));
    expect(await answers(port)).toBe(true);
    await change(deleteRequest(handlerDn('Second')));
  });

  it('a socket file passes from one handler to another', async () => {
    const path = join(server.folder, 'passed.sock');
    const local = (name: string) =>
      add(handlerDn(name), {
        objectClass: ['ds-cfg-connection-handler', 'ds-cfg-ldapi-connection-handler'],
        cn: name,
        'ds-cfg-enabled': 'true',
        'ds-cfg-socket-file': path,
      });
    const url = `ldapi://${encodeURIComponent(path)}`;
    expect(await client.request(local('Local one'))).toMatchObject({ code: 0 });
    await change(local('Local two'), enable(handlerDn('Local one'), false));
    expect(await answers(url)).toBe(true);
    await change(deleteRequest(handlerDn('Local two')), enable(handlerDn('Local one'), true));
    expect(await answers(url)).toBe(true);
    await change(deleteRequest(handlerDn('Local one')));
  });

  it('a tree passes from one backend to another', async () => {
    await change(backend('one', { 'ds-cfg-ldif-file': 'certificates.ldif' }));
    await change(backend('two', { 'ds-cfg-allow-anonymous-read': 'true' }), enable(BACKEND, false));
    expect((await tools.search(BASE, '-s', 'base')).code).toBe(32);
    await change(enable(BACKEND, true), deleteRequest('ds-cfg-backend-id=two,cn=Backends,cn=config'));
    expect(await tools.entries(BASE, '-s', 'base')).toHaveLength(1);
    const both = await changeTogether(
      client,
      backend('two', {}),
      replace(BACKEND, 'ds-cfg-entry-limit', '9'),
    );
    expect(both).toMatchObject({ code: 53, text: expect.stringContaining("nobody else's") });
    await change(deleteRequest(BACKEND));
  });

  it('a backend, a trust manager that reads it and a handler that uses that come together, and at a start', async () => {
    await change(
      handler('Mutual', {
        'ds-cfg-use-ssl': 'true',
        'ds-cfg-key-manager-provider': KEYS,
        'ds-cfg-trust-manager-provider': TRUST,
        'ds-cfg-ssl-client-auth-policy': 'required',
      }),
      add(TRUST, {
        objectClass: ['ds-cfg-trust-manager-provider', 'ds-cfg-ldap-trust-manager-provider'],
        cn: 'Entries',
        'ds-cfg-enabled': 'true',
        'ds-cfg-base-dn': BASE,
      }),
      backend('one', { 'ds-cfg-ldif-file': 'certificates.ldif' }),
    );
    expect(await isLetIn(port)).toBe(true);
    await server.stop();
    server = await startServer({ folder: server.folder, port: server.port });
    tools = new LdapTools(server);
    client = await RawClient.bound(server);
    expect(server.logLines().map(({ msg }) => msg)).not.toContain('TLS is not possible');
    expect(await isLetIn(port)).toBe(true);
  });
});

describe('who uses something is asked before it changes', () => {
  it('a backend that goes takes the trust with it, and brings it back', async () => {
    await change(enable(BACKEND, false));
    expect(await isLetIn(port)).toBe(false);
    await change(enable(BACKEND, true));
    expect(await isLetIn(port)).toBe(true);
  });

  it('a key manager whose other keys are not those that a handler names, by a change and by a reload', async () => {
    const keys = join(server.folder, 'config/keys');
    await change(replace(handlerDn('Mutual'), 'ds-cfg-ssl-cert-nickname', 'server.pem'));
    await change(enable(handlerDn('Mutual'), false));
    await change(enable(handlerDn('Mutual'), true));
    await mkdir(join(server.folder, 'config/others'), { mode: 0o700 });
    await writeFile(join(server.folder, 'config/others/other.pem'), issued.pem, { mode: 0o600 });
    const moved = await client.request(replace(KEYS, 'ds-cfg-pem-directory', 'config/others'));
    expect(moved.text).toContain(`${handlerDn('Mutual')}: TLS is not possible`);
    expect(moved.code).toBe(53);
    const missing = await client.request(replace(KEYS, 'ds-cfg-pem-directory', 'config/nowhere'));
    expect(missing.code).toBe(53);
    await rename(join(keys, 'server.pem'), join(keys, 'renamed.pem'));
    expect(await reload()).toContainEqual(
      expect.stringContaining(`${handlerDn('Mutual')}: TLS is not possible`),
    );
    await rename(join(keys, 'renamed.pem'), join(keys, 'server.pem'));
    expect(await reload()).toEqual([]);
    expect(await isLetIn(port)).toBe(true);
  });

  it('a trust manager that would no longer read anything, when it and the handler change together', async () => {
    await change(
      modifyRequest(handlerDn('Mutual'), [
        [changeKinds.replace, 'ds-cfg-trust-manager-provider', []],
        [changeKinds.replace, 'ds-cfg-ssl-client-auth-policy', ['optional']],
      ]),
      enable(BACKEND, false),
    );
    await removeFolder(join(server.folder, 'config/others'));
    expect(await client.request(enable(BACKEND, true))).toMatchObject({ code: 0 });
  });
});
