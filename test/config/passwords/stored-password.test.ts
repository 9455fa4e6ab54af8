import { describe, expect, it } from 'vitest';
import { deriveHere } from '../../../src/config/passwords/derivation.ts';
import {
  formatScramKeys,
  parseScramKeys,
  prepareScramPassword,
} from '../../../src/config/passwords/scram-scheme.ts';
import { hashPassword } from '../../../src/config/passwords/scrypt-scheme.ts';
import {
  findScramKeys,
  findStored as findWith,
  parseStored,
  siblingsOf,
  storePassword as storeWith,
} from '../../../src/config/passwords/stored-password.ts';

const derive = async (derivation: Parameters<typeof deriveHere>[0]) => deriveHere(derivation);
const findStored = (values: readonly string[], text: string) => findWith(values, text, derive);
const CHEAP = { cost: 1024, blockSize: 8, parallelization: 1 };
const storePassword = (text: string) => storeWith(text, derive, CHEAP);

describe('what is kept of a password', () => {
  it('is a hash and the keys of SCRAM, which belong together', async () => {
    const stored = await storePassword('a secret');
    expect(stored.map((value) => value.replace(/\}.*/, '}'))).toEqual([
      ...['{SCRYPT}', '{SCRAM-SHA-256}', '{SCRAM-SHA-512}'],
    ]);
    expect(stored.every((value) => parseStored(value)?.isStrong)).toBe(true);
    const [hash = '', keys = '', others512 = ''] = stored;
    const others = await storePassword('another');
    expect(siblingsOf(hash, [...others, ...stored])).toEqual(stored);
    expect(siblingsOf(keys, [...others, ...stored])).toEqual(stored);
    expect(siblingsOf(others512, [...others, ...stored])).toEqual(stored);
  });

  it('is found by the password and by no other', async () => {
    const first = await storePassword('first');
    const second = await storePassword('second');
    expect(await findStored([...first, ...second], 'second')).toEqual(second);
    expect(await findStored([...first, ...second], 'third')).toEqual([]);
    expect(await findStored([], 'first')).toEqual([]);
  });

  it('is found by the password when there are only the keys of SCRAM', async () => {
    const keys = (await storePassword('first')).slice(1);
    expect(await findStored(keys, 'first')).toEqual(keys);
    expect(await findStored(keys, 'second')).toEqual([]);
  });

  it('is a hash alone for a password that SASLprep refuses', async () => {
    const stored = await storePassword('bell\u0007');
    expect(stored).toHaveLength(1);
    expect(findScramKeys(stored, 'SCRAM-SHA-256')).toBeUndefined();
    expect(await findStored(stored, 'bell\u0007')).toEqual(stored);
  });

  it('tells no two hashes of one password to be one', async () => {
    const [hash = ''] = await storePassword('a');
    const other = await hashPassword('a', derive, CHEAP);
    expect(siblingsOf(hash, [hash, other])).toEqual([hash]);
  });
});

describe('the keys of SCRAM', () => {
  it('agree with RFC 7677 §3', async () => {
    const stored =
      '{SCRAM-SHA-256}4096:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=';
    expect(await findStored([stored], 'pencil')).toEqual([stored]);
    expect(await findStored([stored], 'pencils')).toEqual([]);
    const keys = parseScramKeys(stored);
    expect(keys && formatScramKeys(keys)).toBe(stored);
  });

  it.each([
    ['too few iterations', '{SCRAM-SHA-256}4095:W22ZaJ0SNY7soEsUEjb6gQ==$KEY:KEY'],
    ['too many iterations', '{SCRAM-SHA-256}10000001:W22ZaJ0SNY7soEsUEjb6gQ==$KEY:KEY'],
    ['a salt that is too short', '{SCRAM-SHA-256}4096:W22ZaA==$KEY:KEY'],
    ['one key', '{SCRAM-SHA-256}4096:W22ZaJ0SNY7soEsUEjb6gQ==$KEY'],
    ['another scheme', '{SCRAM-SHA-1}4096:W22ZaJ0SNY7soEsUEjb6gQ==$KEY:KEY'],
  ])('are not read with %s', (_, text) => {
    const key = Buffer.alloc(32, 7).toString('base64');
    const whole = `{SCRAM-SHA-256}4096:W22ZaJ0SNY7soEsUEjb6gQ==$${key}:${key}`;
    expect(parseScramKeys(whole)).toBeDefined();
    expect(parseScramKeys(text.replaceAll('KEY', key))).toBeUndefined();
  });

  it.each([
    ['I\u00adX', 'IX'],
    ['user', 'user'],
    ['USER', 'USER'],
    ['\u00aa', 'a'],
    ['\u2168', 'IX'],
    ['\u0007', undefined],
    ['\u0627\u0031', undefined],
    ['\u{1f642}', undefined],
  ])('are derived from %j as SASLprep has it (RFC 4013 §3)', (text, prepared) => {
    expect(prepareScramPassword(text, 'store')).toBe(prepared);
  });
});
