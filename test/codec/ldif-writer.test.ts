// LDIF out: exact where RFC 2849 is, and the same when it is read again.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readLdif } from '../../src/codec/ldif-reader.ts';
import { formatChange, formatEntry, formatLine } from '../../src/codec/ldif-writer.ts';
import type { Change, Modification } from '../../src/ldap/change.ts';
import { Dn } from '../../src/ldap/dn.ts';
import { Attribute, Entry } from '../../src/ldap/entry.ts';
import { textFromOctets } from '../../src/ldap/octets.ts';

const value = fc.oneof(
  fc.uint8Array({ maxLength: 300 }).map((octets) => textFromOctets(octets)),
  fc.string({ maxLength: 300 }),
  fc.string({ unit: 'grapheme' }),
);
const description = fc.constantFrom(
  'cn',
  'ds-cfg-enabled',
  'cn;lang-de',
  '2.5.4.3',
  `x${'-long'.repeat(30)}`,
  'userCertificate;binary',
);
const dn = fc
  .array(
    fc.array(fc.record({ type: fc.constantFrom('cn', 'ou', '2.5.4.3'), value }), {
      minLength: 1,
      maxLength: 2,
    }),
    {
      maxLength: 4,
    },
  )
  .map((rdns) => new Dn(rdns));
const attribute = fc
  .tuple(description, fc.array(value, { minLength: 1, maxLength: 4 }))
  .map(([name, values]) => new Attribute(name, values));
const entry = fc
  .tuple(dn, fc.uniqueArray(attribute, { selector: (one) => one.key }))
  .map(([name, attributes]) => new Entry(name, attributes));
const modification: fc.Arbitrary<Modification> = fc.record({
  operation: fc.constantFrom('add', 'delete', 'replace', 'increment'),
  attribute: fc.oneof(
    attribute,
    attribute.map((one) => one.withValues([])),
  ),
});
const change: fc.Arbitrary<Change> = fc.oneof(
  entry.map((added) => ({ type: 'add', entry: added }) as const),
  dn.map((name) => ({ type: 'delete', dn: name }) as const),
  fc.record({ type: fc.constant('modify' as const), dn, modifications: fc.array(modification) }),
  fc.record({
    type: fc.constant('modifyDn' as const),
    dn,
    newRdn: fc.array(fc.record({ type: fc.constant('cn'), value }), { minLength: 1, maxLength: 2 }),
    deleteOldRdn: fc.boolean(),
    newSuperior: fc.option(dn, { nil: undefined }),
  }),
);

describe('a line', () => {
  it.each([
    ['plain', 'cn: plain\n'],
    ['', 'cn:\n'],
    [' leading', 'cn:: IGxlYWRpbmc=\n'],
    ['trailing ', 'cn:: dHJhaWxpbmcg\n'],
    [':colon', 'cn:: OmNvbG9u\n'],
    ['<less', 'cn:: PGxlc3M=\n'],
    ['in : < # ner', 'cn: in : < # ner\n'],
    ['#hash', 'cn: #hash\n'],
    ['a\nb', 'cn:: YQpi\n'],
    ['a\rb', 'cn:: YQ1i\n'],
    ['a\0b', 'cn:: YQBi\n'],
    ['ä', 'cn:: w6Q=\n'],
    ['\uDCFF', 'cn:: /w==\n'],
    ['tab\t\x7f', 'cn: tab\t\x7f\n'],
  ])('%j', (text, line) => {
    expect(formatLine('cn', text)).toBe(line);
  });

  it('is folded at 76 columns', () => {
    expect(formatLine('cn', 'x'.repeat(72))).toBe(`cn: ${'x'.repeat(72)}\n`);
    expect(formatLine('cn', 'x'.repeat(73))).toBe(`cn: ${'x'.repeat(72)}\n x\n`);
    const lines = formatLine('cn', 'x'.repeat(1_000)).split('\n');
    expect(Math.max(...lines.map((line) => line.length))).toBe(76);
  });
});

describe('round trips', () => {
  it('of entries, in ASCII with no line over 76 columns', () => {
    fc.assert(
      fc.property(fc.array(entry, { minLength: 1, maxLength: 3 }), (entries) => {
        const text = entries.map(formatEntry).join('\n');
        expect(Buffer.byteLength(text)).toBe(text.length);
        expect(text.split('\n').every((line) => line.length <= 76)).toBe(true);
        const read = readLdif(text).map((record) => record.type === 'content' && record.entry);
        expect(JSON.stringify(read)).toBe(JSON.stringify(entries));
      }),
      { numRuns: 500 },
    );
  });

  it('of changes', () => {
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 3 }), (changes) => {
        const read = readLdif(changes.map(formatChange).join('\n'));
        expect(JSON.stringify(read.map((record) => record.type === 'change' && record.change))).toBe(
          JSON.stringify(changes),
        );
      }),
      { numRuns: 500 },
    );
  });

  it('of a value of many megabytes', () => {
    const long = 'ä'.repeat(4_000_000);
    const [record] = readLdif(formatEntry(Entry.of(Dn.parse('cn=A'), { cn: long })));
    expect(record?.type === 'content' && record.entry.first('cn') === long).toBe(true);
  });
});
