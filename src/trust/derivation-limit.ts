// Limits the rounds of key derivation in a PKCS#12 store (RFC 7292 §4, RFC 8018). The author of a store chooses
// the number and the reader does the work, so the numbers are checked before any of it is done.

import forge from 'node-forge';
import { TrustError } from './trust-error.ts';

declare module 'node-forge' {
  // Missing in the types of node-forge.
  namespace pbe {
    function getCipher(
      oid: string,
      parameters: asn1.Asn1 | undefined,
      pin: string,
    ): {
      update(octets: util.ByteStringBuffer): void;
      finish(): boolean;
      readonly output: util.ByteStringBuffer;
    };
  }
}

/** Ten times the number that OWASP's present table recommends. */
const ROUNDS_MAX = 10_000_000;
const ENCRYPTED_DATA = '1.2.840.113549.1.7.6';
const DATA = '1.2.840.113549.1.7.1';
const SHROUDED_KEY_BAG = '1.2.840.113549.1.12.10.1.2';
const MAC_DATA_ROUNDS = 2;
const DEPTH_MAX = 32;

/**
 * Throws TrustError if opening the store would take too many rounds. Ignores other formats; the reader reports
 * them.
 */
export function requireFewRounds(store: forge.asn1.Asn1, path: string, pin: string): void {
  const [, authenticated, mac] = childrenOf(store);
  const macRounds = childrenOf(mac)[MAC_DATA_ROUNDS];
  if (macRounds !== undefined) requireFew(macRounds, path);
  const contents = explicitData(authenticated);
  if (contents === undefined) return;
  for (const info of childrenOf(contents)) {
    const [type, explicit] = childrenOf(info);
    const isEncrypted = oidOf(type) === ENCRYPTED_DATA;
    const bags = isEncrypted ? decrypted(childrenOf(explicit)[0], path, pin) : explicitData(info);
    for (const bag of childrenOf(bags)) requireFewInBag(bag, path);
  }
}

/** Checks a key in a bag, which has its own algorithm. */
function requireFewInBag(bag: forge.asn1.Asn1, path: string): void {
  const [type, explicit] = childrenOf(bag);
  if (oidOf(type) === SHROUDED_KEY_BAG) requireFewInAlgorithm(childrenOf(childrenOf(explicit)[0])[0], path);
}

/** Checks the algorithm of EncryptedData (RFC 2315 §13), then decrypts the content to check what is inside. */
function decrypted(
  data: forge.asn1.Asn1 | undefined,
  path: string,
  pin: string,
): forge.asn1.Asn1 | undefined {
  const [, algorithm, content] = childrenOf(childrenOf(data)[1]);
  requireFewInAlgorithm(algorithm, path);
  const [oid, parameters] = childrenOf(algorithm);
  const octets = octetsOf(content);
  if (oid === undefined || octets === undefined) return undefined;
  try {
    const cipher = forge.pbe.getCipher(oidOf(oid) ?? '', parameters, pin);
    cipher.update(forge.util.createBuffer(octets));
    return cipher.finish() ? forge.asn1.fromDer(cipher.output) : undefined;
  } catch {
    // A wrong PIN or an unknown algorithm, which the reader reports.
    return undefined;
  }
}

/** Checks the parameters of PBE and PBES2. Every number in them is a number of rounds or a key length. */
function requireFewInAlgorithm(algorithm: forge.asn1.Asn1 | undefined, path: string, depth = 0): void {
  for (const child of childrenOf(algorithm)) {
    if (child.type === forge.asn1.Type.INTEGER) requireFew(child, path);
    else if (depth < DEPTH_MAX) requireFewInAlgorithm(child, path, depth + 1);
  }
}

function requireFew(number: forge.asn1.Asn1, path: string): void {
  const digits = typeof number.value === 'string' ? forge.util.bytesToHex(number.value) : '';
  const rounds = BigInt(`0x${digits === '' ? '0' : digits}`);
  if (rounds <= BigInt(ROUNDS_MAX)) return;
  throw new TrustError(
    `The key store ${path} asks for ${rounds} rounds of key derivation; ${ROUNDS_MAX} are allowed. Write it again with fewer, as openssl pkcs12 -export -iter 100000 does.`,
  );
}

/** Returns the DER inside of a ContentInfo of type data. */
function explicitData(info: forge.asn1.Asn1 | undefined): forge.asn1.Asn1 | undefined {
  const [type, explicit] = childrenOf(info);
  if (oidOf(type) !== DATA) return undefined;
  const octets = octetsOf(childrenOf(explicit)[0]);
  try {
    return octets === undefined ? undefined : forge.asn1.fromDer(octets);
  } catch {
    return undefined;
  }
}

/** Returns the octets of an octet string. Old programs split it into several parts. */
function octetsOf(node: forge.asn1.Asn1 | undefined): string | undefined {
  if (node === undefined) return undefined;
  if (typeof node.value === 'string') return node.value;
  return node.value.map((part) => (typeof part.value === 'string' ? part.value : '')).join('');
}

function childrenOf(node: forge.asn1.Asn1 | undefined): readonly forge.asn1.Asn1[] {
  return node === undefined || typeof node.value === 'string' ? [] : node.value;
}

function oidOf(node: forge.asn1.Asn1 | undefined): string | undefined {
  if (node?.type !== forge.asn1.Type.OID || typeof node.value !== 'string') return undefined;
  return forge.asn1.derToOid(node.value);
}
