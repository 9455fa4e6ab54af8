// Key derivations of passwords, as data, so that they can be sent to threads and counted by tests. The limits of the
// parameters are checked when stored text is parsed, before there is a derivation.

import crypto, { hash, pbkdf2, pbkdf2Sync, scrypt, scryptSync } from 'node:crypto';
import { hashSync } from 'bcryptjs';
import { Reason } from '../../files/program-error.ts';
import { unixCrypt } from './unix-crypt.ts';

export type Digest = 'sha1' | 'sha256' | 'sha384' | 'sha512';
export type Argon2Variant = 'argon2d' | 'argon2i' | 'argon2id';

/** scrypt (RFC 7914). */
export interface ScryptDerivation {
  readonly kind: 'scrypt';
  readonly password: Uint8Array;
  readonly salt: Uint8Array;
  readonly length: number;
  readonly cost: number;
  readonly blockSize: number;
  readonly parallelization: number;
}

/** PBKDF2 with HMAC (RFC 8018 §5.2). */
export interface Pbkdf2Derivation {
  readonly kind: 'pbkdf2';
  readonly password: Uint8Array;
  readonly salt: Uint8Array;
  readonly length: number;
  readonly iterations: number;
  readonly digest: Digest;
}

/** Argon2 (RFC 9106). */
export interface Argon2Derivation {
  readonly kind: 'argon2';
  readonly password: Uint8Array;
  readonly salt: Uint8Array;
  readonly length: number;
  readonly variant: Argon2Variant;
  /** Memory in KiB. */
  readonly memory: number;
  readonly passes: number;
  readonly parallelism: number;
}

/** crypt(3): the result is the whole text, which begins with the setting. */
export interface TextDerivation {
  readonly kind: 'bcrypt' | 'crypt';
  readonly password: Uint8Array;
  readonly setting: string;
}

/** One digest of the password followed by the salt. */
export interface DigestDerivation {
  readonly kind: 'digest';
  readonly password: Uint8Array;
  readonly salt: Uint8Array;
  readonly digest: Digest;
}

export type Derivation =
  | ScryptDerivation
  | Pbkdf2Derivation
  | Argon2Derivation
  | TextDerivation
  | DigestDerivation;

/** Present in Node.js 24.7 and later. Importing a missing name would keep the program from starting. */
const { argon2, argon2Sync }: Partial<Pick<typeof crypto, 'argon2' | 'argon2Sync'>> = crypto;
/** True if Argon2 can be computed. */
export const HAS_ARGON2 = argon2 !== undefined && argon2Sync !== undefined;

/** Computes a derivation, usually on another thread. Rejects with LdapError busy (51) if too many wait. */
export type Derive = (derivation: Derivation) => Promise<Uint8Array>;

/** Derivations that the runtime computes on its own threads; the others are JavaScript. */
type NativeDerivation = ScryptDerivation | Pbkdf2Derivation | Argon2Derivation;

/** Returns true if the runtime computes the derivation on its own threads. */
export function isNative(derivation: Derivation): derivation is NativeDerivation {
  return derivation.kind === 'scrypt' || derivation.kind === 'pbkdf2' || derivation.kind === 'argon2';
}

/** Computes a derivation on this thread and returns the derived octets. */
export function deriveHere(derivation: Derivation): Uint8Array {
  const { password } = derivation;
  switch (derivation.kind) {
    case 'scrypt':
      return scryptSync(password, derivation.salt, derivation.length, scryptOptions(derivation));
    case 'pbkdf2': {
      const { salt, iterations, length, digest } = derivation;
      return pbkdf2Sync(password, salt, iterations, length, digest);
    }
    case 'argon2':
      if (argon2Sync === undefined) throw noArgon2();
      return argon2Sync(derivation.variant, argon2Options(derivation));
    case 'bcrypt':
      return Buffer.from(bcryptOf(password, derivation.setting), 'latin1');
    case 'crypt':
      return Buffer.from(unixCrypt(password, derivation.setting), 'latin1');
    case 'digest':
      return hash(derivation.digest, Buffer.concat([password, derivation.salt]), 'buffer');
  }
}

/** Computes a derivation on a thread of the runtime's pool. */
export function deriveNatively(derivation: NativeDerivation): Promise<Uint8Array> {
  const { promise, resolve, reject } = Promise.withResolvers<Uint8Array>();
  const settle = (error: Error | null, key: Uint8Array) => (error === null ? resolve(key) : reject(error));
  const { password, salt, length } = derivation;
  switch (derivation.kind) {
    case 'scrypt':
      scrypt(password, salt, length, scryptOptions(derivation), settle);
      break;
    case 'pbkdf2':
      pbkdf2(password, salt, derivation.iterations, length, derivation.digest, settle);
      break;
    case 'argon2':
      if (argon2 === undefined) reject(noArgon2());
      else argon2(derivation.variant, argon2Options(derivation), settle);
      break;
  }
  return promise;
}

/** Computes a derivation; JavaScript ones on this thread. For commands only, because it blocks. */
export async function deriveForCommand(derivation: Derivation): Promise<Uint8Array> {
  return isNative(derivation) ? deriveNatively(derivation) : deriveHere(derivation);
}

function noArgon2(): Error {
  return new Reason(`Node.js ${process.version} does not compute Argon2.`);
}

function scryptOptions({ cost, blockSize, parallelization }: ScryptDerivation) {
  const maxmem = 128 * blockSize * (cost + parallelization + 2);
  return { cost, blockSize, parallelization, maxmem };
}

function argon2Options({ password, salt, length, memory, passes, parallelism }: Argon2Derivation) {
  return { message: password, nonce: salt, parallelism, tagLength: length, memory, passes };
}

/** Computes bcrypt, which takes text only. A password that is not UTF-8 never matches. */
function bcryptOf(password: Uint8Array, setting: string): string {
  return hashSync(Buffer.from(password).toString('utf8'), setting.replace(/^\$2y/, '$2b'));
}
