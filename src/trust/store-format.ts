// Recognizes the format of a key store by its first octets and parses it. Key derivation is slow on purpose, so
// this runs in a thread (store-worker.ts).

import { readJavaKeyStore } from './java-key-store.ts';
import type { KeyStore, KeyStoreFile, KeyStoreType } from './key-store.ts';
import { readPkcs12 } from './pkcs12.ts';
import { TrustError } from './trust-error.ts';

const JAVA_MAGIC = 0xfeedfeed;
const JCEKS_MAGIC = 0xcececece;
const PEM_BEGIN = '-----BEGIN ';
const ASN1_INTEGER = 0x02;
const ASN1_SEQUENCE = 0x30;
/** Flag of the long form: the octet gives the number of length octets (X.690 §8.1.3.5). */
const LONG_LENGTH = 0x80;

/** Parses a key store. Throws TrustError if the format is unknown or the PIN is wrong. */
export function parseKeyStore(octets: Buffer, { path, pin, type }: KeyStoreFile): KeyStore {
  const found = recognize(octets, path);
  if (type !== undefined && type !== found) {
    throw new TrustError(
      `The file ${path} is a ${found} store, not ${type}. Correct the type, or leave it out.`,
    );
  }
  return found === 'JKS' ? readJavaKeyStore(octets, path, pin) : readPkcs12(octets, path, pin);
}

function recognize(octets: Buffer, path: string): KeyStoreType {
  const magic = octets.length < 4 ? undefined : octets.readUInt32BE(0);
  if (magic === JAVA_MAGIC) return 'JKS';
  if (magic === JCEKS_MAGIC) {
    throw new TrustError(
      `The file ${path} is a JCEKS store, which only Java reads. Convert it with keytool -importkeystore ` +
        '-srcstoretype JCEKS -deststoretype PKCS12.',
    );
  }
  if (octets.subarray(0, PEM_BEGIN.length).toString('latin1') === PEM_BEGIN) {
    throw new TrustError(
      `The file ${path} is a PEM file and no store. Put it into a folder for a provider of the kind pem, or make a ` +
        'store of it with openssl pkcs12 -export.',
    );
  }
  if (octets[0] !== ASN1_SEQUENCE) {
    throw new TrustError(
      `The file ${path} is neither a PKCS#12 nor a JKS store. Write one with openssl pkcs12 -export or keytool.`,
    );
  }
  if (firstTagWithin(octets) === ASN1_SEQUENCE) {
    throw new TrustError(
      `The file ${path} is no PKCS#12 store: it begins like a single certificate or a BCFKS store. Make a PKCS#12 ` +
        'store of it with openssl pkcs12 -export or keytool -importkeystore.',
    );
  }
  return 'PKCS12';
}

/**
 * Returns the tag of the first element in the outermost sequence: the version number in a PKCS#12 store (RFC
 * 7292 §4).
 */
function firstTagWithin(octets: Buffer): number {
  const length = octets[1] ?? 0;
  return octets[length > LONG_LENGTH ? 2 + length - LONG_LENGTH : 2] ?? ASN1_INTEGER;
}
