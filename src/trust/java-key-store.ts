// Reads JKS, the key store format of old Java versions, which keytool still writes with -storetype JKS. Its key
// protection is a weak stream of SHA-1 digests. Use PKCS#12 instead; this format is never written.

import { createHash, createPrivateKey, type KeyObject, timingSafeEqual, X509Certificate } from 'node:crypto';
import forge from 'node-forge';
import { Reason } from '../files/program-error.ts';
import type { KeyStore } from './key-store.ts';
import { type ServerKey, serverKey } from './server-key.ts';
import { TrustError } from './trust-error.ts';

const DIGEST_OCTETS = 20;
const HEADER_OCTETS = 4;
const TAG_KEY = 1;
const TAG_CERTIFICATE = 2;
/** Text that Java adds to the digest of a store. */
const WHITENER = 'Mighty Aphrodite';

/**
 * Reads a JKS store. Throws TrustError.
 *
 * @param path Name of the store in messages.
 */
export function readJavaKeyStore(octets: Buffer, path: string, pin: string | undefined): KeyStore {
  const content = octets.subarray(0, -DIGEST_OCTETS);
  const password = Buffer.from(pin ?? '', 'utf16le').swap16();
  // Without a PIN the digest is not checked and only certificates are read, as in Java.
  if (pin !== undefined) checkDigest(content, octets.subarray(-DIGEST_OCTETS), password, path);
  try {
    return readEntries(new StoreReader(content), password, path, pin !== undefined);
  } catch (error) {
    if (error instanceof TrustError) throw error;
    throw new TrustError(`The file ${path} is damaged: it begins like a JKS store and is none.`);
  }
}

function checkDigest(content: Buffer, digest: Buffer, password: Buffer, path: string): void {
  const right = createHash('sha1').update(password).update(WHITENER).update(content).digest();
  if (digest.length === DIGEST_OCTETS && timingSafeEqual(digest, right)) return;
  throw new TrustError(`The key store ${path} does not open with the PIN that is set, or is damaged.`);
}

function readEntries(reader: StoreReader, password: Buffer, path: string, hasPin: boolean): KeyStore {
  const keys: ServerKey[] = [];
  const authorities: X509Certificate[] = [];
  reader.skip(HEADER_OCTETS);
  const version = reader.number();
  for (let left = reader.number(); left > 0; left--) {
    const tag = reader.number();
    const alias = reader.text();
    reader.skip(8); // when it was made
    if (tag === TAG_CERTIFICATE) authorities.push(readCertificate(reader, version));
    else if (tag === TAG_KEY) {
      const sealed = reader.block();
      const chain = Array.from({ length: reader.count() }, () => readCertificate(reader, version));
      if (!hasPin) throw new TrustError(`The key store ${path} needs a PIN, and none is set.`);
      keys.push(serverKey(alias, openKey(sealed, password, path, alias), chain));
    } else throw new Reason('unknown entry');
  }
  return { keys, authorities };
}

function readCertificate(reader: StoreReader, version: number): X509Certificate {
  if (version > 1) reader.text();
  return new X509Certificate(reader.block());
}

/**
 * Decrypts a key: salt, encrypted key and check digest. Each digest of the stream is made of the password and
 * the previous digest.
 */
function openKey(sealed: Buffer, password: Buffer, path: string, alias: string): KeyObject {
  const protection = protectedOctets(sealed);
  const salt = protection.subarray(0, DIGEST_OCTETS);
  const key = Buffer.from(protection.subarray(DIGEST_OCTETS, -DIGEST_OCTETS));
  let digest = salt;
  for (let at = 0; at < key.length; at++) {
    if (at % DIGEST_OCTETS === 0) digest = createHash('sha1').update(password).update(digest).digest();
    key[at] = (key[at] ?? 0) ^ (digest[at % DIGEST_OCTETS] ?? 0);
  }
  const check = createHash('sha1').update(password).update(key).digest();
  if (!timingSafeEqual(check, protection.subarray(-DIGEST_OCTETS))) {
    throw new TrustError(`The key ${alias} in ${path} has a password of its own. Give it that of the store.`);
  }
  return createPrivateKey({ key, format: 'der', type: 'pkcs8' });
}

/** Returns the octets in EncryptedPrivateKeyInfo (RFC 5958 §3). */
function protectedOctets(sealed: Buffer): Buffer {
  const { value } = forge.asn1.fromDer(sealed.toString('latin1'));
  const octets = typeof value === 'string' ? undefined : value[1]?.value;
  if (typeof octets !== 'string') throw new Reason('no sealed key');
  return Buffer.from(octets, 'latin1');
}

/** Reads the fields of a store. Throws RangeError at the end of the octets. */
class StoreReader {
  readonly #octets: Buffer;
  #at = 0;

  constructor(octets: Buffer) {
    this.#octets = octets;
  }

  number(): number {
    const value = this.#octets.readUInt32BE(this.#at);
    this.#at += 4;
    return value;
  }

  /** Reads a number of elements. Every element takes octets, so the number is limited by the rest. */
  count(): number {
    const count = this.number();
    if (count > this.#octets.length) throw new RangeError('more than there can be');
    return count;
  }

  text(): string {
    const length = this.#octets.readUInt16BE(this.#at);
    this.#at += 2;
    return this.#take(length).toString('utf8');
  }

  block(): Buffer {
    return this.#take(this.number());
  }

  skip(octets: number): void {
    this.#take(octets);
  }

  #take(length: number): Buffer {
    const end = this.#at + length;
    if (end > this.#octets.length) throw new RangeError('the store ends early');
    const octets = this.#octets.subarray(this.#at, end);
    this.#at = end;
    return octets;
  }
}
