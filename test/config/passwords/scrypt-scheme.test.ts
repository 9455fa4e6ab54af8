import { describe, expect, it } from 'vitest';
import { deriveHere } from '../../../src/config/passwords/derivation.ts';
import { hashPassword as hashWith, SCRYPT_DEFAULTS } from '../../../src/config/passwords/scrypt-scheme.ts';
import { findStored, parseStored } from '../../../src/config/passwords/stored-password.ts';

const derive = async (derivation: Parameters<typeof deriveHere>[0]) => deriveHere(derivation);
const hashPassword = (text: string, options = SCRYPT_DEFAULTS) => hashWith(text, derive, options);
const isHashedPassword = (text: string) => parseStored(text) !== undefined;
const verifyPassword = async (stored: string, text: string) =>
  (await findStored([stored], text, derive)).length > 0;

const CHEAP = { cost: 1024, blockSize: 8, parallelization: 1 };
const HASH = '$c2FsdHNhbHRzYWx0$aGFzaGhhc2hoYXNoaGFzaA==';

describe('password hash', () => {
  it('is verified by the password and by nothing else', async () => {
    const stored = await hashPassword('Grüße 1', CHEAP);
    expect(stored).toMatch(/^\{SCRYPT\}N=1024,r=8,p=1\$[^$]+\$[^$]+$/);
    expect(isHashedPassword(stored)).toBe(true);
    expect(await verifyPassword(stored, 'Grüße 1')).toBe(true);
    expect(await verifyPassword(stored, 'Grüße 1'.normalize('NFD'))).toBe(true);
    expect(await verifyPassword(stored, 'Grüße 2')).toBe(false);
    expect(await verifyPassword(stored, '')).toBe(false);
    expect(await verifyPassword(stored, stored)).toBe(false);
  });

  it('differs each time', async () => {
    expect(await hashPassword('a', CHEAP)).not.toBe(await hashPassword('a', CHEAP));
  });

  it('uses parameters as strong as OWASP asks by default', async () => {
    expect(SCRYPT_DEFAULTS).toEqual({ cost: 16384, blockSize: 8, parallelization: 5 });
    expect(await verifyPassword(await hashPassword('a'), 'a')).toBe(true);
  });

  it('agrees with the third vector of RFC 7914 §12', async () => {
    const hash =
      '7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2' +
      'd5432955613f0fcf62d49705242a9af9e61e85dc0d651e40dfcf017b45575887';
    const salt = Buffer.from('SodiumChloride').toString('base64');
    const stored = `{SCRYPT}N=16384,r=8,p=1$${salt}$${Buffer.from(hash, 'hex').toString('base64')}`;
    expect(await verifyPassword(stored, 'pleaseletmein')).toBe(true);
  });

  it.each([
    ['no scheme', HASH],
    ['another scheme', `{SSHA}${HASH}`],
    ['a cost that is no power of two', `{SCRYPT}N=1000,r=8,p=1${HASH}`],
    ['a cost that is too low', `{SCRYPT}N=2,r=8,p=1${HASH}`],
    ['too much memory', `{SCRYPT}N=1048576,r=32,p=1${HASH}`],
    ['too much work', `{SCRYPT}N=131072,r=8,p=17${HASH}`],
    ['a block size of none', `{SCRYPT}N=1024,r=0,p=1${HASH}`],
    ['a short salt', '{SCRYPT}N=1024,r=8,p=1$c2E=$aGFzaGhhc2hoYXNoaGFzaA=='],
    ['a short hash', '{SCRYPT}N=1024,r=8,p=1$c2FsdHNhbHRzYWx0$aGFzaA=='],
    ['a tail', `{SCRYPT}N=1024,r=8,p=1${HASH}$x`],
    ['great length', `{SCRYPT}N=1024,r=8,p=1$${'a'.repeat(10_000)}$aGFzaGhhc2hoYXNoaGFzaA==`],
  ])('is not trusted with %s', async (_, stored) => {
    expect(isHashedPassword(stored)).toBe(false);
    expect(await verifyPassword(stored, 'a')).toBe(false);
  });

  it('takes no password of any length', async () => {
    await expect(hashPassword('a'.repeat(1025), CHEAP)).rejects.toThrow('1024');
  });
});
