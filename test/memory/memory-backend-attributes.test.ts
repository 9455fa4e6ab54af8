// Operational attributes, attribute options and what filters can ask besides: in the entries of a memory backend, and
// where it concerns every backend in those of the others.

import ldap from 'ldapjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { LdapTools } from '../support/ldap-tools.ts';
import { type RunningServer, startServer } from '../support/start-server.ts';
import { addPeople, GROUPS, namesIn, PEOPLE, SUFFIX } from './memory-backend-support.ts';

const ADA = `uid=ada,${PEOPLE}`;
const OPERATIONAL = [
  'createtimestamp',
  'creatorsname',
  'entrydn',
  'entryuuid',
  'hassubordinates',
  'modifiersname',
  'modifytimestamp',
  'numsubordinates',
  'structuralobjectclass',
  'subschemasubentry',
];

let server: RunningServer;
let tools: LdapTools;

beforeAll(async () => {
  server = await startServer();
  tools = new LdapTools(server);
  await addPeople(tools);
});

async function found(filter: string, base = SUFFIX): Promise<string[]> {
  return namesIn((await tools.search(base, filter, '1.1')).stdout);
}

async function keysOf(base: string, ...selectors: readonly string[]): Promise<string[]> {
  const [entry] = await tools.entries(base, '-s', 'base', '(objectClass=*)', ...selectors);
  return (entry?.attributes ?? []).map(({ description }) => description).sort();
}

function compare(dn: string, assertion: string): Promise<number | null> {
  return tools.run('ldapcompare', [dn, assertion]).then(({ code }) => code);
}

describe('operational attributes', () => {
  it.each([ADA, 'cn=config', 'cn=effective', 'cn=Mail Servers,cn=config'])(
    'come with +, of %s',
    async (base) => {
      // What is in force also says where its values come from.
      const own = base === 'cn=effective' ? ['ds-cfg-value-origin'] : [];
      const found = (await keysOf(base, '+')).map((one) => one.toLowerCase());
      expect(found).toEqual([...OPERATIONAL, ...own].sort());
      expect(await keysOf(base, '*')).not.toContain('entryUUID');
    },
  );

  it('come by name', async () => {
    expect(await keysOf(ADA, 'ENTRYDN', 'numSubordinates', 'uid')).toEqual([
      'entryDN',
      'numSubordinates',
      'uid',
    ]);
  });

  it.each([
    [`(entryDN=UID=Ada, OU=People, ${SUFFIX})`, [ADA]],
    ['(entryDN=cn=elsewhere)', []],
    ['(numSubordinates=1)', [GROUPS]],
    ['(numSubordinates>=2)', [SUFFIX, PEOPLE]],
    ['(&(hasSubordinates=TRUE)(ou=*))', [PEOPLE, GROUPS]],
    ['(&(hasSubordinates=false)(uid=a*))', [ADA]],
    ['(&(!(hasSubordinates=TRUE))(member=*))', [`cn=pioneers,${GROUPS}`]],
    ['(&(subschemaSubentry=CN=Schema)(uid=ada))', [ADA]],
    ['(structuralObjectClass=groupOfNames)', [`cn=pioneers,${GROUPS}`]],
    ['(&(createTimestamp>=20200101000000Z)(uid=ada))', [ADA]],
    ['(&(creatorsName=cn=admin,cn=Root DNs,cn=config)(uid=ada))', [ADA]],
    ['(&(entryDN=*)(uid=ada))', [ADA]],
  ])('are what %s asks about', async (filter, names) => {
    expect(await found(filter)).toEqual(names);
  });

  it.each([
    ['cn=config', '(entryDN=cn=mail servers,cn=config)', 'cn=Mail Servers,cn=config'],
    ['cn=effective', '(entryDN=cn=mail servers,cn=effective)', 'cn=Mail Servers,cn=effective'],
    ['cn=schema', '(entryDN=cn=schema)', 'cn=schema'],
  ])('are asked about below %s too', async (base, filter, dn) => {
    expect(await found(filter, base)).toEqual([dn]);
    expect(await compare(dn, 'subschemaSubentry:cn=schema')).toBe(6);
  });

  it.each([
    ['hasSubordinates:FALSE', 6],
    ['numSubordinates:1', 5],
    [`entryDN:UID=ada,${PEOPLE}`, 6],
    ['structuralObjectClass:inetOrgPerson', 6],
    ['governingStructureRule:1', 16],
  ])('are compared: %s', async (assertion, code) => {
    expect(await compare(ADA, assertion)).toBe(code);
  });

  it('are not for clients to change', async () => {
    const change = (line: string) => tools.modify(`dn: ${ADA}\nchangetype: modify\n${line}\n`);
    expect((await change('replace: entryUUID\nentryUUID: 597ae2f6-16a6-1027-98f4-d28b5365dc14')).code).toBe(
      19,
    );
    expect((await change('add: numSubordinates\nnumSubordinates: 7')).code).toBe(19);
  });
});

describe('filters', () => {
  it.each([
    ['(&)', [SUFFIX, PEOPLE, GROUPS, ADA, `uid=grace,${PEOPLE}`, `cn=pioneers,${GROUPS}`]],
    ['(|)', []],
    ['(!(|))', [SUFFIX, PEOPLE, GROUPS, ADA, `uid=grace,${PEOPLE}`, `cn=pioneers,${GROUPS}`]],
    ['(&(uid=ada)(&))', [ADA]],
    ['(ou:dn:=people)', [PEOPLE, ADA, `uid=grace,${PEOPLE}`]],
    ['(&(objectClass=device)(ou:dn:=people))', []],
    ['(uid:caseExactMatch:=ADA)', []],
    ['(uid:2.5.13.2:=ADA)', [ADA]],
    ['(uid:dn:caseExactMatch:=ada)', [ADA]],
    ['(cn:caseIgnoreSubstringsMatch:=\\2ahopper)', [`uid=grace,${PEOPLE}`]],
    ['(:caseIgnoreMatch:=hopper)', [`uid=grace,${PEOPLE}`]],
    ['(:dn:caseIgnoreMatch:=groups)', [GROUPS, `cn=pioneers,${GROUPS}`]],
    ['(uid:nonsenseMatch:=ada)', []],
    ['(!(uid:nonsenseMatch:=ada))', []],
    ['(uidNumber:integerOrderingMatch:=2000)', [ADA]],
  ])('of every kind: %s', async (filter, names) => {
    const result = await tools.search(SUFFIX, filter, '1.1');
    expect(result.code).toBe(0);
    expect(namesIn(result.stdout).sort()).toEqual([...names].sort());
  });
});

describe('what is selected', () => {
  it.each([
    [['@person'], ['cn', 'cn;lang-en-gb', 'cn;lang-fr', 'objectClass', 'sn', 'userPassword']],
    [
      ['@posixAccount', 'mail'],
      [
        'cn',
        'cn;lang-en-gb',
        'cn;lang-fr',
        'gidNumber',
        'homeDirectory',
        'mail',
        'objectClass',
        'uid',
        'uidNumber',
        'userPassword',
      ],
    ],
    [['@nonsense'], []],
    [['1.1'], []],
    [['1.1', 'sn'], ['sn']],
    [['cn;lang-fr'], ['cn;lang-fr']],
    [['cn;lang-en-'], ['cn;lang-en-gb']],
    [['CN;LANG-'], ['cn;lang-en-gb', 'cn;lang-fr']],
    [['name'], ['cn', 'cn;lang-en-gb', 'cn;lang-fr', 'sn']],
    [['userCertificate'], ['userCertificate;binary']],
    [['userCertificate;binary'], ['userCertificate;binary']],
  ])('by %j', async (selectors, keys) => {
    expect(await keysOf(ADA, ...selectors)).toEqual([...keys].sort());
  });

  it('by @extensibleObject is every user attribute', async () => {
    expect(await keysOf(ADA, '@extensibleObject')).toEqual(await keysOf(ADA, '*'));
  });
});

describe('attribute options', () => {
  it.each([
    ['(cn;lang-fr=ada de lovelace)', [ADA]],
    ['(cn;lang-de=ada de lovelace)', []],
    ['(cn=ada de lovelace)', [ADA]],
    ['(cn;lang-=ada de lovelace)', [ADA]],
    ['(cn;lang-en-=ada, countess of lovelace)', [ADA]],
    ['(name=ada de lovelace)', [ADA]],
    ['(userCertificate;binary=*)', [ADA]],
  ])('in filters: %s', async (filter, names) => {
    expect(await found(filter)).toEqual(names);
  });

  it.each([
    ['cn:Ada de Lovelace', 6],
    ['cn;lang-fr:Ada Lovelace', 5],
    ['cn;lang-de:Ada', 16],
    ['name:Lovelace', 6],
  ])('in compare: %s', async (assertion, code) => {
    expect(await compare(ADA, assertion)).toBe(code);
  });

  it('make attributes of their own, which change on their own', async () => {
    const change = (lines: string) => tools.modify(`dn: ${ADA}\nchangetype: modify\n${lines}\n`);
    expect((await change('add: cn;lang-DE\ncn;lang-DE: Ada')).code).toBe(0);
    expect((await change('add: cn;LANG-de\ncn;LANG-de: ada')).code).toBe(20);
    expect(await keysOf(ADA, 'cn;lang-de')).toEqual(['cn;lang-de']);
    expect((await change('delete: cn;lang-de')).code).toBe(0);
    expect((await change('delete: cn;lang-de')).code).toBe(16);
    expect((await change('add: cn;lang-\ncn;lang-: Ada')).code).toBe(17);
    expect((await change('add: cn;binary\ncn;binary: Ada')).code).toBe(17);
    expect((await change('delete: userCertificate')).code).toBe(0);
    expect((await change('add: userCertificate\nuserCertificate:: MIIB')).code).toBe(0);
    expect((await change('delete: userCertificate;binary\nuserCertificate;binary:: MIIB')).code).toBe(0);
  });
});

describe('ldapjs', () => {
  it('adds, finds, moves and deletes', async () => {
    const client = ldap.createClient({ url: server.url });
    const call = (run: (done: (error: Error | null) => void) => void) =>
      new Promise<void>((resolve, reject) => {
        run((error) => (error === null ? resolve() : reject(error)));
      });
    await call((done) => client.bind('uid=admin', server.password, done));
    const entry = { objectClass: ['inetOrgPerson'], cn: 'Émilie', sn: 'du Châtelet' };
    await call((done) => client.add(`uid=emilie,${PEOPLE}`, entry, done));
    await call((done) => client.modifyDN(`uid=emilie,${PEOPLE}`, `uid=emilie,${GROUPS}`, done));
    expect(await found('(cn=émilie)')).toEqual([`uid=emilie,${GROUPS}`]);
    await call((done) => client.del(`uid=emilie,${GROUPS}`, done));
    await call((done) => client.unbind(done));
  });
});
