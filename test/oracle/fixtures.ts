// What the sequences need and what is dear to make: authorities, certificates that they have issued, and stores of both.
// Made once for all sequences of a process.

import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { Authority, type Issued } from '../support/certificates.ts';

export const STORE_PIN = 'canary-pin-a';

/** Files that a sequence exchanges for one another: what they are called, and what they may hold. */
export interface Fixtures {
  /** Folders of PEM files, by name: the file's name to its text. */
  readonly folders: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Stores, by name. */
  readonly stores: Readonly<Record<string, Buffer>>;
  /** LDIF of a tree with certificates of authorities. */
  readonly ldif: string;
  /** Certificates that clients may show, by name. */
  readonly clients: Readonly<Record<string, Issued>>;
  /** For the mail servers that speak TLS. */
  readonly mailServers: { readonly first: Issued; readonly second: Issued };
  readonly fingerprints: { readonly first: string; readonly second: string };
  remove(): Promise<void>;
}

export async function makeFixtures(): Promise<Fixtures> {
  const [first, second, stranger] = await Promise.all([
    Authority.create('First Authority'),
    Authority.create('Second Authority'),
    Authority.create('Strange Authority'),
  ]);
  const [one, other] = [await first.issue(), await second.issue({ keyType: 'RSA' })];
  const clients = {
    one: await first.issue({ subject: '/CN=client one' }),
    two: await second.issue({ subject: '/CN=client two' }),
    // Somebody else's authority says of the same client that it is who it is not.
    strange: await stranger.issue({ subject: '/CN=client one' }),
  };
  const authorities = ['-nokeys'];
  const pem = { first: await first.certificate, second: await second.certificate };
  return {
    folders: {
      'first authority': { 'first.pem': pem.first },
      'second authority': { 'second.pem': pem.second },
      'both authorities': { 'first.pem': pem.first, 'second.pem': pem.second },
      'first key': { 'server.pem': one.pem },
      'second key': { 'server.pem': other.pem },
      'both keys': { 'server.pem': one.pem, 'other.pem': other.pem },
      nothing: {},
    },
    stores: {
      'first authority': await first.pkcs12(await asIssued(first), STORE_PIN, ...authorities),
      'second authority': await second.pkcs12(await asIssued(second), STORE_PIN, ...authorities),
      'first key': await first.pkcs12(one, STORE_PIN, '-name', 'server'),
      'second key': await second.pkcs12(other, STORE_PIN, '-name', 'other'),
      nonsense: Buffer.from('this is no store'),
    },
    ldif: ldifOf([pem.first, pem.second]),
    clients,
    mailServers: { first: one, second: other },
    fingerprints: { first: fingerprintOf(clients.one), second: fingerprintOf(clients.two) },
    remove: async () => {
      await Promise.all([first.remove(), second.remove(), stranger.remove()]);
    },
  };
}

/** The certificate of the authority itself, as what goes into a store. */
async function asIssued({ folder, certificateFile }: Authority): Promise<Issued> {
  const certificate = await readFile(certificateFile, 'utf8');
  return { key: '', pem: '', certificate, certificateFile, keyFile: `${folder}/ca.key` };
}

function fingerprintOf({ certificate }: Issued): string {
  return new X509Certificate(certificate).fingerprint256;
}

function ldifOf(certificates: readonly string[]): string {
  const entries = certificates.map((pem, index) => {
    const der = new X509Certificate(pem).raw.toString('base64');
    return `dn: cn=authority ${index},o=Authorities
objectClass: top
objectClass: organizationalRole
objectClass: pkiCA
cn: authority ${index}
cACertificate;binary:: ${der}
`;
  });
  return ['dn: o=Authorities\nobjectClass: organization\no: Authorities\n', ...entries].join('\n');
}
