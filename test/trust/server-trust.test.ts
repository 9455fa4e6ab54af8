// Real TLS servers with certificates that there is something wrong with, and what this server, as their client, says.

import { X509Certificate } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, createServer, type Server, type TLSSocket } from 'node:tls';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { FileReader } from '../../src/files/file-reader.ts';
import { FileBacked } from '../../src/trust/file-backed.ts';
import { chainOf } from '../../src/trust/peer-chain.ts';
import { readPemAuthorities, stampPemFolder } from '../../src/trust/pem-folder.ts';
import { ServerTrust } from '../../src/trust/server-trust.ts';
import type { Trust } from '../../src/trust/trust.ts';
import { TrustError } from '../../src/trust/trust-error.ts';
import { Authority, type Issued } from '../support/certificates.ts';
import { removeFolder } from '../support/folders.ts';

const files = new FileReader();

const NAME = 'cn=Case,cn=Trust Manager Providers,cn=config';
const PAST = { from: '20200101000000Z', to: '20210203040506Z' };
const FUTURE = { from: '20990101000000Z', to: '20991231000000Z' };

let root: Authority;
let other: Authority;
let intermediate: Authority;
const open: Server[] = [];

beforeAll(async () => {
  [root, other] = await Promise.all([Authority.create('Root'), Authority.create('Other Root')]);
  intermediate = await root.subordinate('Between');
});

afterEach(() => {
  for (const server of open.splice(0)) server.close();
});

afterAll(() => Promise.all([root, other, intermediate].map((one) => one.remove())));

/** A server with what a client finds behind it: the port. */
async function serve(key: string, certificates: string): Promise<number> {
  const server = createServer({ key, cert: certificates }, (socket) => socket.end('hello'));
  server.on('tlsClientError', () => {});
  open.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

async function trustIn(...authorities: readonly Authority[]): Promise<Trust> {
  const texts = await Promise.all(authorities.map((one) => one.certificate));
  return trusting(...texts);
}

function trusting(...texts: readonly string[]): Trust {
  const certificates = texts.map((text) => new X509Certificate(text));
  return { type: 'authorities', certificates: { current: async () => certificates } };
}

interface Attempt {
  readonly trust: Trust;
  readonly host?: string;
  readonly checksHost?: boolean;
  /** Whether the chain is at hand when the reason is asked for. */
  readonly knowsChain?: boolean;
}

/** `hello` when the server was trusted, or else the sentence. */
async function attempt(
  port: number,
  { trust, host = 'localhost', checksHost = true, knowsChain = true }: Attempt,
) {
  const server = { host, checksHost };
  const believer = new ServerTrust({ name: NAME, trust, now: () => new Date() });
  try {
    return await greeting(connect({ host: '127.0.0.1', port, ...(await believer.optionsFor(server)) }));
  } catch (error) {
    const chain = knowsChain ? await presented(port) : [];
    const reason = await believer.explain(error, server, chain);
    expect(reason, String(error)).toBeInstanceOf(TrustError);
    return reason?.message;
  }
}

async function presented(port: number): Promise<readonly X509Certificate[]> {
  const socket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false });
  await new Promise((resolve, reject) => socket.once('secureConnect', resolve).once('error', reject));
  const chain = chainOf(socket);
  socket.destroy();
  return chain;
}

function greeting(socket: TLSSocket): Promise<string> {
  return new Promise((resolve, reject) => {
    socket.once('data', (octets) => resolve(octets.toString()));
    socket.once('error', reject);
  });
}

function serveIssued({ key, certificate }: Issued, ...issuers: readonly string[]): Promise<number> {
  return serve(key, [certificate, ...issuers].join(''));
}

describe('a server is trusted', () => {
  it.each(['localhost', '127.0.0.1', 'LOCALHOST'])('as %s when its certificate says so', async (host) => {
    const port = await serveIssued(await root.issue());
    expect(await attempt(port, { trust: await trustIn(other, root), host })).toBe('hello');
  });

  it('when it sends the whole chain', async () => {
    const port = await serveIssued(await intermediate.issue(), await intermediate.certificate);
    expect(await attempt(port, { trust: await trustIn(root) })).toBe('hello');
  });

  it('when the trust store has its issuer, or itself, and nothing above', async () => {
    const issued = await intermediate.issue();
    const port = await serveIssued(issued);
    expect(await attempt(port, { trust: await trustIn(intermediate) })).toBe('hello');
    expect(await attempt(port, { trust: trusting(issued.certificate) })).toBe('hello');
  });

  it('by another name when a property says that names do not matter', async () => {
    const port = await serveIssued(await root.issue({ names: 'DNS:mail.example.com' }));
    expect(await attempt(port, { trust: await trustIn(root), checksHost: false })).toBe('hello');
  });

  it('whoever it is, by a blind trust manager, which tells of it once', async () => {
    const port = await serveIssued(await other.issue({ names: 'DNS:x.example.com', validity: PAST }));
    const unchecked: string[] = [];
    const blind = new ServerTrust({
      name: NAME,
      trust: { type: 'blind' },
      now: () => new Date(),
      unchecked: (host) => unchecked.push(host),
    });
    for (const _ of [1, 2]) {
      const options = await blind.optionsFor({ host: 'localhost', checksHost: true });
      expect(await greeting(connect({ host: '127.0.0.1', port, ...options }))).toBe('hello');
    }
    expect(unchecked).toEqual(['localhost']);
    expect(blind.uncheckedHosts).toEqual(['localhost']);
  });
});

describe('a server is refused', () => {
  it('when its certificate has expired, with the date', async () => {
    const port = await serveIssued(await root.issue({ validity: PAST }));
    const trust = await trustIn(root);
    expect(await attempt(port, { trust })).toMatch(
      /^The certificate of localhost is not trusted\. It expired on 2021-02-03 04:05 UTC; it is \d{4}-.*\. Have it renewed on the server\.$/,
    );
    expect(await attempt(port, { trust, knowsChain: false })).toContain('has expired. Have it renewed.');
  });

  it('when its certificate is not valid yet, with the date', async () => {
    const port = await serveIssued(await root.issue({ validity: FUTURE }));
    expect(await attempt(port, { trust: await trustIn(root) })).toContain(
      'It is valid from 2099-01-01 00:00 UTC on; it is ',
    );
  });

  it('when the authority in the trust store has expired', async () => {
    const old = await root.issue({ subject: '/CN=Old Authority', isAuthority: true, validity: PAST });
    const folder = await mkdtemp(join(tmpdir(), 'confdit-old-'));
    const issued = await issuedBy(old, folder);
    const port = await serveIssued(issued);
    const sentence = await attempt(port, { trust: trusting(old.certificate) });
    await removeFolder(folder);
    expect(sentence).toContain(
      `The certificate of the authority CN=Old Authority in ${NAME} expired on 2021-02-03 04:05 UTC`,
    );
    expect(sentence).toContain('Put its successor into the trust store.');
  });

  it('when its certificate is for other names', async () => {
    const port = await serveIssued(await root.issue({ names: 'DNS:mail.example.com,IP:192.0.2.1' }));
    expect(await attempt(port, { trust: await trustIn(root) })).toBe(
      'The certificate of localhost is not trusted. It is for mail.example.com, 192.0.2.1; localhost is in its ' +
        'common name only, which does not count beside other host names. Have it issued with DNS:localhost in its ' +
        'subjectAltName, or connect to the server by a name that it has.',
    );
  });

  it('by an address that its certificate has only as a name', async () => {
    const port = await serveIssued(await root.issue({ names: 'DNS:localhost' }));
    expect(await attempt(port, { trust: await trustIn(root), host: '127.0.0.1' })).toContain(
      'is for localhost, not for 127.0.0.1',
    );
  });

  it('when nobody knows its authority', async () => {
    const port = await serveIssued(await other.issue(), await other.certificate);
    expect(await attempt(port, { trust: await trustIn(root) })).toBe(
      `The certificate of localhost is not trusted. It comes from the authority CN=Other Root, and ${NAME} does not ` +
        `have that. To trust it, put the certificate of the authority into ${NAME}.`,
    );
    expect(await attempt(port, { trust: { type: 'system' } })).toContain(
      'set trust-manager-provider to a trust manager that has the certificate of the authority',
    );
  });

  it('when it leaves out the certificate of its issuer', async () => {
    const port = await serveIssued(await intermediate.issue());
    expect(await attempt(port, { trust: await trustIn(root) })).toContain(
      'The server sends it without that of CN=Between',
    );
  });

  it('when its certificate is self-signed, with the fingerprint', async () => {
    const own = await Authority.create('localhost');
    const key = await readFile(join(own.folder, 'ca.key'), 'utf8');
    const certificate = await own.certificate;
    await own.remove();
    const port = await serve(key, certificate);
    const sentence = await attempt(port, { trust: await trustIn(root) });
    expect(sentence).toContain('It is self-signed');
    expect(sentence).toContain(new X509Certificate(certificate).fingerprint256);
  });
});

it('an error that is not about the certificate is left to others', async () => {
  const believer = new ServerTrust({ name: NAME, trust: { type: 'system' }, now: () => new Date() });
  const server = { host: 'localhost', checksHost: true };
  expect(
    await believer.explain(Object.assign(new Error('no'), { code: 'ECONNREFUSED' }), server),
  ).toBeUndefined();
  expect(await believer.explain('no', server)).toBeUndefined();
});

it('a folder of PEM files is followed: an authority that comes is trusted, one that goes is not', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'confdit-followed-'));
  const source = { folder, excludedPatterns: [] };
  const certificates = new FileBacked(
    { read: () => readPemAuthorities(source, files), stamp: () => stampPemFolder(source, files) },
    { failed: () => {} },
  );
  const trust: Trust = { type: 'authorities', certificates };
  const port = await serveIssued(await root.issue());
  await writeFile(join(folder, 'other.pem'), await other.certificate);
  expect(await attempt(port, { trust })).toContain('does not have that');
  await writeFile(join(folder, 'root.pem'), await root.certificate);
  await expect.poll(() => attempt(port, { trust })).toBe('hello');
  await rm(join(folder, 'root.pem'));
  await expect.poll(() => attempt(port, { trust })).not.toBe('hello');
  await removeFolder(folder);
});

/** A certificate for localhost by an authority that there is no more than key and certificate of. */
async function issuedBy(authority: Issued, folder: string): Promise<Issued> {
  await writeFile(join(folder, 'ca.key'), authority.key);
  await writeFile(join(folder, 'ca.crt'), authority.certificate);
  return Authority.in(folder).issue();
}
