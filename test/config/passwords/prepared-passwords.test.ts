// Hashes of other servers: vectors of theirs, what their own programs write now, and what is refused.

import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { deriveForCommand } from '../../../src/config/passwords/derivation.ts';
import {
  findStored,
  isPrepared,
  parseStored,
  preparedProblem,
} from '../../../src/config/passwords/stored-password.ts';

const fits = async (stored: string, password: string) =>
  (await findStored([stored], password, deriveForCommand)).length > 0;

/** The output of a program, such as slappasswd. */
function output(program: string, ...words: readonly string[]): string {
  const { stdout, stderr, status } = spawnSync(program, words, { encoding: 'utf8' });
  expect({ stderr, status }).toEqual({ stderr: '', status: 0 });
  return stdout.trim();
}

/** Scheme and source, the password, the value. */
const VECTORS: readonly (readonly [string, string, string])[] = [
  ['SHA', 'secret', '{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ='],
  ['SSHA', 'secret', '{SSHA}tCNGqyJLk/uvKpCa4vga5GB2gWoxMjM0NTY3OA=='],
  ['SHA256 of pw-sha2', 'secret', '{SHA256}K7gNU3sdo+OL0wNhqoVWhr3g6s1xYv72ol/pe/Unols='],
  ['SSHA256 of OpenDJ', 'secret', '{SSHA256}xIar81hLva6DoMGVtk5WWfJTnBvkyAsYkj0phSdBBDW2DC1dXI79cw=='],
  [
    'SSHA512 of OpenDJ',
    'secret',
    '{SSHA512}8gRXO3lD2fGN3JIhbNJOsh31IRFKnWbDNl+cPH3HoJCkUpxZPG617TnN6Nvl2mVMSBLlzPu2eMpOhCDKoolNG6QCsYf2hppQTAVaqfx25PUJ1ngbuBiNDCpK6Xj5PYZiFwa+cpkY/Pzs77bLn3VMxmHhwa+vowfGhy5RRW+6npQ=',
  ],
  ['PBKDF2 of OpenLDAP', 'secret', '{PBKDF2}60000$Y6ZHtTTbeUgpIbIW0QDmDA$j/aU7jFKUSbH4UobNQDm9OEIwuw'],
  [
    'PBKDF2 of ForgeRock',
    'password',
    '{PBKDF2-HMAC-SHA256}10000:xKsMmlzVLRYdYzcgBuD3ZIAeSj8tNhjDHGFDqhth8Kcbw5qjL5UZxaiS2awL1HjO',
  ],
  [
    'PBKDF2 with SHA-512 and ten rounds, as PingDS writes it',
    'secret',
    '{PBKDF2-HMAC-SHA512}10:+MWS6A0gJ47TLK0kbVY5RUdJxuR2o1X0aaCXsQ7q2PnbTdTAhlVpB9uIxrCxkxeB/ubHOFJd7iL2eLMEY8bB2zEyMzQ1Njc4',
  ],
  [
    'PBKDF2 of the older 389 DS',
    'Password123',
    '{PBKDF2_SHA256}AAAnEGTxXtnR/oox922/jZyjH6fmiIdW4AwIYZE2LfCVL/SUz5GbAHfjRj4NbN2u8ul0/j/dUzJ4gQSawGALGHZV74nOAtPttoZDTsh7BeGCLD/Ps7vRugwDdz9uPARXzF3bD/8qCpumvRGb4pehzfQsk+FnGgTwi0rUeVaN8a7Kbv8ZpRfU2sd+208F/YL42BWAh/2tv0I4vY7ZsrCZcrUJtgKWy5Nr+t78zmPkrZsX/kgfnGdXhr50kN10cmkLQ0/cZOXo9CAkpeZyFu+wQ5vQdUaES2Vd5kBjJYPCkr4b2ocr4ETQi3IGO2GGCoCetmMIETsudRVSxUNBbva+Vgxin5Apu4wIP/0ZyuGK6TuWLqLnNpmK3RkRx0xjqJ4nN2Ok0ul0XYBJcYIBt4UoaVM2uSa/Etw28Uy+zAsUv2AOiRo5',
  ],
  [
    'PKCS5S2 of OpenDJ',
    'password',
    '{PKCS5S2}DQIXJU038u4P7FdsuFTY/+35bm41kfjZa57UrdxHp2Mu3qF2uy+ooD+jF5t1tb8J',
  ],
  ['BCRYPT of OpenDJ', 'password', '{BCRYPT}$2a$05$bvIG6Nmid91Mu9RcmmWZfO5HJIMCT8riNW0hEp8f6/FuA2/mHZFpe'],
  ['CRYPT of OpenDJ', 'secret12', '{CRYPT}$5$miWe9yahchas7aiy$b/6oTh5QF3bqbdIDWmjtdOxD8df75426zTHwF.MJuyB'],
  [
    'SCRAM of RFC 7677',
    'pencil',
    '{SCRAM-SHA-256}4096:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=',
  ],
  [
    'ARGON2 of the reference implementation',
    'password',
    '{ARGON2}$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc',
  ],
];

it.each(VECTORS)(
  '%s: %s is found, and neither another password nor the hash itself',
  async (_, password, stored) => {
    expect(await fits(stored, password)).toBe(true);
    expect(
      await fits(
        stored.replace(/^\{[^}]*\}/, (scheme) => scheme.toLowerCase()),
        password,
      ),
    ).toBe(true);
    for (const wrong of [`${password}x`, stored, '', stored.replace(/^\{[^}]*\}/, '')])
      expect(await fits(stored, wrong)).toBe(false);
  },
);

describe('what slappasswd writes', () => {
  const sha2 = ['-o', 'module-path=/usr/lib/ldap', '-o', 'module-load=pw-sha2'];
  const argon2 = ['-o', 'module-path=/usr/lib/ldap', '-o', 'module-load=argon2'];
  const cases: readonly (readonly [scheme: string, words: readonly string[]])[] = [
    ['{SHA}', ['-h', '{SHA}']],
    ['{SSHA}', ['-h', '{SSHA}']],
    ['{CRYPT}', ['-h', '{CRYPT}']],
    ['{CRYPT}', ['-c', '$1$%.8s']],
    ['{CRYPT}', ['-c', '$5$%.16s']],
    ['{CRYPT}', ['-c', '$6$rounds=7000$%.8s']],
    ['{CRYPT}', ['-c', '$2b$05$%.22s']],
    ['{SHA256}', [...sha2, '-h', '{SHA256}']],
    ['{SSHA256}', [...sha2, '-h', '{SSHA256}']],
    ['{SHA384}', [...sha2, '-h', '{SHA384}']],
    ['{SSHA384}', [...sha2, '-h', '{SSHA384}']],
    ['{SHA512}', [...sha2, '-h', '{SHA512}']],
    ['{SSHA512}', [...sha2, '-h', '{SSHA512}']],
    ['{ARGON2}', [...argon2, '-h', '{ARGON2}']],
  ];
  it.each(cases)('%s %j', async (scheme, words) => {
    for (const password of ['secret', 'Grüße und mehr als sechzehn']) {
      const stored = output('slappasswd', '-n', ...words, '-s', password);
      expect(stored.startsWith(scheme)).toBe(true);
      expect([stored, await fits(stored, password)]).toEqual([stored, true]);
      expect(await fits(stored, 'something else')).toBe(false);
    }
  });
});

describe('what crypt(3) of this machine writes', () => {
  const settings = [
    'ab',
    'abcdefghijklmnopq',
    './',
    'zZ',
    '$1$salt$',
    '$5$salt$',
    '$5$rounds=1000$salt$',
    '$6$saltsaltsaltsalt$',
    '$2y$04$abcdefghijklmnopqrstuu',
  ];
  const passwords = ['x', 'seven77', 'eight888', 'nine99999', 'p'.repeat(64), 'ü€𝄞', 'q'.repeat(130)];
  it.each(settings)('%s', async (setting) => {
    for (const password of passwords) {
      const text = output('perl', '-e', 'print crypt($ARGV[0], $ARGV[1])', password, setting);
      expect([password, await fits(`{CRYPT}${text}`, password)]).toEqual([password, true]);
      expect(await fits(`{CRYPT}${text}`, `-${password}`)).toBe(false);
    }
  });
});

describe('refused before any work is', () => {
  const salt = 'c29tZXNhbHQ';
  const hash = 'CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc';
  const key = Buffer.alloc(32).toString('base64');
  const old389 = Buffer.concat([Buffer.from([0x7f, 255, 255, 255]), Buffer.alloc(320)]).toString('base64');
  it.each([
    '{PBKDF2}2147483648$Y6ZHtTTbeUgpIbIW0QDmDA$j/aU7jFKUSbH4UobNQDm9OEIwuw',
    '{PBKDF2}0$Y6ZHtTTbeUgpIbIW0QDmDA$j/aU7jFKUSbH4UobNQDm9OEIwuw',
    '{PBKDF2-HMAC-SHA256}99999999999999999999:xKsMmlzVLRYdYzcgBuD3ZIAeSj8tNhjDHGFDqhth8Kcbw5qjL5UZxaiS2awL1HjO',
    `{PBKDF2_SHA256}${old389}`,
    `{SCRAM-SHA-256}2147483648:W22ZaJ0SNY7soEsUEjb6gQ==$${key}:${key}`,
    '{BCRYPT}$2b$31$bvIG6Nmid91Mu9RcmmWZfO5HJIMCT8riNW0hEp8f6/FuA2/mHZFpe',
    '{CRYPT}$2b$16$bvIG6Nmid91Mu9RcmmWZfO5HJIMCT8riNW0hEp8f6/FuA2/mHZFpe',
    '{CRYPT}$6$rounds=999999999$saltsalt$nII71HJmawaDYdXrUHYtoWV/pe6ZN/eQzrZXdKjhrcMU0onLRg6A5m38udZu.lA6f53rIQturF4FMx1X99KF/0',
    '{CRYPT}$y$j9T$abc$def',
    `{ARGON2}$argon2id$v=19$m=4194304,t=1,p=1$${salt}$${hash}`,
    `{ARGON2}$argon2id$v=19$m=4294967295,t=1,p=1$${salt}$${hash}`,
    `{ARGON2}$argon2id$v=19$m=65536,t=4294967295,p=1$${salt}$${hash}`,
    `{ARGON2}$argon2id$v=19$m=65536,t=1,p=16777215$${salt}$${hash}`,
    `{ARGON2}$argon2id$v=19$m=65536,t=0,p=1$${salt}$${hash}`,
    `{SCRYPT}N=1073741824,r=8,p=1$c2FsdHNhbHRzYWx0$aGFzaGhhc2hoYXNoaGFzaA==`,
  ])('%s', (stored) => {
    expect(isPrepared(stored)).toBe(true);
    expect(parseStored(stored)).toBeUndefined();
    expect(preparedProblem(stored, 'any')).toBeDefined();
  });

  it.each([
    '{CLEAR}secret',
    '{MD5}Xr4ilOzQ4PCOq3aQ0qbuaQ==',
    '{}',
    '{}x',
    '{no scheme} at all',
    '{SSHA}',
    '{SSHA}%%%',
    '{SHA}c2VjcmV0',
  ])('%s, with the schemes that there are', (text) => {
    expect(isPrepared(text)).toBe(true);
    const { advice = '' } = preparedProblem(text, 'any') ?? {};
    expect(advice).toContain('{SSHA}, ');
    expect(advice).toContain('{ARGON2}');
  });

  it.each(['secret', '{', '{open', 'a{SSHA}b', '}{', ' {SSHA}x'])('no password such as %j', (text) => {
    expect(isPrepared(text)).toBe(false);
  });
});

it('accounts of the server take what is slow to guess, and nothing else', () => {
  const weak = [
    'SHA',
    'SSHA',
    'SHA256',
    'SSHA256',
    'SSHA512',
    'BCRYPT of OpenDJ',
    'PBKDF2 with SHA-512 and ten',
  ];
  for (const [name, , stored] of VECTORS) {
    const isWeak = weak.some((one) => name === one || name.startsWith(`${one} `) || name.startsWith(one));
    expect([name, preparedProblem(stored, 'any')]).toEqual([name, undefined]);
    expect([name, preparedProblem(stored, 'strong') !== undefined]).toEqual([name, isWeak]);
  }
});
