import { beforeAll, describe, expect, it } from 'vitest';
import {
  andFilter,
  boolean,
  control,
  equalityFilter,
  notFilter,
  octets,
  orFilter,
  presentFilter,
  type SearchOptions,
  scopes,
  searchRequest,
  sequence,
  substringsFilter,
  tlv,
} from '../support/ber-bytes.ts';
import { type Answer, RawClient } from '../support/raw-client.ts';
import { ADMINISTRATOR, type RunningServer, startServer } from '../support/start-server.ts';
import { addEntry, addMailServer, MAIL_SERVERS, mailServerDn, makeAll } from './entries.ts';

const CHILDREN = 3;
const TRUST = 'cn=System,cn=Trust Manager Providers,cn=config';

let server: RunningServer;
let client: RawClient;

beforeAll(async () => {
  server = await startServer();
  client = await RawClient.bound(server);
  await makeAll(client, [
    addMailServer('Alpha', {
      'ds-cfg-smtp-server': 'alpha.example',
      'ds-cfg-smtp-property': ['mail.smtp.timeout=5000', 'mail.smtp.localhost=a'],
    }),
    addMailServer('Beta', {
      'ds-cfg-smtp-server': 'beta.example',
      'ds-cfg-use-ssl': 'TRUE',
      'ds-cfg-trust-manager-provider': TRUST,
    }),
    addMailServer('Gamma & Söhne, (*)', { 'ds-cfg-enabled': 'false' }),
    addMailServer('Delta', { 'ds-cfg-auth-username': 'u', 'ds-cfg-auth-password': 'secret' }),
    addEntry('cn=plain,cn=Root DNs,cn=config', {
      objectClass: ['top', 'person', 'ds-cfg-root-dn-user'],
      cn: ['plain', 'second name'],
      sn: 'Plain',
      'description;lang-de': 'Beschreibung',
      'description;lang-en;x-short': 'short',
      description: 'long',
    }),
  ]);
});

function search(base: string, options: SearchOptions = {}): Promise<Answer> {
  return client.request(searchRequest(base, options));
}

async function namesFound(base: string, options: SearchOptions): Promise<string[]> {
  const { code, text, entries } = await search(base, { attributes: ['1.1'], ...options });
  expect(code, text).toBe(0);
  return entries.map(({ dn }) => dn);
}

function shortNames(dns: readonly string[]): string[] {
  return dns.map((dn) => /^cn=([^,\\]*)/.exec(dn)?.[1] ?? dn).sort();
}

describe('the scope', () => {
  it('base finds the entry', async () => {
    expect(await namesFound(MAIL_SERVERS, { scope: scopes.base })).toEqual([MAIL_SERVERS]);
  });

  it('one finds what is directly below', async () => {
    expect(shortNames(await namesFound(MAIL_SERVERS, { scope: scopes.one }))).toEqual([
      'Alpha',
      'Beta',
      'Delta',
      'Gamma & Söhne',
    ]);
    expect(await namesFound('cn=config', { scope: scopes.one })).toContain(MAIL_SERVERS);
    expect(await namesFound('cn=config', { scope: scopes.one })).not.toContain(mailServerDn('Alpha'));
  });

  it('subtree finds the entry and all that is below, parents first', async () => {
    const found = await namesFound('cn=config', { scope: scopes.subtree });
    expect(found[0]).toBe('cn=config');
    expect(found).toContain(ADMINISTRATOR);
    expect(new Set(found).size).toBe(found.length);
    for (const dn of found.slice(1)) {
      expect(found.indexOf(dn.replace(/^.*?(?<!\\),/, ''))).toBeLessThan(found.indexOf(dn));
    }
  });

  it('subordinates finds what a subtree search does, without the entry', async () => {
    const subtree = await namesFound(MAIL_SERVERS, { scope: scopes.subtree });
    expect(await namesFound(MAIL_SERVERS, { scope: CHILDREN })).toEqual(subtree.slice(1));
  });

  it.each([scopes.one, CHILDREN])('%i below a leaf finds nothing', async (scope) => {
    expect(await namesFound(mailServerDn('Alpha'), { scope })).toEqual([]);
  });

  it('below the root DSE spans the trees', async () => {
    const suffixes = ['cn=config', 'cn=effective', 'cn=monitor', 'cn=schema', 'cn=tasks'];
    expect((await namesFound('', { scope: scopes.one })).sort()).toEqual(suffixes);
    const all = await namesFound('', { scope: scopes.subtree });
    expect(all).toEqual(expect.arrayContaining([...suffixes, mailServerDn('Alpha')]));
    expect(all).not.toContain('');
    expect(await namesFound('', { scope: scopes.base })).toEqual(['']);
  });
});

describe('the base', () => {
  it.each([
    'cn=Alpha,cn=Mail Servers,cn=config',
    'CN=ALPHA,CN=MAIL SERVERS,CN=CONFIG',
    ' cn = alpha , cn = Mail   Servers , cn = config ',
    '2.5.4.3=Alpha,2.5.4.3=Mail Servers,2.5.4.3=config',
    'commonName=Alpha,cn=Mail Servers,cn=config',
    'cn=\\41lph\\61,cn=Mail\\20Servers,cn=config',
    'cn=#0405416c706861,cn=Mail Servers,cn=config',
    'cn="Alpha";cn="Mail Servers";cn=config',
  ])('%s is the entry, and the answer has its name as it was written', async (base) => {
    const { code, text, entries } = await search(base);
    expect(code, text).toBe(0);
    expect(entries.map(({ dn }) => dn)).toEqual([mailServerDn('Alpha')]);
  });

  it.each(['cn=Gamma & Söhne\\, (*)', 'cn=gamma & s\\c3\\b6hne\\2c (\\2A)', 'cn="GAMMA & SÖHNE, (*)"'])(
    '%s is found however it is escaped',
    async (rdn) => {
      expect((await search(`${rdn},${MAIL_SERVERS}`)).entries).toHaveLength(1);
    },
  );

  it.each([
    ['cn=Nobody,cn=Mail Servers,cn=config', MAIL_SERVERS],
    ['cn=a,cn=b,cn=Nobody,cn=Mail Servers,cn=config', MAIL_SERVERS],
    ['cn=below,cn=alpha,cn=mail servers,cn=config', mailServerDn('Alpha')],
    ['cn=Nobody,cn=config', 'cn=config'],
    ['cn=Nobody,cn=Mail Servers,cn=effective', 'cn=Mail Servers,cn=effective'],
    ['cn=Nobody,cn=effective', 'cn=effective'],
    ['cn=Nobody,cn=schema', 'cn=schema'],
    ['dc=example,dc=com', ''],
    ['cn=conf', ''],
  ])('%s is not there: noSuchObject, and how far it is', async (base, matchedDn) => {
    for (const scope of [scopes.base, scopes.one, scopes.subtree]) {
      expect(await search(base, { scope })).toMatchObject({ code: 32, matchedDn, entries: [] });
    }
  });

  it.each([
    'config',
    'cn=config,',
    'cn',
    '=config',
    'cn=a\\',
    'cn=a,,cn=config',
    'cn=#zz,cn=config',
    'cn="a',
  ])('%s is no name: invalidDnSyntax', async (base) => {
    const { code, text } = await search(base);
    expect({ code, text }).toEqual({ code: 34, text: expect.stringContaining('name') });
  });

  it('too deep is no name', async () => {
    const base = `${'cn=a,'.repeat(1000)}cn=config`;
    expect(await search(base)).toMatchObject({ code: 34 });
  });
});

describe('the filter', () => {
  const value = (tag: number, attribute: string, text: string) => tlv(tag, octets(attribute), octets(text));
  const substrings = substringsFilter;
  const extensible = (rule: string, attribute: string, text: string, dnAttributes = false) =>
    tlv(
      0xa9,
      ...(rule === '' ? [] : [octets(rule, 0x81)]),
      ...(attribute === '' ? [] : [octets(attribute, 0x82)]),
      octets(text, 0x83),
      ...(dnAttributes ? [boolean(true, 0x84)] : []),
    );
  const equal = equalityFilter;
  const all = ['Alpha', 'Beta', 'Delta', 'Gamma & Söhne'];

  it.each([
    ['(objectClass=*)', presentFilter('objectClass'), all],
    ['(ds-cfg-auth-username=*)', presentFilter('ds-cfg-auth-username'), ['Delta']],
    ['(unknown=*)', presentFilter('unknown'), []],
    ['(!(unknown=*))', notFilter(presentFilter('unknown')), []],
    ['(cn=alpha)', equal('cn', 'alpha'), ['Alpha']],
    ['(commonName= ALPHA )', equal('commonName', ' ALPHA '), ['Alpha']],
    ['(2.5.4.3=alpha)', equal('2.5.4.3', 'alpha'), ['Alpha']],
    ['(name=alpha), the supertype', equal('name', 'alpha'), ['Alpha']],
    ['(cn;lang-de=alpha)', equal('cn;lang-de', 'alpha'), []],
    ['(objectClass=ds-cfg-mail-server)', equal('objectClass', 'DS-CFG-mail-server'), all],
    ['(objectClass=top)', equal('objectClass', 'top'), all],
    ['(objectClass=person)', equal('objectClass', 'person'), []],
    ['(objectClass=unknown)', equal('objectClass', 'unknown'), []],
    ['(ds-cfg-enabled=TRUE)', equal('ds-cfg-enabled', 'TRUE'), ['Alpha', 'Beta', 'Delta']],
    ['(ds-cfg-enabled=maybe)', equal('ds-cfg-enabled', 'maybe'), []],
    ['(!(ds-cfg-enabled=true))', notFilter(equal('ds-cfg-enabled', 'true')), ['Gamma & Söhne']],
    ['a DN in other words', equal('ds-cfg-trust-manager-provider', TRUST.toUpperCase()), ['Beta']],
    ['(cn=gamma & söhne, (*))', equal('cn', 'gamma & söhne, (*)'), ['Gamma & Söhne']],
    ['octets that are not UTF-8', equal('cn', '\xff'), []],
    ['(cn=al*)', substrings('cn', [0x80, 'al']), ['Alpha']],
    ['(cn=*a)', substrings('cn', [0x82, 'A']), ['Alpha', 'Beta', 'Delta']],
    ['(cn=*lt*)', substrings('cn', [0x81, 'lt']), ['Delta']],
    ['(cn=a*p*a)', substrings('cn', [0x80, 'a'], [0x81, 'p'], [0x82, 'a']), ['Alpha']],
    ['(cn=alpha*a)', substrings('cn', [0x80, 'alpha'], [0x82, 'a']), []],
    ['(cn=*\\2a*)', substrings('cn', [0x81, '*']), ['Gamma & Söhne']],
    ['(ds-cfg-enabled=*t*), which has no substrings', substrings('ds-cfg-enabled', [0x81, 't']), []],
    ['(ds-cfg-smtp-server>=b)', value(0xa5, 'ds-cfg-smtp-server', 'b'), ['Beta', 'Delta', 'Gamma & Söhne']],
    [
      '(ds-cfg-smtp-server<=BETA.EXAMPLE)',
      value(0xa6, 'ds-cfg-smtp-server', 'BETA.EXAMPLE'),
      ['Alpha', 'Beta'],
    ],
    ['(cn>=Beta), which has no order', value(0xa5, 'cn', 'Beta'), []],
    ['(ds-cfg-enabled<=true), which has no order', value(0xa6, 'ds-cfg-enabled', 'true'), []],
    ['(cn~=ALPHA)', value(0xa8, 'cn', 'ALPHA'), ['Alpha']],
    ['(cn:=alpha)', extensible('', 'cn', 'alpha'), ['Alpha']],
    ['(cn:caseExactMatch:=alpha)', extensible('caseExactMatch', 'cn', 'alpha'), []],
    ['(cn:2.5.13.5:=Alpha)', extensible('2.5.13.5', 'cn', 'Alpha'), ['Alpha']],
    ['(:caseIgnoreMatch:=alpha)', extensible('caseIgnoreMatch', '', 'alpha'), ['Alpha']],
    ['(cn:dn:=mail servers)', extensible('', 'cn', 'mail servers', true), all],
    ['(cn:dn:=beta)', extensible('', 'cn', 'beta', true), ['Beta']],
    ['(cn:unknownMatch:=alpha)', extensible('unknownMatch', 'cn', 'alpha'), []],
    ['(&), absolutely true', andFilter(), all],
    ['(|), absolutely false', orFilter(), []],
    [
      '(&(cn=*a)(cn=*e*))',
      andFilter(substrings('cn', [0x82, 'a']), substrings('cn', [0x81, 'e'])),
      ['Beta', 'Delta'],
    ],
    ['(|(cn=alpha)(cn=beta))', orFilter(equal('cn', 'alpha'), equal('cn', 'beta')), ['Alpha', 'Beta']],
    ['(|(cn=alpha)(unknown=x))', orFilter(equal('cn', 'alpha'), equal('unknown', 'x')), ['Alpha']],
    ['(!(|(cn=alpha)(unknown=x)))', notFilter(orFilter(equal('cn', 'alpha'), equal('unknown', 'x'))), []],
    [
      '(!(&(cn=alpha)(unknown=x)))',
      notFilter(andFilter(equal('cn', 'alpha'), equal('unknown', 'x'))),
      ['Beta', 'Delta', 'Gamma & Söhne'],
    ],
    ['(!(!(cn=alpha)))', notFilter(notFilter(equal('cn', 'alpha'))), ['Alpha']],
  ])('%s', async (_, filter, expected) => {
    expect(shortNames(await namesFound(MAIL_SERVERS, { scope: scopes.one, filter }))).toEqual(expected);
    const subtree = shortNames(await namesFound('cn=config', { scope: scopes.subtree, filter }));
    expect(subtree).toEqual(expect.arrayContaining(expected));
    const name = mailServerDn('Alpha');
    const isFound = (await namesFound(name, { scope: scopes.base, filter })).length === 1;
    expect(isFound).toBe(expected.includes('Alpha'));
  });

  it('sees attribute options', async () => {
    const base = 'cn=plain,cn=Root DNs,cn=config';
    const found = async (filter: Buffer) => (await search(base, { filter })).entries.length === 1;
    expect(await found(presentFilter('description;lang-de'))).toBe(true);
    expect(await found(presentFilter('description;LANG-EN'))).toBe(true);
    expect(await found(presentFilter('description;lang-fr'))).toBe(false);
    expect(await found(equal('description', 'beschreibung'))).toBe(true);
    expect(await found(equal('description;x-short;lang-en', 'short'))).toBe(true);
    expect(await found(equal('description;x-short;lang-en', 'long'))).toBe(false);
  });

  it('too deep or of too many parts is refused, and the connection goes on', async () => {
    let deep: Buffer = presentFilter('cn');
    for (let depth = 0; depth < 200; depth++) deep = notFilter(deep);
    expect(await search('', { filter: deep })).toMatchObject({ code: 11 });
    // One with no part at all is Undefined, and finds nothing.
    const empty = await search('', { filter: tlv(0xa4, octets('cn'), sequence()) });
    expect(empty).toMatchObject({ code: 0, entries: [] });
    expect(await search('')).toMatchObject({ code: 0 });
  });
});

describe('limits and options', () => {
  it.each([1, 2, 3])('a size limit of %i: so many entries, and sizeLimitExceeded', async (sizeLimit) => {
    const answer = await search(MAIL_SERVERS, { scope: scopes.one, sizeLimit });
    expect(answer).toMatchObject({ code: 4 });
    expect(answer.entries).toHaveLength(sizeLimit);
  });

  it.each([4, 5, 0x7fffffff])('a size limit of %i is not reached', async (sizeLimit) => {
    const answer = await search(MAIL_SERVERS, { scope: scopes.one, sizeLimit });
    expect(answer.code).toBe(0);
    expect(answer.entries).toHaveLength(4);
  });

  it('a time limit that is not reached changes nothing', async () => {
    expect((await search(MAIL_SERVERS, { scope: scopes.one, timeLimitSeconds: 10 })).entries).toHaveLength(4);
  });

  it.each([0, 1, 2, 3])('dereferencing of kind %i is accepted', async (dereference) => {
    expect(await search(MAIL_SERVERS, { dereference })).toMatchObject({ code: 0 });
  });

  it('a critical control nobody knows is refused, one that is not critical ignored', async () => {
    const request = searchRequest(MAIL_SERVERS);
    expect(await client.request(request, [control('1.2.3.4', true, 'x')])).toMatchObject({
      code: 12,
      entries: [],
    });
    expect((await client.request(request, [control('1.2.3.4', false, 'x')])).entries).toHaveLength(1);
  });
});

describe('what directory browsers look at', () => {
  it('the root DSE says what the server can do', async () => {
    const { entries } = await search('', { attributes: ['*', '+'] });
    expect(entries[0]?.attributes).toMatchObject({
      namingContexts: expect.arrayContaining(['cn=config', 'cn=effective', 'cn=monitor', 'cn=tasks']),
      supportedLDAPVersion: ['3'],
      subschemaSubentry: ['cn=schema'],
      supportedExtension: expect.arrayContaining(['1.3.6.1.4.1.4203.1.11.3']),
      supportedFeatures: expect.arrayContaining([
        '1.3.6.1.4.1.4203.1.5.1',
        '1.3.6.1.4.1.4203.1.5.3',
        '1.3.6.1.1.14',
      ]),
      vendorName: ['confdit'],
    });
  });

  it('cn=schema has the definitions, whichever way it is asked for', async () => {
    const { entries } = await search('cn=schema', {
      filter: equalityFilter('objectClass', 'subschema'),
      attributes: ['attributeTypes', 'objectClasses', 'ldapSyntaxes', 'matchingRules'],
    });
    const { attributeTypes, objectClasses, ldapSyntaxes, matchingRules } = entries[0]?.attributes ?? {};
    expect(attributeTypes?.some((text) => text.includes("NAME 'ds-cfg-smtp-server'"))).toBe(true);
    expect(objectClasses?.some((text) => text.includes("NAME 'ds-cfg-mail-server'"))).toBe(true);
    expect(ldapSyntaxes?.length).toBeGreaterThan(10);
    expect(matchingRules?.length).toBeGreaterThan(10);
  });

  it('cn=effective has what is in force, and is filtered by it', async () => {
    const alpha = 'cn=Alpha,cn=Mail Servers,cn=effective';
    const { entries } = await search(alpha);
    expect(entries[0]).toMatchObject({ dn: alpha, attributes: { 'ds-cfg-use-ssl': ['false'] } });
    const filter = equalityFilter('ds-cfg-use-start-tls', 'true');
    const found = await namesFound('cn=effective', { scope: scopes.subtree, filter });
    expect(shortNames(found)).toEqual(['Alpha', 'Delta', 'Gamma & Söhne']);
    expect(await namesFound('cn=config', { scope: scopes.subtree, filter })).toEqual([]);
  });
});
