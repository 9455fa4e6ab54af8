// PEM (RFC 7468): keys and certificates as text. Only what stands between the lines BEGIN and END is looked at.

import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { TrustError } from './trust-error.ts';

/** Those of a whole operating system are fewer; reading so many takes some ten milliseconds. */
const CERTIFICATES_MAX = 1000;
/** What stands between may have single hyphens: old keys begin with header lines (RFC 1421). */
const BLOCK = /-----BEGIN ([A-Z0-9 ]{1,40})-----(?:[^-]|-(?!----))*-----END \1-----/g;
const CERTIFICATE = /^(?:X509 |TRUSTED )?CERTIFICATE$/;
const PRIVATE_KEY = /^(?:RSA |EC )?PRIVATE KEY$/;

export interface PemContents {
  readonly privateKeys: readonly KeyObject[];
  /** In the order of the file. */
  readonly certificates: readonly X509Certificate[];
}

/** @param name what messages call the file. Throws TrustError when a block is not what its first line says. */
export function parsePem(text: string, name: string): PemContents {
  const privateKeys: KeyObject[] = [];
  const certificates: X509Certificate[] = [];
  for (const [block, label = ''] of text.matchAll(BLOCK)) {
    if (label === 'ENCRYPTED PRIVATE KEY' || block.includes('Proc-Type: 4,ENCRYPTED')) {
      throw new TrustError(
        `The private key in ${name} is encrypted. Write it without a passphrase (openssl pkey -in ${name}), in a file that only this server may read.`,
      );
    }
    if (PRIVATE_KEY.test(label)) privateKeys.push(readBlock(() => createPrivateKey(block), label, name));
    else if (CERTIFICATE.test(label))
      certificates.push(readBlock(() => new X509Certificate(block), label, name));
    if (certificates.length >= CERTIFICATES_MAX) break;
  }
  return { privateKeys, certificates };
}

/** What else there is, such as a key that nobody here needs, is not looked at. Throws TrustError. */
export function parseFirstCertificate(text: string, name: string): X509Certificate | undefined {
  for (const [block, label = ''] of text.matchAll(BLOCK)) {
    if (CERTIFICATE.test(label)) return readBlock(() => new X509Certificate(block), label, name);
  }
  return undefined;
}

function readBlock<T>(read: () => T, label: string, name: string): T {
  try {
    return read();
  } catch {
    throw new TrustError(`${name} has a block ${label} that cannot be read.`);
  }
}
