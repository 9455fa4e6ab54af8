// The server's own password storage: `{SCRYPT}N=16384,r=8,p=5$salt$hash`, scrypt (RFC 7914) with its parameters,
// salt and hash in base64. The parameters of stored text are limited before the computation; otherwise an author of
// the configuration could choose how much memory a bind takes.

import { randomBytes, timingSafeEqual } from 'node:crypto';
import type { Derive, ScryptDerivation } from './derivation.ts';
import { NOT_OF_FORMAT, type PasswordScheme, type StoredPassword } from './password-scheme.ts';

export interface ScryptOptions {
  /** N, a power of two. Memory is 128 × cost × blockSize octets. */
  readonly cost: number;
  /** Parameter r. */
  readonly blockSize: number;
  /** Parameter p. */
  readonly parallelization: number;
}

/** One of OWASP's settings of scrypt with equal strength; this one uses 16 MiB. */
export const SCRYPT_DEFAULTS: ScryptOptions = { cost: 2 ** 14, blockSize: 8, parallelization: 5 };

const COST_MIN = 2 ** 10;
const COST_MAX = 2 ** 20;
const BLOCK_SIZE_MAX = 32;
const PARALLELIZATION_MAX = 16;
const MEMORY_BYTES_MAX = 128 * 2 ** 20;
const WORK_MAX = 2 ** 24;
const SALT_BYTES = 16;
const HASH_BYTES = 32;
const SALT_BYTES_MIN = 8;
const HASH_BYTES_MIN = 16;
const STORED_CHARACTERS_MAX = 256;
export const PASSWORD_CHARACTERS_MAX = 1024;

const STORED = /^N=(\d{1,8}),r=(\d{1,3}),p=(\d{1,3})\$([A-Za-z0-9+/]+={0,2})\$([A-Za-z0-9+/]+={0,2})$/;

export const scryptScheme: PasswordScheme = {
  names: ['SCRYPT'],
  parse(text) {
    if (text.length > STORED_CHARACTERS_MAX) return NOT_OF_FORMAT;
    const [, cost, blockSize, parallelization, saltText, hashText] = STORED.exec(text) ?? [];
    if (saltText === undefined || hashText === undefined) return NOT_OF_FORMAT;
    const options = {
      cost: Number(cost),
      blockSize: Number(blockSize),
      parallelization: Number(parallelization),
    };
    if (!isWithinLimits(options))
      return { problem: `has scrypt parameters outside the limits of this server` };
    const [salt, hash] = [Buffer.from(saltText, 'base64'), Buffer.from(hashText, 'base64')];
    if (salt.length < SALT_BYTES_MIN || hash.length < HASH_BYTES_MIN) return NOT_OF_FORMAT;
    return {
      scheme: 'SCRYPT',
      isStrong: true,
      group: salt.toString('base64'),
      cost: `${cost} ${blockSize} ${parallelization} ${hash.length}`,
      derivationOf: (password) => derivation(password, salt, hash.length, options),
      matches: (derived) => derived.length === hash.length && timingSafeEqual(derived, hash),
    };
  },
};

/** Returns why a text cannot be a password; undefined if it can. */
export function passwordProblem(text: string): { problem: string; advice: string } | undefined {
  const advice = `Give a password of 1 to ${PASSWORD_CHARACTERS_MAX} characters.`;
  if (text === '') return { problem: 'is empty', advice };
  if (text.length <= PASSWORD_CHARACTERS_MAX) return undefined;
  return { problem: `has more than ${PASSWORD_CHARACTERS_MAX} characters`, advice };
}

/** Hashes a password in clear text. Returns the value to store. */
export async function hashPassword(
  text: string,
  derive: Derive,
  options: ScryptOptions = SCRYPT_DEFAULTS,
  salt: Buffer = randomBytes(SALT_BYTES),
): Promise<string> {
  if (!isWithinLimits(options))
    throw new RangeError('The scrypt parameters are outside the limits of this server.');
  const refused = passwordProblem(text);
  if (refused !== undefined) throw new RangeError(`The password ${refused.problem}.`);
  const hash = await derive(derivation(text, salt, HASH_BYTES, options));
  const { cost, blockSize, parallelization } = options;
  const hashText = Buffer.from(hash).toString('base64');
  return `{SCRYPT}N=${cost},r=${blockSize},p=${parallelization}$${salt.toString('base64')}$${hashText}`;
}

/** Password that nobody has and that takes as long to compare as one hashed here. */
export const nobodysPassword: StoredPassword = {
  scheme: 'SCRYPT',
  isStrong: true,
  group: undefined,
  cost: `${SCRYPT_DEFAULTS.cost} ${SCRYPT_DEFAULTS.blockSize} ${SCRYPT_DEFAULTS.parallelization} ${HASH_BYTES}`,
  derivationOf: (password) => derivation(password, Buffer.alloc(SALT_BYTES), HASH_BYTES, SCRYPT_DEFAULTS),
  matches: () => false,
};

function isWithinLimits({ cost, blockSize, parallelization }: ScryptOptions): boolean {
  const isPowerOfTwo =
    Number.isInteger(cost) && cost >= COST_MIN && cost <= COST_MAX && (cost & (cost - 1)) === 0;
  const isBlockSize = Number.isInteger(blockSize) && blockSize >= 1 && blockSize <= BLOCK_SIZE_MAX;
  const isParallelization =
    Number.isInteger(parallelization) && parallelization >= 1 && parallelization <= PARALLELIZATION_MAX;
  if (!isPowerOfTwo || !isBlockSize || !isParallelization) return false;
  return 128 * cost * blockSize <= MEMORY_BYTES_MAX && cost * blockSize * parallelization <= WORK_MAX;
}

/** Returns the derivation of a password in Unicode NFC, so that accented letters match from every keyboard. */
function derivation(
  text: string,
  salt: Uint8Array,
  length: number,
  options: ScryptOptions,
): ScryptDerivation {
  return { kind: 'scrypt', password: Buffer.from(text.normalize('NFC')), salt, length, ...options };
}
