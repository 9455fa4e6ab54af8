// What well-known clients send otherwise than the RFCs have it, and what no filter may do: a search fails for none of them. As
// slapd and 389 Directory Server have it; each case was compared with slapd 2.5.

import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BerWriter } from '../../src/codec/ber-writer.ts';
import { writeFilter } from '../../src/codec/filter-ber.ts';
import { formatFilter, parseFilter } from '../../src/codec/filter-text.ts';
import type { Filter } from '../../src/ldap/filter.ts';
import { Oid } from '../../src/ldap/oids.ts';
import { anyFilter } from '../codec/arbitrary-messages.ts';
import {
  control,
  extendedRequest,
  octets,
  orFilter,
  type Part,
  presentFilter,
  scopes,
  searchRequest,
  sequence,
  tlv,
} from '../support/ber-bytes.ts';
import { LdapTools } from '../support/ldap-tools.ts';
import { RawClient } from '../support/raw-client.ts';
import { type RunningServer, startServer } from '../support/start-server.ts';

const BASES = ['', 'cn=config', 'cn=effective', 'cn=monitor', 'cn=tasks', 'cn=changelog', 'cn=schema'];

/** Attributes and rules that are there, also in ways that mean nothing, and some that are not. */
const attribute = fc.constantFrom(
  ...[
    'cn',
    'objectClass',
    'ds-cfg-enabled',
    'ds-cfg-smtp-port',
    'createTimestamp',
    'entryUUID',
    'ds-cfg-auth-password',
  ],
  ...[
    'changeNumber',
    'targetDN',
    'entryDN',
    'hasSubordinates',
    'userCertificate;binary',
    'cn;lang-de',
    'cn;',
    ';',
  ],
  ...['', ' ', 'c n', '2.5.4.3', '2.5.4', '1.1', '*', '+', 'ä', 'nonsense'],
);
const value = fc.oneof(
  fc.constantFrom(
    '',
    ' ',
    '*',
    'true',
    'TRUE',
    '-1',
    '0',
    '20260101000000Z',
    'cn=config',
    '=,=,=',
    '\0',
    '\udcff',
  ),
  fc.string({ maxLength: 5 }),
);
const rule = fc.constantFrom(
  ...[
    'caseIgnoreMatch',
    '2.5.13.2',
    'integerOrderingMatch',
    'caseIgnoreSubstringsMatch',
    'distinguishedNameMatch',
  ],
  ...[
    'bitAndMatch',
    '1.2.840.113556.1.4.803',
    'objectIdentifierFirstComponentMatch',
    'nonsense',
    '1.2.3',
    '',
  ],
);
const optional = <T>(of: fc.Arbitrary<T>) => fc.option(of, { nil: undefined });
const item: fc.Arbitrary<Filter> = fc.oneof(
  fc.record({
    type: fc.constantFrom('equalityMatch', 'greaterOrEqual', 'lessOrEqual', 'approxMatch'),
    attribute,
    value,
  }),
  fc.record({ type: fc.constant('present'), attribute }),
  fc.record({
    type: fc.constant('substrings'),
    attribute,
    initial: optional(value),
    any: fc.array(value, { maxLength: 2 }),
    final: optional(value),
  }),
  fc.record({
    type: fc.constant('extensibleMatch'),
    rule: optional(rule),
    attribute: optional(attribute),
    value,
    dnAttributes: fc.boolean(),
  }),
);
const sensible: fc.Arbitrary<Filter> = fc.oneof(
  { weight: 3, arbitrary: item },
  item.map((filter) => ({ type: 'not', filter }) as const),
  fc
    .tuple(fc.constantFrom('and', 'or'), fc.array(item, { maxLength: 3 }))
    .map(([type, filters]) => ({ type, filters })),
);

function filterOctets(filter: Filter): Buffer {
  const writer = new BerWriter(256);
  writeFilter(writer, filter);
  return writer.take();
}

describe('a server that clients speak to in their own ways', () => {
  let server: RunningServer;
  let client: RawClient;

  beforeAll(async () => {
    server = await startServer();
    client = await RawClient.bound(server);
  });

  afterAll(() => client?.close());

  const search = (base: string, filter: Part, scope: number = scopes.subtree) =>
    client.request(searchRequest(base, { scope, filter, attributes: ['1.1'] }));

  it('fails no search because of its filter', async () => {
    await fc.assert(
      fc.asyncProperty(fc.oneof(sensible, anyFilter), fc.constantFrom(...BASES), async (filter, base) => {
        expect((await search(base, filterOctets(filter))).code).toBe(0);
      }),
      { numRuns: 300 },
    );
  });

  it('fails no search because of a filter in text that ldapsearch parses', async () => {
    await fc.assert(
      fc.asyncProperty(sensible, async (filter) => {
        let parsed: Filter;
        try {
          parsed = parseFilter(formatFilter(filter));
        } catch {
          return;
        }
        expect((await search('cn=config', filterOctets(parsed))).code).toBe(0);
      }),
      { numRuns: 100 },
    );
  });

  const substrings = (...parts: readonly Part[]) => tlv(0xa4, octets('cn'), sequence(...parts));
  const [initial, any, final] = [0x80, 0x81, 0x82].map((tag) => octets('c', tag)) as [Buffer, Buffer, Buffer];

  it.each([
    ['of no parts', substrings()],
    ['of an empty first part', substrings(octets('', 0x80))],
    ['of an empty part', substrings(octets('', 0x81))],
    ['of an empty last part', substrings(initial, octets('', 0x82))],
    ['with two first parts', substrings(initial, initial)],
    ['whose first part is the second', substrings(any, initial)],
    ['with something behind the last', substrings(final, any)],
    ['of a part of another kind', substrings(initial, octets('c', 0x83))],
    ['of a matching rule and an attribute that are not named', tlv(0xa9, octets('c', 0x83))],
    ['of a choice that is not known', tlv(0xaa, octets('c'))],
    ['about no attribute', presentFilter('')],
  ])('takes a filter %s for Undefined', async (_, filter) => {
    const all = (await search('cn=config', presentFilter('objectClass'))).entries.length;
    const codeAndCount = async (asked: Part) => {
      const { code, entries } = await search('cn=config', asked);
      return [code, entries.length];
    };
    expect(await codeAndCount(filter)).toEqual([0, 0]);
    expect(await codeAndCount(tlv(0xa2, filter))).toEqual([0, 0]);
    expect(await codeAndCount(orFilter(presentFilter('objectClass'), filter))).toEqual([0, all]);
  });

  it('takes an empty value for none, where there is none: of controls (Windows) and of extended requests', async () => {
    const request = searchRequest('', { scope: scopes.base, attributes: ['1.1'] });
    const code = async (value: string | undefined) =>
      (await client.request(request, [control(Oid.manageDsaIt, true, value)])).code;
    expect([await code(undefined), await code(''), await code('x')]).toEqual([0, 0, 2]);
    const whoAmI = async (value: string | undefined) =>
      (await client.request(extendedRequest(Oid.whoAmI, value))).code;
    expect([await whoAmI(undefined), await whoAmI(''), await whoAmI('x')]).toEqual([0, 0, 2]);
  });

  it('has an end for who looks at one window of a list after the other', async () => {
    const window = (view: string) =>
      new LdapTools(server).search(
        'cn=config',
        ...['-s', 'one', '-E', '!sss=cn', '-E', `!vlv=${view}`],
        ...['(objectClass=ds-cfg-branch)', '1.1'],
      );
    const { code, stdout, stderr } = await window('0/1/99/0');
    expect([code, stdout.match(/^dn:/gm)]).toEqual([76, null]);
    expect(stderr).toContain('The offset 99 is behind the end of the list');
    // One behind what the client trusts there to be.
    expect((await window('0/0/11/10')).code).toBe(76);
  });
});
