// How the passwords of administrators are stored: `{SCRYPT}N=16384,r=8,p=5$salt$hash`, scrypt (RFC 7914) with its
// parameters in the text, salt and hash in base64. The parameters of stored text are limited before anything is
// computed, because whoever writes the configuration would otherwise choose how much memory a bind takes.

import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto';

export interface ScryptOptions {
  /** N: a power of two; memory is 128 × cost × blockSize bytes. */
  readonly cost: number;
  /** r */
  readonly blockSize: number;
  /** p */
  readonly parallelization: number;
}

/** One of the settings OWASP calls equal to scrypt's recommended strength, and the one of them for 16 MiB. */
export const SCRYPT_DEFAULTS: ScryptOptions = { cost: 2 ** 14, blockSize: 8, parallelization: 5 };

const COST_MIN = 2 ** 10;
const COST_MAX = 2 ** 20;
const BLOCK_SIZE_MAX = 32;
const PARALLELIZATION_MAX = 16;
const MEMORY_BYTES_MAX = 128 * 2 ** 20;
const WORK_MAX = 2 ** 24;
const SALT_BYTES = 16;
const HASH_BYTES = 32;
const STORED_CHARACTERS_MAX = 256;
const PASSWORD_CHARACTERS_MAX = 1024;

const STORED =
  /^\{SCRYPT\}N=(\d{1,8}),r=(\d{1,3}),p=(\d{1,3})\$([A-Za-z0-9+/]+={0,2})\$([A-Za-z0-9+/]+={0,2})$/i;

interface StoredPassword {
  readonly options: ScryptOptions;
  readonly salt: Buffer;
  readonly hash: Buffer;
}

/** Whether the text is a hash as `hashPassword` writes it, within the limits. */
export function isHashedPassword(text: string): boolean {
  return parseStored(text) !== undefined;
}

/** The salt in base64; undefined when the text is no such hash. */
export function saltOfHash(text: string): string | undefined {
  return parseStored(text)?.salt.toString('base64');
}

/** What keeps a text from being a password; undefined when nothing does. */
export function passwordProblem(text: string): { problem: string; advice: string } | undefined {
  const advice = `Give a password of 1 to ${PASSWORD_CHARACTERS_MAX} characters.`;
  if (text === '') return { problem: 'is empty', advice };
  if (text.length <= PASSWORD_CHARACTERS_MAX) return undefined;
  return { problem: `has more than ${PASSWORD_CHARACTERS_MAX} characters`, advice };
}

/** Takes a password in clear text and gives what may be stored. Takes some tenths of a second, not on this thread. */
export async function hashPassword(
  text: string,
  options: ScryptOptions = SCRYPT_DEFAULTS,
  salt: Buffer = randomBytes(SALT_BYTES),
): Promise<string> {
  if (!isWithinLimits(options))
    throw new RangeError('The scrypt parameters are outside the limits of this server.');
  const refused = passwordProblem(text);
  if (refused !== undefined) throw new RangeError(`The password ${refused.problem}.`);
  const hash = await derive(text, salt, HASH_BYTES, options);
  const { cost, blockSize, parallelization } = options;
  return `{SCRYPT}N=${cost},r=${blockSize},p=${parallelization}$${salt.toString('base64')}$${hash.toString('base64')}`;
}

/** Whether the password is the stored one; text that is no hash is never equal to any password. */
export async function verifyPassword(stored: string, text: string): Promise<boolean> {
  const known = parseStored(stored);
  if (known === undefined || text.length > PASSWORD_CHARACTERS_MAX) return false;
  const hash = await derive(text, known.salt, known.hash.length, known.options);
  return timingSafeEqual(hash, known.hash);
}

function parseStored(text: string): StoredPassword | undefined {
  if (text.length > STORED_CHARACTERS_MAX) return undefined;
  const [, cost, blockSize, parallelization, salt, hash] = STORED.exec(text) ?? [];
  if (salt === undefined || hash === undefined) return undefined;
  const options = {
    cost: Number(cost),
    blockSize: Number(blockSize),
    parallelization: Number(parallelization),
  };
  const stored = { options, salt: Buffer.from(salt, 'base64'), hash: Buffer.from(hash, 'base64') };
  const isUsable = isWithinLimits(options) && stored.salt.length >= 8 && stored.hash.length >= 16;
  return isUsable ? stored : undefined;
}

function isWithinLimits({ cost, blockSize, parallelization }: ScryptOptions): boolean {
  const isPowerOfTwo =
    Number.isInteger(cost) && cost >= COST_MIN && cost <= COST_MAX && (cost & (cost - 1)) === 0;
  const isBlockSize = Number.isInteger(blockSize) && blockSize >= 1 && blockSize <= BLOCK_SIZE_MAX;
  const isParallelization =
    Number.isInteger(parallelization) && parallelization >= 1 && parallelization <= PARALLELIZATION_MAX;
  if (!isPowerOfTwo || !isBlockSize || !isParallelization) return false;
  return 128 * cost * blockSize <= MEMORY_BYTES_MAX && cost * blockSize * parallelization <= WORK_MAX;
}

/** Passwords are compared after Unicode NFC, so that a letter with its accent is the same from every keyboard. */
function derive(text: string, salt: Buffer, bytes: number, options: ScryptOptions): Promise<Buffer> {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  const memoryBytes = 128 * options.blockSize * (options.cost + options.parallelization + 2);
  const { cost, blockSize, parallelization } = options;
  const parameters = { cost, blockSize, parallelization, maxmem: memoryBytes };
  scrypt(text.normalize('NFC'), salt, bytes, parameters, (error, hash) => {
    if (error === null) resolve(hash);
    else reject(error);
  });
  return promise;
}
