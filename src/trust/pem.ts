// PEM (RFC 7468): keys and certificates as text. Text outside of the lines BEGIN and END is ignored.

import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { TrustError } from './trust-error.ts';

/**
 * Maximum number of certificates in a file. An operating system has fewer; parsing so many takes some ten
 * milliseconds.
 */
const CERTIFICATES_MAX = 1000;
/** Block from BEGIN to END. It may contain single hyphens: old keys begin with header lines (RFC 1421). */
const BLOCK = /-----BEGIN ([A-Z0-9 ]{1,40})-----(?:[^-]|-(?!----))*-----END \1-----/g;
const CERTIFICATE = /^(?:X509 |TRUSTED )?CERTIFICATE$/;
const PRIVATE_KEY = /^(?:RSA |EC )?PRIVATE KEY$/;

export interface PemContents {
  readonly privateKeys: readonly KeyObject[];
  /** Certificates in the order of the file. */
  readonly certificates: readonly X509Certificate[];
}

/**
 * Parses a PEM text. Throws TrustError if a block does not match its label.
 *
 * @param name Name of the file in messages.
 */
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

/** Returns the first certificate and ignores everything else, such as a key. Throws TrustError. */
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
