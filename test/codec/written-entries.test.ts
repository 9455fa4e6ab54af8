// Entries that are found in what the writer wrote: they say the same as those that are read.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readLdif } from '../../src/codec/ldif-reader.ts';
import { formatEntry } from '../../src/codec/ldif-writer.ts';
import { WrittenEntries } from '../../src/codec/written-entries.ts';
import { Dn } from '../../src/ldap/dn.ts';
import { Attribute, Entry } from '../../src/ldap/entry.ts';

/** Also what must be folded, what must be base64, and what looks like the start of a record. */
const value = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 200 }).filter((text) => text.isWellFormed()),
  fc.constantFrom(
    '',
    ' x',
    'x ',
    'plain',
    'a\n\ndn: cn=b',
    '$<smtp.host>',
    ':',
    '<x',
    `${'long '.repeat(40)}&{x}`,
  ),
);
const description = fc.constantFrom('cn', 'objectClass', 'cn;lang-de', 'ds-cfg-smtp-server', 'description');
const name = fc.oneof(fc.string({ minLength: 1, maxLength: 120 }), fc.constantFrom('a,b', 'ü', ' x', 'A B'));
const entry = fc
  .tuple(
    name,
    fc.uniqueArray(description, { minLength: 1 }),
    fc.array(fc.array(value, { minLength: 1, maxLength: 3 }), { minLength: 5, maxLength: 5 }),
  )
  .map(([cn, descriptions, values]) => {
    const dn = new Dn([[{ type: 'cn', value: cn }], [{ type: 'cn', value: 'config' }]]);
    return new Entry(
      dn,
      descriptions.map((one, index) => new Attribute(one, values[index] ?? [])),
    );
  });

function written(entries: readonly Entry[]): WrittenEntries {
  const text = `# a comment\nversion: 1\n${entries.map((one) => `\n${formatEntry(one)}`).join('')}`;
  return new WrittenEntries(Buffer.from(text, 'latin1'));
}

function said(one: Entry): unknown {
  return [
    one.dn.toString(),
    one.attributes.map((attribute) => [attribute.description, attribute.key, attribute.values]),
  ];
}

describe('written entries', () => {
  it('say what was written, whatever it was', () => {
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 6 }), (entries) => {
        const found = written(entries).entries;
        expect(found.map(said)).toEqual(entries.map(said));
        expect(found.map(({ dn }) => dn.rdns)).toEqual(entries.map(({ dn }) => dn.rdns));
      }),
    );
  });

  it('tell one attribute without reading the others, and stay unread', () => {
    fc.assert(
      fc.property(fc.array(entry, { minLength: 1, maxLength: 4 }), (entries) => {
        for (const [index, found] of written(entries).entries.entries()) {
          for (const key of ['cn', 'objectclass', 'ds-cfg-smtp-server', 'absent']) {
            const wanted = entries[index]?.peek(key).map((one) => [one.description, one.values]);
            expect(found.peek(key).map((one) => [one.description, one.values])).toEqual(wanted);
            expect(found.peekFirst(key)?.values).toEqual(entries[index]?.find(key)?.values);
          }
          expect(found.unread).toBeDefined();
        }
      }),
    );
  });

  it('are written again as they were, read or not', () => {
    fc.assert(
      fc.property(fc.array(entry, { minLength: 1, maxLength: 4 }), (entries) => {
        const found = written(entries).entries;
        const texts = entries.map(formatEntry);
        expect(found.map(formatEntry)).toEqual(texts);
        for (const one of found) expect(one.attributes.length).toBeGreaterThan(0);
        expect(found.every(({ unread }) => unread === undefined)).toBe(true);
        expect(found.map(formatEntry)).toEqual(texts);
      }),
    );
  });

  it('leave out none whose values hold what is looked for', () => {
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 6 }), (entries) => {
        const all = written(entries);
        const found = new Set(all.entriesWith(['$<', '&{']));
        const holds = (one: Entry) =>
          one.attributes.some(({ values }) =>
            values.some((text) => text.includes('$<') || text.includes('&{')),
          );
        expect(all.entries.filter((one, index) => holds(entries[index] ?? one) && !found.has(one))).toEqual(
          [],
        );
      }),
    );
  });

  it('are found across the pieces that a large file is looked through in', () => {
    const many = Array.from({ length: 6000 }, (_, index) =>
      Entry.of(Dn.parse(`cn=${index},cn=config`), { cn: String(index), description: 'x'.repeat(400) }),
    );
    const found = written(many).entries;
    expect(found.map(({ dn }) => dn.toString())).toEqual(many.map(({ dn }) => dn.toString()));
    expect(said(found[5999] ?? found[0] ?? Entry.of(Dn.root, {}))).toEqual(
      said(
        readLdif(formatEntry(many[5999] ?? Entry.of(Dn.root, {}))).flatMap((one) =>
          one.type === 'content' ? one.entry : [],
        )[0] ?? Entry.of(Dn.root, {}),
      ),
    );
  });
});
