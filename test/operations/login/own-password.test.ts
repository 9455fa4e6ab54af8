// Which logins end when a password is changed, looked at without a connection: what happens between a change and its
// answer cannot be arranged from outside.

import { beforeEach, describe, expect, it } from 'vitest';
import { PropertyValidator } from '../../../src/config/property-validator.ts';
import type { Change, Modification } from '../../../src/ldap/change.ts';
import { Dn } from '../../../src/ldap/dn.ts';
import { Attribute } from '../../../src/ldap/entry.ts';
import { AccountRequester } from '../../../src/operations/login/account-requester.ts';
import { findPasswordReplacer } from '../../../src/operations/login/own-password.ts';
import { Accounts } from '../../../src/runtime/accounts.ts';
import { entriesOf, openSources, schema } from '../../config/configuration.ts';
import { accountDn, accountLdif } from '../../support/accounts.ts';

const DN = accountDn('user');
const [ONE, TWO, THREE] = [storedWith('1'), storedWith('2'), storedWith('3')];
const validator = new PropertyValidator({ schema, sources: await openSources() });
const keyOf = (dn: string) => schema.dnKeyOfText(dn);

let accounts: Accounts;
let requester: AccountRequester;

/** Of the form of a stored password; what it was made of does not matter here. */
function storedWith(salt: string): string {
  const [saltText, hash] = [Buffer.alloc(16, salt), Buffer.alloc(32)].map((octets) =>
    octets.toString('base64'),
  );
  return `{SCRYPT}N=16384,r=8,p=5$${saltText}$${hash}`;
}

function decoded(password: string | undefined) {
  const [entry] = entriesOf(accountLdif('user', password === undefined ? {} : { password }));
  return entry && validator.decode(entry);
}

function setPassword(password: string | undefined): void {
  const after = decoded(password);
  const before = accounts.find(keyOf(DN)) && after;
  const kinds = { before: before?.kind, after: after?.kind };
  accounts.prepare({ key: keyOf(DN), kinds, before, after, written: after, mentions: () => true })?.commit();
}

function modify(dn: string, ...changes: (readonly [Modification['operation'], string, string[]])[]): Change {
  const modifications = changes.map(([operation, name, values]) => ({
    operation,
    attribute: new Attribute(name, values),
  }));
  return { type: 'modify', dn: Dn.parse(dn), modifications };
}

beforeEach(() => {
  accounts = new Accounts(keyOf);
  setPassword(ONE);
  const account = accounts.find(keyOf(DN));
  if (account === undefined) throw new Error(`${DN} is no account`);
  requester = new AccountRequester(account, accounts);
});

describe('a login', () => {
  it('ends with the password it was made with', () => {
    expect(requester.dn).toBe(DN);
    setPassword(TWO);
    expect(requester.dn).toBe('');
  });

  it('goes on when it has changed the password itself, again and again', () => {
    for (const password of [TWO, THREE, ONE]) {
      setPassword(password);
      requester.renew();
      expect(requester.dn).toBe(DN);
    }
  });

  it('ends when somebody else has changed it too before the answer was ready', () => {
    setPassword(TWO);
    setPassword(THREE);
    requester.renew();
    expect(requester.dn).toBe('');
  });
});

describe('the one who replaces its own password', () => {
  it.each([
    ['replaces it', modify(DN, ['replace', 'userPassword', ['clear']])],
    ['replaces it under another spelling', modify(DN.toUpperCase(), ['replace', '2.5.4.35', ['clear']])],
    ['replaces it by what is stored as it is', modify(DN, ['replace', 'USERPASSWORD', [TWO]])],
    [
      'gives the old one and adds another',
      modify(DN, ['delete', 'userPassword', ['clear']], ['add', 'userPassword', ['clear too']]),
    ],
    [
      'changes more than that',
      modify(DN, ['replace', 'userPassword', ['clear']], ['add', 'description', ['text']]),
    ],
  ])('%s', (_, change) => {
    expect(findPasswordReplacer(change, requester, keyOf)).toBe(requester);
  });

  it.each<readonly [string, Change]>([
    ['changes something else', modify(DN, ['replace', 'description', ['text']])],
    ['writes the same again', modify(DN, ['replace', 'userPassword', [ONE]])],
    ['keeps it among others', modify(DN, ['replace', 'userPassword', ['clear', ONE]])],
    ['adds one', modify(DN, ['add', 'userPassword', ['clear']])],
    [
      'adds one in the end',
      modify(DN, ['replace', 'userPassword', ['clear']], ['add', 'userPassword', ['clear too']]),
    ],
    [
      'gives a hash and adds another',
      modify(DN, ['delete', 'userPassword', [ONE]], ['add', 'userPassword', ['clear']]),
    ],
    [
      'adds what it gives again',
      modify(DN, ['delete', 'userPassword', ['clear']], ['add', 'userPassword', [ONE]]),
    ],
    ['takes it away', modify(DN, ['replace', 'userPassword', []])],
    ['deletes it', modify(DN, ['delete', 'userPassword', []])],
    ['replaces that of another', modify(accountDn('other'), ['replace', 'userPassword', ['clear']])],
    ['deletes the account', { type: 'delete', dn: Dn.parse(DN) }],
  ])('is nobody who %s', (_, change) => {
    expect(findPasswordReplacer(change, requester, keyOf)).toBeUndefined();
  });

  it('is nobody who had none', () => {
    setPassword(undefined);
    requester.renew();
    const change = modify(DN, ['replace', 'userPassword', ['clear']]);
    expect(findPasswordReplacer(change, requester, keyOf)).toBeUndefined();
  });
});
