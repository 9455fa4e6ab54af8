// Passwords that the server generates: random, and such that the policy accepts them.

import { randomInt } from 'node:crypto';
import { type PasswordPolicy, passwordProblems } from './password-policy.ts';

const LOWER = 'abcdefghijkmnopqrstuvwxyz';
const UPPER = 'ABCDEFGHJKLMNPQRSTUVWXYZ';
const DIGITS = '23456789';
const SIGNS = '-_.+!';
const ALPHABETS = [
  [LOWER, UPPER, DIGITS, SIGNS],
  [LOWER, UPPER, DIGITS],
  [LOWER, DIGITS],
  [DIGITS],
  [LOWER],
  [UPPER],
] as const;
/** More than 120 bits of the largest alphabets. */
const LENGTHS = [24, 32, 16, 12, 48, 64, 128, 8] as const;
const TRIES = 8;

/**
 * Returns a random password that the policy accepts; undefined if none was found, because the policy asks for what is not
 * tried.
 */
export function generatePassword(
  policy: PasswordPolicy | undefined,
  attributes: Parameters<typeof passwordProblems>[1]['attributes'] = [],
): string | undefined {
  for (const length of LENGTHS) {
    for (const sets of ALPHABETS) {
      for (let attempt = 0; attempt < TRIES; attempt++) {
        const text = randomText(sets, length);
        if (policy === undefined || passwordProblems(policy, { text, attributes }, 'owner').length === 0)
          return text;
      }
    }
  }
  return undefined;
}

/** Has a character of each set. */
function randomText(sets: readonly string[], length: number): string {
  const all = sets.join('');
  const picked = Array.from({ length }, (_, index) => pick(sets[index] ?? all));
  for (let at = picked.length - 1; at > 0; at--) {
    const other = randomInt(at + 1);
    [picked[at], picked[other]] = [picked[other] ?? '', picked[at] ?? ''];
  }
  return picked.join('');
}

function pick(characters: string): string {
  return characters[randomInt(characters.length)] ?? '';
}
