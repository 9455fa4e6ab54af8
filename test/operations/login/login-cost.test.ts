// What a login computes, counted: the same hashes for every name, whatever account it belongs to, or to none.

import { describe, expect, it } from 'vitest';
import type { Derivation } from '../../../src/config/passwords/derivation.ts';
import { deriveForCommand } from '../../../src/config/passwords/derivation.ts';
import { PasswordProfiles } from '../../../src/config/passwords/password-profiles.ts';
import { storePassword } from '../../../src/config/passwords/stored-password.ts';
import { PropertyValidator } from '../../../src/config/property-validator.ts';
import { LdapError } from '../../../src/ldap/ldap-error.ts';
import { Authentication } from '../../../src/operations/login/authentication.ts';
import { LoginThrottle } from '../../../src/operations/login/login-throttle.ts';
import { Accounts } from '../../../src/runtime/accounts.ts';
import { entriesOf, openSources, schema } from '../../config/configuration.ts';
import { accountDn, accountLdif } from '../../support/accounts.ts';
import { withoutLockout } from '../../support/without-lockout.ts';

const THROTTLE_LIMITS = { failuresMax: 20, refusalMs: 300_000, forgetMs: 900_000 };

const CHEAP = { cost: 1024, blockSize: 8, parallelization: 1 };
const SOURCE = { address: '192.0.2.1', isLocal: false };
const SCRAM =
  '{SCRAM-SHA-256}4096:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=';
const BCRYPT = '{BCRYPT}$2b$08$abcdefghijklmnopqrstuuIF7q.JFjSaTd0VM/J7/cXtbRDsKdgDG';
const PBKDF2 = '{PBKDF2}60000$Y6ZHtTTbeUgpIbIW0QDmDA$j/aU7jFKUSbH4UobNQDm9OEIwuw';

const keyOf = (dn: string) => schema.dnKeyOfText(dn);

class World {
  readonly profiles = new PasswordProfiles('a secret of this test');
  readonly accounts = new Accounts(keyOf, this.profiles.section());
  readonly computed: Derivation[] = [];
  /** Hashes are computed when it is settled. */
  gate: Promise<void> = Promise.resolve();
  readonly authentication = new Authentication({
    accounts: this.accounts,
    keyOf,
    throttle: new LoginThrottle({ now: () => this.#tick(), sleep: async () => {} }, THROTTLE_LIMITS),
    administratorKey: '',
    lockout: withoutLockout(),
    profiles: this.profiles,
    derive: async (derivation) => {
      this.computed.push(derivation);
      await this.gate;
      return deriveForCommand(derivation);
    },
  });
  #validator: PropertyValidator | undefined;
  #now = 0;

  /** Failures are forgotten at once: here it is costs that count. */
  #tick(): number {
    this.#now += 3_600_000;
    return this.#now;
  }

  async add(name: string, ...passwords: readonly string[]): Promise<void> {
    this.#validator ??= new PropertyValidator({ schema, sources: await openSources() });
    const lines = [
      ...passwords.map((password) => `userPassword: ${password}`),
      `ds-cfg-alternate-bind-dn: uid=${name}`,
    ];
    for (const entry of entriesOf(accountLdif(name, { lines }))) {
      const after = this.#validator.decode(entry);
      const kinds = { before: undefined, after: after?.kind };
      const key = schema.dnKey(entry.dn);
      this.accounts
        .prepare({ key, kinds, before: undefined, after, written: after, mentions: () => true })
        ?.commit();
    }
  }

  /** Kinds and costs of the hashes that a login computes, in their order; the code of the login comes first. */
  async costOf(dn: string, password: string): Promise<readonly string[]> {
    this.computed.length = 0;
    const code = await Promise.resolve(this.authentication.verify(dn, password, SOURCE)).then(
      () => 0,
      (error: unknown) => (error instanceof LdapError ? error.code : -1),
    );
    return [`${code}`, ...this.computed.map(({ kind }) => kind)];
  }
}

const stored = (password: string) => storePassword(password, deriveForCommand, CHEAP);

describe('a login computes the same hashes', () => {
  it('for every name: with one password, two, SCRAM only, hashes of others, none, and for names that nobody has', async () => {
    const world = new World();
    await world.add('one', ...(await stored('one')));
    await world.add('two', ...(await stored('first')), ...(await stored('second')));
    await world.add('scram', SCRAM);
    await world.add('other', BCRYPT, PBKDF2);
    await world.add('none');
    const names = ['one', 'two', 'scram', 'other', 'none', 'nobody', 'somebody'];
    const dns = names.flatMap((name) => [accountDn(name), `uid=${name}`]);
    const wrong = await Promise.all([...dns, 'uid=x,ou=nowhere'].map((dn) => world.costOf(dn, 'wrong')));
    // They ran side by side, so what they computed is counted once more, one after the other.
    expect(wrong.every(([code]) => code === '49')).toBe(true);
    const costs = new Set<string>();
    for (const dn of [...dns, 'uid=x,ou=nowhere']) costs.add((await world.costOf(dn, 'wrong')).join());
    expect([...costs]).toEqual(['49,bcrypt,pbkdf2,scrypt,scrypt']);
  });

  it('also where the password is right, whichever of them it is', async () => {
    const world = new World();
    await world.add('two', ...(await stored('first')), ...(await stored('second')));
    await world.add('other', PBKDF2);
    expect(await world.costOf(accountDn('two'), 'second')).toEqual(['0', 'pbkdf2', 'scrypt', 'scrypt']);
    expect(await world.costOf(accountDn('other'), 'secret')).toEqual(['0', 'pbkdf2', 'scrypt', 'scrypt']);
  });

  it('for passwords that no account can have', async () => {
    const world = new World();
    await world.add('one', ...(await stored('one')));
    for (const password of ['x'.repeat(2000), 'bell\u0007', '\u{1f642}', '{SSHA}x'])
      expect(await world.costOf(accountDn('one'), password)).toEqual(
        await world.costOf(accountDn('nobody'), password),
      );
  });

  it('once only, when the account with more of them is gone', async () => {
    const world = new World();
    await world.add('two', ...(await stored('first')), ...(await stored('second')));
    expect(await world.costOf('uid=nobody', 'x')).toEqual(['49', 'scrypt', 'scrypt']);
    await world.add('two', ...(await stored('first')));
    expect(await world.costOf('uid=nobody', 'x')).toEqual(['49', 'scrypt']);
  });
});

it('whoever was verified before waits for nobody whose password is compared', async () => {
  const world = new World();
  await world.add('one', ...(await stored('one')));
  const verify = (dn: string, password: string) => world.authentication.verify(dn, password, SOURCE);
  await verify(accountDn('one'), 'one');
  const gate = Promise.withResolvers<void>();
  world.gate = gate.promise;
  const ends: string[] = [];
  const wrong = Array.from({ length: 8 }, async (_, index) => {
    await Promise.resolve(verify(accountDn(`flood ${index}`), 'a guess')).catch(() => ends.push('wrong'));
  });
  await verify(accountDn('one'), 'one');
  ends.push('right');
  gate.resolve();
  await Promise.all(wrong);
  expect(ends).toEqual(['right', ...wrong.map(() => 'wrong')]);
});

describe('what is made up for a name', () => {
  it('is drawn as the accounts have it, and stays', async () => {
    const profiles = new PasswordProfiles('a secret');
    const section = profiles.section();
    for (let index = 0; index < 30; index++) section.set(`a${index}`, [SCRAM]);
    for (let index = 0; index < 10; index++) section.set(`b${index}`, [SCRAM.replace('4096', '10000')]);
    const draw = () =>
      Array.from({ length: 2000 }, (_, index) => profiles.scramParametersFor(`n${index}`, 'SCRAM-SHA-256'));
    const drawn = draw();
    expect(draw()).toEqual(drawn);
    const few = drawn.filter(({ iterations }) => iterations === 4096).length;
    // Three quarters of 2000, ten standard deviations wide.
    expect(few).toBeGreaterThan(1300);
    expect(few).toBeLessThan(1700);
    expect(new Set(drawn.map(({ salt }) => salt.toString('hex'))).size).toBe(2000);
    expect(new Set(drawn.map(({ salt }) => salt.length))).toEqual(new Set([16]));
    section.set('c', [SCRAM.replace('4096', '20000')]);
    const changed = draw().filter(({ iterations }, index) => iterations !== drawn[index]?.iterations);
    expect(changed.every(({ iterations }) => iterations === 20_000)).toBe(true);
  });
});

it('a mechanism is had by everyone when nobody has keys for another one only', async () => {
  const section = new PasswordProfiles('a secret').section();
  expect(section.everyoneHas('SCRAM-SHA-512')).toBe(true);
  section.set('new', await stored('one'));
  section.set('without', [BCRYPT]);
  expect(section.everyoneHas('SCRAM-SHA-512')).toBe(true);
  section.set('of an earlier version', [SCRAM]);
  expect(section.everyoneHas('SCRAM-SHA-512')).toBe(false);
  expect(section.everyoneHas('SCRAM-SHA-256')).toBe(true);
  section.set('of an earlier version', []);
  expect(section.everyoneHas('SCRAM-SHA-512')).toBe(true);
});
