// crypt(3) of Linux: MD5 (`$1$`, Poul-Henning Kamp), SHA-256 and SHA-512 (`$5$`, `$6$`, Ulrich Drepper's
// specification) and DES. A package implements bcrypt.

import { createHash } from 'node:crypto';
import { bigCrypt, DES_CHARACTERS, desCrypt } from './des-crypt.ts';

const CHARACTERS = './0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const MD5_ROUNDS = 1000;
const SHA_ROUNDS = 5000;
const MD5_SALT_MAX = 8;
const SHA_SALT_MAX = 16;

type Octets = readonly Uint8Array[];

/** Computes crypt(3). Takes a setting or a whole stored text; returns the whole text. */
export function unixCrypt(password: Uint8Array, setting: string): string {
  const [, kind, ...fields] = setting.split('$');
  if (kind === undefined) {
    const crypt = setting.length > DES_CHARACTERS ? bigCrypt : desCrypt;
    return crypt(password, setting.slice(0, 2));
  }
  if (kind === '1') return md5Crypt(password, (fields[0] ?? '').slice(0, MD5_SALT_MAX));
  const given = /^rounds=(\d+)$/.exec(fields[0] ?? '')?.[1];
  const salt = (fields[given === undefined ? 0 : 1] ?? '').slice(0, SHA_SALT_MAX);
  const prefix = given === undefined ? `$${kind}$` : `$${kind}$rounds=${given}$`;
  const rounds = given === undefined ? SHA_ROUNDS : Number(given);
  return `${prefix}${salt}$${shaCrypt(kind === '5' ? SHA_256 : SHA_512, password, Buffer.from(salt, 'latin1'), rounds)}`;
}

function digestOf(algorithm: string, parts: Octets): Buffer {
  const digest = createHash(algorithm);
  for (const part of parts) digest.update(part);
  return digest.digest();
}

/** Repeats the octets up to a length. */
function repeated(octets: Uint8Array, length: number): Buffer {
  const all = Buffer.alloc(length);
  for (let at = 0; at < length; at++) all[at] = octets[at % octets.length] ?? 0;
  return all;
}

/**
 * Encodes octets in crypt's base64, in the order of the scheme: three octets at a time, the last one has the highest
 * bits.
 */
function encoded(octets: Uint8Array, order: readonly (readonly number[])[]): string {
  let text = '';
  for (const places of order) {
    let value = places.reduce((sum, place) => sum * 256 + (octets[place] ?? 0), 0);
    for (let count = Math.ceil((places.length * 8) / 6); count > 0; count--) {
      text += CHARACTERS[value & 63] ?? '';
      value >>= 6;
    }
  }
  return text;
}

const MD5_ORDER = [[0, 6, 12], [1, 7, 13], [2, 8, 14], [3, 9, 15], [4, 10, 5], [11]];

function md5Crypt(password: Uint8Array, saltText: string): string {
  const salt = Buffer.from(saltText, 'latin1');
  const inner = digestOf('md5', [password, salt, password]);
  const parts: Uint8Array[] = [password, Buffer.from('$1$'), salt, repeated(inner, password.length)];
  for (let bits = password.length; bits > 0; bits >>= 1) {
    parts.push((bits & 1) === 1 ? Buffer.of(0) : Buffer.from(password.subarray(0, 1)));
  }
  let digest = digestOf('md5', parts);
  for (let round = 0; round < MD5_ROUNDS; round++)
    digest = digestOf('md5', roundOf(round, digest, password, salt));
  return `$1$${saltText}$${encoded(digest, MD5_ORDER)}`;
}

/** Returns the input of one round, which MD5 and SHA share. */
function roundOf(round: number, digest: Uint8Array, password: Uint8Array, salt: Uint8Array): Octets {
  const isOdd = round % 2 === 1;
  return [
    isOdd ? password : digest,
    ...(round % 3 === 0 ? [] : [salt]),
    ...(round % 7 === 0 ? [] : [password]),
    isOdd ? digest : password,
  ];
}

interface ShaCrypt {
  readonly algorithm: 'sha256' | 'sha512';
  readonly order: readonly (readonly number[])[];
}

/** Returns indexes that rotate by thirds of the digest, as the specification lists them. */
function thirds(
  count: number,
  next: (places: readonly number[]) => readonly number[],
  first: readonly number[],
) {
  const order: (readonly number[])[] = [];
  for (let places = first; order.length < count; places = next(places)) order.push(places);
  return order;
}

const SHA_256: ShaCrypt = {
  algorithm: 'sha256',
  order: [...thirds(10, ([a = 0, b = 0, c = 0]) => [c + 1, a + 1, b + 1], [0, 10, 20]), [31, 30]],
};
const SHA_512: ShaCrypt = {
  algorithm: 'sha512',
  order: [...thirds(21, ([a = 0, b = 0, c = 0]) => [b + 1, c + 1, a + 1], [0, 21, 42]), [63]],
};

function shaCrypt(
  { algorithm, order }: ShaCrypt,
  password: Uint8Array,
  salt: Uint8Array,
  rounds: number,
): string {
  const inner = digestOf(algorithm, [password, salt, password]);
  const parts: Uint8Array[] = [password, salt, repeated(inner, password.length)];
  for (let bits = password.length; bits > 0; bits >>= 1) parts.push((bits & 1) === 1 ? inner : password);
  let digest = digestOf(algorithm, parts);
  const passwords = repeated(
    digestOf(algorithm, new Array<Uint8Array>(password.length).fill(password)),
    password.length,
  );
  const salts = repeated(
    digestOf(algorithm, new Array<Uint8Array>(16 + (digest[0] ?? 0)).fill(salt)),
    salt.length,
  );
  for (let round = 0; round < rounds; round++)
    digest = digestOf(algorithm, roundOf(round, digest, passwords, salts));
  return encoded(digest, order);
}
