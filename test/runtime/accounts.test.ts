// Accounts: who is found by a name or a certificate, and what becomes of logins after a change.

import { describe, expect, it } from 'vitest';
import { decodeObject } from '../../src/config/decode-object.ts';
import { rootDnUser } from '../../src/config/objects/root-dn-user.ts';
import { ReadingMemo } from '../../src/config/reading-memo.ts';
import { Accounts, policyOf } from '../../src/runtime/accounts.ts';
import type { ObjectDifference } from '../../src/runtime/component.ts';
import { account, openSources, schema } from '../config/configuration.ts';

const PRINT = 'a'.repeat(64);
const OTHER_PRINT = 'b'.repeat(64);
const HASH = '{SCRYPT}N=1024,r=8,p=1$c2FsdHNhbHRzYWx0$aGFzaGhhc2hoYXNoaGFzaA==';
const OTHER_HASH = HASH.replace('c2Fs', 'd2Fs');

const readings = new ReadingMemo(await openSources());

type Attributes = Readonly<Record<string, string | readonly string[]>>;
type Decoding = ReturnType<typeof objectOf>;

function objectOf(name: string, attributes: Attributes = {}) {
  const { object, issues } = decodeObject(rootDnUser, account(name, attributes), readings);
  if (object === undefined) throw new Error(JSON.stringify(issues));
  return object;
}

function keyOf(name: string): string {
  return schema.dnKeyOfText(`cn=${name},cn=Root DNs,cn=config`);
}

function open() {
  const sections = new Map<string, readonly string[]>();
  const accounts = new Accounts((dn) => schema.dnKeyOfText(dn), {
    set: (key, values) => {
      if (values.length === 0) sections.delete(key);
      else sections.set(key, values);
    },
    everyoneHas: () => false,
    clear: () => sections.clear(),
  });
  const change = (name: string, before: Decoding | undefined, after: Decoding | undefined) => {
    const difference: ObjectDifference = {
      key: keyOf(name),
      kinds: { before: before?.kind, after: after?.kind },
      before,
      after,
      written: undefined,
      mentions: () => true,
    };
    return accounts.prepare(difference);
  };
  const put = (name: string, attributes: Attributes = {}, before?: Decoding) => {
    const after = objectOf(name, attributes);
    change(name, before, after)?.commit();
    return after;
  };
  return { accounts, change, put, sections };
}

const ALL: Attributes = {
  'ds-cfg-alternate-bind-dn': ['cn=Directory Manager', 'uid=ada'],
  'ds-certificate-subject-dn': 'cn=Ada,o=Site',
  'ds-certificate-fingerprint': PRINT,
};

describe('an account', () => {
  it('is found by its names once it is committed, until it is removed', () => {
    const { accounts, change, put, sections } = open();
    const ada = objectOf('Ada', ALL);
    const prepared = change('Ada', undefined, ada);
    expect(accounts.find(keyOf('Ada'))).toBeUndefined();
    prepared?.commit();
    const names = [keyOf('Ada'), schema.dnKeyOfText('cn=directory manager'), schema.dnKeyOfText('uid=ada')];
    const found = names.map((name) => accounts.find(name));
    expect(new Set(found).size).toBe(1);
    expect(found[0]).toMatchObject({ key: keyOf('Ada'), dn: 'cn=Ada,cn=Root DNs,cn=config', era: 0 });
    expect([...(found[0]?.privileges ?? [])].toSorted()).toEqual(['config-read', 'config-write']);
    expect([...sections]).toEqual([[keyOf('Ada'), [HASH]]]);
    // Names that are given up are not found, and another account may take them.
    put('Ada', {}, ada);
    expect(names.map((name) => accounts.find(name)?.key)).toEqual([keyOf('Ada'), undefined, undefined]);
    put('Bob', { 'ds-cfg-alternate-bind-dn': 'uid=ada' });
    expect(accounts.find(names[2] ?? '')?.key).toBe(keyOf('Bob'));
    const last = accounts.find(keyOf('Ada'));
    change('Ada', objectOf('Ada', ALL), undefined)?.commit();
    expect(accounts.find(keyOf('Ada'))).toBeUndefined();
    expect(accounts.find(names[2] ?? '')?.key).toBe(keyOf('Bob'));
    // Who still holds it sees that nothing is left.
    expect(last).toMatchObject({ credentials: { passwords: [], subjects: [], fingerprints: [] } });
    expect([last?.privileges.size, [...sections.keys()]]).toEqual([0, [keyOf('Bob')]]);
    change('Nobody', objectOf('Nobody'), undefined)?.commit();
  });

  it('is found elsewhere, too', () => {
    const { accounts, put } = open();
    put('Ada');
    const elsewhere = accounts.find(keyOf('Ada'));
    const { accounts: others } = open();
    expect(others.find('x')).toBeUndefined();
    others.use((key) => (key === 'x' ? elsewhere : undefined));
    expect([others.find('x'), others.find('y')]).toEqual([elsewhere, undefined]);
  });

  it('has a login name: uid=NAME if there is such an account, else one below cn=Root DNs', () => {
    const { accounts, put } = open();
    expect(accounts.keyOfLoginName('ada')).toBe(keyOf('ada'));
    put('Somebody', { 'ds-cfg-alternate-bind-dn': 'uid=ada' });
    expect(accounts.keyOfLoginName('ada')).toBe(schema.dnKeyOfText('uid=ada'));
    expect(accounts.keyOfLoginName('bob')).toBe(keyOf('bob'));
    expect(accounts.keyOfLoginName('CN=Bob')).toBe('cn=bob');
    expect(accounts.keyOfLoginName('=')).toBeUndefined();
  });

  it('is found by its certificate, if no other has that too', () => {
    const { accounts, put } = open();
    put('Ada', ALL);
    const ada = accounts.find(keyOf('Ada'));
    expect(accounts.findByCertificate('CN=ada,O=site', OTHER_PRINT)).toBe(ada);
    expect(accounts.findByCertificate('cn=Bob', PRINT)).toBe(ada);
    expect(accounts.findByCertificate(undefined, PRINT)).toBe(ada);
    expect(accounts.findByCertificate('no name', PRINT)).toBe(ada);
    expect(accounts.findByCertificate('cn=Ada,cn=Root DNs,cn=config', OTHER_PRINT)).toBeUndefined();
    expect(accounts.findByCertificate(undefined, OTHER_PRINT)).toBeUndefined();
    put('Bob', { 'ds-certificate-subject-dn': 'cn=Ada,o=Site' });
    expect(accounts.findByCertificate('cn=Ada,o=Site', OTHER_PRINT)).toBeUndefined();
  });
});

describe('logins of an account', () => {
  it.each<{ title: string; after: Attributes; era: number }>([
    { title: 'stay valid when nothing changes', after: ALL, era: 0 },
    {
      title: 'stay valid when a password is added',
      after: { ...ALL, userPassword: [HASH, OTHER_HASH] },
      era: 0,
    },
    { title: 'end when a password is replaced', after: { ...ALL, userPassword: OTHER_HASH }, era: 1 },
    {
      title: 'end when a subject is removed',
      after: { ...ALL, 'ds-certificate-subject-dn': 'cn=Other' },
      era: 1,
    },
    {
      title: 'end when a fingerprint is removed',
      after: { ...ALL, 'ds-certificate-fingerprint': OTHER_PRINT },
      era: 1,
    },
    {
      title: 'stay valid when privileges change',
      after: { ...ALL, 'ds-privilege-name': 'config-read' },
      era: 0,
    },
  ])('$title', ({ after, era }) => {
    const { accounts, put } = open();
    const before = put('Ada', ALL);
    const live = accounts.find(keyOf('Ada'));
    const object = put('Ada', after, before);
    expect(accounts.find(keyOf('Ada'))).toBe(live);
    expect(live).toMatchObject({
      era,
      credentials: { passwords: object.password.map((one) => one.reveal()) },
    });
    expect([...(live?.privileges ?? [])]).toEqual([...object.privilege]);
  });

  it('stay valid under a new name, also when two accounts swap names', () => {
    const { accounts, put, sections } = open();
    put('Ada', { userPassword: HASH });
    put('Bob', { userPassword: OTHER_HASH });
    const [ada, bob] = [accounts.find(keyOf('Ada')), accounts.find(keyOf('Bob'))];
    const keys = new Map([
      [keyOf('Ada'), keyOf('Bob')],
      [keyOf('Bob'), keyOf('Ada')],
      [keyOf('Nobody'), keyOf('Somebody')],
    ]);
    const prepared = accounts.renamed(keys);
    expect(accounts.find(keyOf('Ada'))).toBe(ada);
    prepared.commit();
    expect([accounts.find(keyOf('Bob')), accounts.find(keyOf('Ada'))]).toEqual([ada, bob]);
    expect(accounts.find(keyOf('Bob'))).toBe(ada);
    expect([ada?.key, bob?.key]).toEqual([keyOf('Bob'), keyOf('Ada')]);
    expect([sections.get(keyOf('Bob')), sections.get(keyOf('Ada'))]).toEqual([[HASH], [OTHER_HASH]]);
    accounts.renamed(new Map([[keyOf('Ada'), keyOf('Carl')]])).commit();
    expect([accounts.find(keyOf('Ada')), accounts.find(keyOf('Carl'))]).toEqual([undefined, bob]);
    expect([...sections.keys()].toSorted()).toEqual([keyOf('Bob'), keyOf('Carl')].toSorted());
  });
});

describe('the description of accounts', () => {
  it('has their names, rights and certificates, and digests of their passwords', () => {
    const { accounts, put } = open();
    put('Ada', ALL);
    expect([...accounts.describe((secret) => `digest of ${secret.length}`)]).toEqual([
      {
        key: keyOf('Ada'),
        facts: {
          dn: 'cn=Ada,cn=Root DNs,cn=config',
          names: [keyOf('Ada'), 'cn=directory manager', 'uid=ada'].toSorted(),
          privileges: ['config-read', 'config-write'],
          isDisabled: false,
          passwordPolicy: undefined,
          passwords: [`digest of ${HASH.length}`],
          subjects: [schema.dnKeyOfText('cn=Ada,o=Site')],
          fingerprints: [PRINT],
        },
      },
    ]);
  });
});

describe('the password policy of an account', () => {
  it('is the one it names, else the default one, if it has that', () => {
    const { accounts, put } = open();
    put('Ada');
    const ada = accounts.find(keyOf('Ada'));
    if (ada === undefined) throw new Error('There is no Ada.');
    const asked: (string | undefined)[] = [];
    const find = (name: string | undefined) => {
      asked.push(name);
      return undefined;
    };
    policyOf(ada, find);
    policyOf({ ...ada, namedPolicy: 'cn=p' }, find);
    policyOf({ ...ada, hasDefaultPolicy: false, namedPolicy: 'cn=q' }, find);
    policyOf({ ...ada, hasDefaultPolicy: false }, find);
    expect(asked).toEqual([undefined, 'cn=p', 'cn=q']);
  });
});
