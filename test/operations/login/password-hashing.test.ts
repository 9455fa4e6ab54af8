import { afterAll, describe, expect, it } from 'vitest';
import { type Derivation, deriveHere } from '../../../src/config/passwords/derivation.ts';
import { LdapError } from '../../../src/ldap/ldap-error.ts';
import { PasswordHashing } from '../../../src/operations/login/password-hashing.ts';

const hashing = new PasswordHashing();
afterAll(() => hashing.close());

const password = Buffer.from('secret');
const salt = Buffer.from('12345678');
const SLOW: Derivation = { kind: 'pbkdf2', password, salt, length: 32, iterations: 60_000, digest: 'sha256' };
const EVERY_KIND: readonly Derivation[] = [
  { ...SLOW, iterations: 10 },
  { kind: 'scrypt', password, salt, length: 32, cost: 1024, blockSize: 8, parallelization: 1 },
  { kind: 'argon2', password, salt, length: 32, variant: 'argon2id', memory: 64, passes: 1, parallelism: 1 },
  { kind: 'bcrypt', password, setting: '$2b$04$abcdefghijklmnopqrstuu' },
  { kind: 'crypt', password, setting: '$6$rounds=1000$salt$' },
  { kind: 'crypt', password, setting: 'ab' },
  { kind: 'digest', password, salt, digest: 'sha1' },
];

describe('hashes of passwords', () => {
  it.each(EVERY_KIND)('are the same on every thread: $kind', async (derivation) => {
    const here = Buffer.from(deriveHere(derivation)).toString('hex');
    for (const derive of [hashing.forLogin, hashing.forLoad('somebody')])
      expect(Buffer.from(await derive(derivation)).toString('hex')).toBe(here);
  });

  it('of a login pass those of a load, and of one load those of another', async () => {
    const ends: string[] = [];
    const count = 60;
    const load = Array.from({ length: count }, () =>
      hashing
        .forLoad('a load')(SLOW)
        .then(() => ends.push('load')),
    );
    const other = hashing
      .forLoad('another')(SLOW)
      .then(() => ends.push('other'));
    const login = hashing.forLogin({ kind: 'bcrypt', password, setting: '$2b$04$abcdefghijklmnopqrstuu' });
    await login.then(() => ends.push('login'));
    await Promise.all([...load, other]);
    expect(ends.indexOf('login')).toBeLessThan(count / 2);
    expect(ends.indexOf('other')).toBeLessThan(count / 2);
  });

  it('are refused when too many of one source wait', async () => {
    const own = new PasswordHashing();
    const all = Array.from({ length: 9000 }, () => own.forLoad('a load')(SLOW));
    const refused = all.map((one) => one.catch((error: unknown) => error));
    await expect(all.at(-1)).rejects.toThrow('a load');
    own.close();
    const errors = await Promise.all(refused.slice(-100));
    expect(errors.every((error) => error instanceof LdapError)).toBe(true);
  });

  it('are refused when the server stops, whatever they wait for', async () => {
    const own = new PasswordHashing();
    const waiting = [
      own.forLoad('a load')(SLOW),
      own.forLogin({ kind: 'crypt', password, setting: '$6$rounds=100000$s$' }),
    ];
    const ends = Promise.allSettled(waiting);
    own.close();
    expect((await ends).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  });
});
