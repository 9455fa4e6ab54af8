// Passwords whose hash costs little. The server hashes a password in clear text so that each login takes a third of a second of
// a processor, and the tests log in ten thousand times: whoever tests something else gives a hash, as those do who hash
// passwords themselves.

import { scryptSync } from 'node:crypto';

/** The least that the server takes for strong. */
const OPTIONS = { cost: 2 ** 10, blockSize: 8, parallelization: 1 };
const SALT = Buffer.from('salt of the tests');
const HASH_OCTETS = 32;

/** Returns the password as it is stored, see scrypt-scheme.ts; one with this hash cannot log in with SCRAM. */
export function cheapHash(password: string): string {
  const { cost, blockSize, parallelization } = OPTIONS;
  const hash = scryptSync(password, SALT, HASH_OCTETS, OPTIONS).toString('base64');
  return `{SCRYPT}N=${cost},r=${blockSize},p=${parallelization}$${SALT.toString('base64')}$${hash}`;
}
