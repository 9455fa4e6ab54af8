import { beforeAll, describe, expect, it } from 'vitest';
import { deriveHere } from '../../../src/config/passwords/derivation.ts';
import { PasswordProfiles } from '../../../src/config/passwords/password-profiles.ts';
import { PropertyValidator } from '../../../src/config/property-validator.ts';
import { LdapError } from '../../../src/ldap/ldap-error.ts';
import { ResultCode } from '../../../src/ldap/result-code.ts';
import { Authentication } from '../../../src/operations/login/authentication.ts';
import { LoginThrottle } from '../../../src/operations/login/login-throttle.ts';
import { scram } from '../../../src/operations/sasl/scram.ts';
import { Accounts } from '../../../src/runtime/accounts.ts';
import { entriesOf, openSources, schema } from '../../config/configuration.ts';
import { accountLdif } from '../../support/accounts.ts';
import { ScramClient } from '../../support/clients/scram-client.ts';
import { withoutLockout } from '../../support/without-lockout.ts';

const THROTTLE_LIMITS = { failuresMax: 20, refusalMs: 300_000, forgetMs: 900_000 };

/** The example of RFC 7677 §3. */
const VECTOR = {
  stored:
    '{SCRAM-SHA-256}4096:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=',
  clientFirst: 'n,,n=user,r=rOprNGfwEbeRWgbNEkqO',
  serverNonce: '%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0',
  serverFirst: 'r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096',
  clientFinal:
    'c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=',
  serverFinal: 'v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=',
};
const DN = 'cn=user,cn=Root DNs,cn=config';

let accounts: Accounts;

beforeAll(async () => {
  const validator = new PropertyValidator({ schema, sources: await openSources() });
  accounts = new Accounts((dn) => schema.dnKeyOfText(dn));
  const others = { password: VECTOR.stored, privileges: ['proxied-auth'] };
  for (const ldif of [
    accountLdif('user', { password: VECTOR.stored }),
    accountLdif('a,b=c', {}),
    accountLdif('proxy', others),
  ]) {
    for (const entry of entriesOf(ldif.replace('cn=a,b=c', 'cn=a\\,b=c'))) {
      const after = validator.decode(entry);
      const key = schema.dnKey(entry.dn);
      const kinds = { before: undefined, after: after?.kind };
      accounts
        .prepare({ key, kinds, before: undefined, after, written: after, mentions: () => true })
        ?.commit();
    }
  }
});

/** Each with a memory of failures of its own. */
function exchange() {
  const authentication = new Authentication({
    accounts,
    keyOf: (dn) => schema.dnKeyOfText(dn),
    throttle: new LoginThrottle({ now: () => 0, sleep: async () => {} }, THROTTLE_LIMITS),
    administratorKey: '',
    lockout: withoutLockout(),
    profiles: new PasswordProfiles('secret of this test'),
    derive: async (derivation) => deriveHere(derivation),
  });
  const connection = {
    remoteAddress: '127.0.0.1',
    security: { isSecure: false, isLocalSocket: false },
    mayReceivePasswords: false,
  };
  return scram('SCRAM-SHA-256', { authentication, connection }, () => VECTOR.serverNonce);
}

async function challenge(first: string): Promise<string> {
  return (await exchange().step(first)).credentials ?? '';
}

async function codeOf(first: string, final?: string): Promise<number> {
  try {
    const begun = exchange();
    const step = await begun.step(first);
    if (final === undefined)
      return step.requester === undefined ? ResultCode.saslBindInProgress : ResultCode.success;
    await begun.step(final);
    return ResultCode.success;
  } catch (error) {
    if (error instanceof LdapError) return error.code;
    throw error;
  }
}

describe('SCRAM-SHA-256', () => {
  it('says what RFC 7677 §3 says', async () => {
    const begun = exchange();
    const first = await begun.step(VECTOR.clientFirst);
    expect(first).toEqual({ requester: undefined, credentials: VECTOR.serverFirst });
    const last = await begun.step(VECTOR.clientFinal);
    expect(last.credentials).toBe(VECTOR.serverFinal);
    expect(last.requester?.dn).toBe(DN);
  });

  it('asks for the first message when there is none', async () => {
    const begun = exchange();
    expect(await begun.step(undefined)).toEqual({ requester: undefined, credentials: '' });
    expect((await begun.step(VECTOR.clientFirst)).credentials).toBe(VECTOR.serverFirst);
  });

  it.each([
    ['a client that could do channel binding', 'y,,n=user,r=abc', ResultCode.saslBindInProgress],
    ['channel binding', 'p=tls-unique,,n=user,r=abc', ResultCode.protocolError],
    ['a mandatory extension', 'n,,m=x,n=user,r=abc', ResultCode.protocolError],
    ['an optional extension', 'n,,n=user,r=abc,x=y', ResultCode.saslBindInProgress],
    ['no header', 'n=user,r=abc', ResultCode.protocolError],
    ['no name', 'n,,n=,r=abc', ResultCode.protocolError],
    ['no nonce', 'n,,n=user', ResultCode.protocolError],
    ['an empty nonce', 'n,,n=user,r=', ResultCode.protocolError],
    ['a nonce with a space', 'n,,n=user,r=a b', ResultCode.protocolError],
    ['a nonce of a megabyte', `n,,n=user,r=${'x'.repeat(2 ** 20)}`, ResultCode.protocolError],
    ['a bare equals sign in the name', 'n,,n=u=ser,r=abc', ResultCode.protocolError],
    ['an escape of another character', 'n,,n=u=2cser,r=abc', ResultCode.protocolError],
    ['octets that are no UTF-8', 'n,,n=\udc80,r=abc', ResultCode.protocolError],
    ['an empty message', '', ResultCode.protocolError],
    ['a NUL', 'n,,n=us\0er,r=abc', ResultCode.protocolError],
  ])('answers %s as it should', async (_, first, code) => {
    expect(await codeOf(first)).toBe(code);
  });

  it('knows names by what they are when escapes are undone', async () => {
    const salt = (text: string) => /s=([^,]+)/.exec(text)?.[1];
    const escaped = await challenge('n,,n=cn=3Duser=2Ccn=3DRoot DNs=2Ccn=3Dconfig,r=x');
    expect(salt(escaped)).toBe(salt(VECTOR.serverFirst));
  });

  it('takes nothing but the proof for this exchange', async () => {
    const client = new ScramClient('user');
    const first = await challenge(client.first);
    const right = client.final(first, 'pencil').message;
    const other = new ScramClient('user', 'another').final(first, 'pencil').message;
    const wrong = [
      client.final(first, 'pencils').message,
      client.final(first, 'pencil', { nonce: 'rOprNGfwEbeRWgbNEkqO' }).message,
      client.final(first, 'pencil', { header: 'y,,' }).message,
      right.replace(/p=./, 'p=A'),
      other,
    ];
    expect(await codeOf(client.first, right)).toBe(ResultCode.success);
    expect(await Promise.all(wrong.map((final) => codeOf(client.first, final)))).toEqual(
      wrong.map(() => ResultCode.invalidCredentials),
    );
  });

  it('takes no message that is cut short', async () => {
    for (let length = 0; length < VECTOR.clientFinal.length; length++) {
      const cut = VECTOR.clientFinal.slice(0, length);
      expect([ResultCode.protocolError, ResultCode.invalidCredentials]).toContain(
        await codeOf(VECTOR.clientFirst, cut),
      );
    }
  });

  it('does not tell a name that nobody has from one that somebody has', async () => {
    const [once, again, another] = await Promise.all(
      ['n,,n=nobody,r=x', 'n,,n=nobody,r=x', 'n,,n=nobody2,r=x'].map(challenge),
    );
    expect(once).toBe(again);
    expect(once).not.toBe(another);
    expect(once).toMatch(/,s=[A-Za-z0-9+/]{22}==,i=65536$/);
    const byDn = await challenge('n,,n=cn=3Dnobody=2Ccn=3DRoot DNs=2Ccn=3Dconfig,r=x');
    expect(byDn).toBe(once);
    const client = new ScramClient('nobody');
    const final = client.final(await challenge(client.first), 'pencil').message;
    expect(await codeOf(client.first, final)).toBe(ResultCode.invalidCredentials);
  });

  it.each([
    ['itself', 'user', `dn:${DN}`, DN],
    ['itself by its name', 'user', 'u:user', DN],
    ['somebody else without the privilege', 'user', 'u:proxy', undefined],
    ['somebody else with the privilege', 'proxy', 'u:user', DN],
    ['nobody', 'proxy', 'dn:', ''],
    ['a name that nobody has', 'proxy', 'u:nobody', undefined],
    ['something that is no identity', 'proxy', 'user', undefined],
  ])('lets somebody act as %s or not', async (_, name, identity, dn) => {
    const escaped = identity.replaceAll('=', '=3D').replaceAll(',', '=2C');
    const client = new ScramClient(name, 'nonce', `n,a=${escaped},`);
    const begun = exchange();
    const { credentials } = await begun.step(client.first);
    const last = async () => begun.step(client.final(credentials ?? '', 'pencil').message);
    if (dn === undefined) await expect(last()).rejects.toMatchObject({ code: ResultCode.invalidCredentials });
    else expect((await last()).requester?.dn).toBe(dn);
  });
});
