// A key store file, whatever its format: recognized by its first octets, and compared with what it should be.

import type { X509Certificate } from 'node:crypto';
import { open } from 'node:fs/promises';
import { readJavaKeyStore } from './java-key-store.ts';
import { readPkcs12 } from './pkcs12.ts';
import type { ServerKey } from './server-key.ts';
import { reasonOf, TrustError } from './trust-error.ts';

const FILE_OCTETS_MAX = 16 * 1024 * 1024;
const JAVA_MAGIC = 0xfeedfeed;
const ASN1_SEQUENCE = 0x30;

export interface KeyStoreFile {
  readonly path: string;
  readonly pin: string | undefined;
  /** Undefined: any that is known. */
  readonly type: KeyStoreType | undefined;
}

export type KeyStoreType = 'JKS' | 'PKCS12';

export interface KeyStore {
  readonly keys: readonly ServerKey[];
  /** The certificates that stand for themselves, without a private key. */
  readonly authorities: readonly X509Certificate[];
}

/** Throws TrustError: the file is not there, is of no known format, does not open with the PIN. */
export async function readKeyStore({ path, pin, type }: KeyStoreFile): Promise<KeyStore> {
  const octets = await readOctets(path);
  const found = recognize(octets);
  if (found === undefined) {
    throw new TrustError(
      `The file ${path} is neither a PKCS#12 nor a JKS store. Write one with openssl pkcs12 -export or keytool.`,
    );
  }
  if (type !== undefined && type !== found) {
    throw new TrustError(
      `The file ${path} is a ${found} store, not ${type}. Correct the type, or leave it out.`,
    );
  }
  return found === 'JKS' ? readJavaKeyStore(octets, path, pin) : readPkcs12(octets, path, pin);
}

/** The authorities of a store, as a trust manager wants them. Throws TrustError, also when there is none. */
export async function readTrustStore(file: KeyStoreFile): Promise<readonly X509Certificate[]> {
  const { authorities } = await readKeyStore(file);
  if (authorities.length === 0)
    throw new TrustError(`The trust store ${file.path} has no trusted certificate.`);
  return authorities;
}

function recognize(octets: Buffer): KeyStoreType | undefined {
  if (octets.length >= 4 && octets.readUInt32BE(0) === JAVA_MAGIC) return 'JKS';
  return octets[0] === ASN1_SEQUENCE ? 'PKCS12' : undefined;
}

async function readOctets(path: string): Promise<Buffer> {
  try {
    await using file = await open(path, 'r');
    const { size } = await file.stat();
    if (size > FILE_OCTETS_MAX)
      throw new TrustError(`The file ${path} is larger than ${FILE_OCTETS_MAX} octets.`);
    return await file.readFile();
  } catch (error) {
    if (error instanceof TrustError) throw error;
    throw new TrustError(`The file ${path} cannot be read: ${reasonOf(error)}.`);
  }
}
