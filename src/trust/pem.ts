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
/** First line of a block whose content is read here. */
const BEGIN = /-----BEGIN ((?:(?:X509 |TRUSTED )?CERTIFICATE)|(?:(?:RSA |EC |ENCRYPTED )?PRIVATE KEY))-----/g;
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
  for (const [block, label = ''] of blocksOf(text, name)) {
    if (label === 'ENCRYPTED PRIVATE KEY' || block.includes('Proc-Type: 4,ENCRYPTED')) {
      throw new TrustError(
        `The private key in ${name} is encrypted. Write it without a passphrase (openssl pkey -in ${name}), in a file that only this server may read.`,
      );
    }
    if (PRIVATE_KEY.test(label)) privateKeys.push(readBlock(createPrivateKey, block, label, name));
    else if (CERTIFICATE.test(label))
      certificates.push(readBlock((pem) => new X509Certificate(pem), block, label, name));
    if (certificates.length >= CERTIFICATES_MAX) break;
  }
  return { privateKeys, certificates };
}

/** Returns the first certificate and ignores everything else, such as a key. Throws TrustError. */
export function parseFirstCertificate(text: string, name: string): X509Certificate | undefined {
  for (const [block, label = ''] of blocksOf(text, name)) {
    if (CERTIFICATE.test(label)) return readBlock((pem) => new X509Certificate(pem), block, label, name);
  }
  return undefined;
}

/** Returns the blocks. Throws TrustError if one has no end: the file was cut, or is still being written. */
function blocksOf(text: string, name: string): RegExpExecArray[] {
  const blocks = [...text.matchAll(BLOCK)];
  const starts = new Set(blocks.map(({ index }) => index));
  for (const { 1: label, index } of text.matchAll(BEGIN)) {
    if (starts.has(index)) continue;
    throw new TrustError(
      `${name} has a block ${label} without the line "-----END ${label}-----". The file may have been cut; write it again.`,
    );
  }
  return blocks;
}

/** Reads a block as it is; if OpenSSL does not take its lines, in the form of RFC 7468. */
function readBlock<T>(read: (pem: string) => T, block: string, label: string, name: string): T {
  for (const pem of [block, straightened(block, label)]) {
    try {
      return read(pem);
    } catch {
      // The next form, or the error below.
    }
  }
  throw new TrustError(
    `${name} has a block ${label} that cannot be read. It is damaged, or is not what the label says; write it again.`,
  );
}

/**
 * Returns a block with lines of 64 characters. On the way through other files and variables a block may be indented, or lose
 * its line ends, or get them as CR or as a backslash and an "n".
 */
function straightened(block: string, label: string): string {
  const base64 = block.replace(/-----(?:BEGIN|END) [^-]*-----|\\[rn]|\s/g, '');
  const lines = base64.match(/.{1,64}/g) ?? [];
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ''].join('\n');
}
