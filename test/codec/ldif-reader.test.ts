// LDIF in: what RFC 2849 allows is read, what it does not allow is refused with the line.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LdifError } from '../../src/codec/ldif-error.ts';
import { LdifReader, readLdif } from '../../src/codec/ldif-reader.ts';
import type { LdifRecord } from '../../src/codec/ldif-record.ts';
import type { Change } from '../../src/ldap/change.ts';

function entryOf(record: LdifRecord | undefined): Record<string, readonly string[]> {
  if (record?.type !== 'content') throw new Error('An entry is expected.');
  const attributes = record.entry.attributes.map((one) => [one.description, one.values] as const);
  return { dn: [record.entry.dn.toString()], ...Object.fromEntries(attributes) };
}

function changeOf(text: string): Change {
  const [record, ...others] = readLdif(text);
  if (record?.type !== 'change' || others.length > 0) throw new Error('One change is expected.');
  return record.change;
}

function errorOf(text: string, options = {}): LdifError {
  try {
    readLdif(text, options);
  } catch (error) {
    if (error instanceof LdifError) return error;
    throw error;
  }
  throw new Error('An LdifError is expected.');
}

const EXAMPLES = [
  'version: 1',
  '# comment',
  ' that goes on',
  'dn: cn=A,cn=config',
  'objectClass: top',
  'cn: A',
  'objectClass: ds-cfg-branch',
  'description:  spaces before are fill',
  'description:',
  '# between',
  'description: fol',
  ' ded',
  '  twice',
  'cn;lang-de:: w6Q=',
  '',
  '',
  'DN:: Y249w6QsY249Y29uZmln',
  'cn:: w6Q=',
].join('\n');

const EXPECTED = [
  {
    dn: ['cn=A,cn=config'],
    objectClass: ['top', 'ds-cfg-branch'],
    cn: ['A'],
    description: ['spaces before are fill', '', 'folded twice'],
    'cn;lang-de': ['ä'],
  },
  { dn: ['cn=ä,cn=config'], cn: ['ä'] },
];

describe('entries', () => {
  it.each([
    ['LF', EXAMPLES],
    ['CRLF', EXAMPLES.replaceAll('\n', '\r\n')],
    ['a final newline', `${EXAMPLES}\n`],
    ['blank lines around', `\n\n${EXAMPLES.slice('version: 1\n'.length)}\n\n\n`],
    ['a byte order mark', `\uFEFF${EXAMPLES}`],
    ['a blank line after the version', EXAMPLES.replace('version: 1\n', 'version: 1\n\n')],
  ])('are read with %s', (_, text) => {
    expect(readLdif(text).map(entryOf)).toEqual(EXPECTED);
  });

  it('have the line of their dn, also in a part of a file', () => {
    expect(readLdif(EXAMPLES).map((record) => record.line)).toEqual([4, 17]);
    expect(readLdif('dn: cn=A\n\ndn: cn=B\n', { firstLine: 100 }).map((record) => record.line)).toEqual([
      100, 102,
    ]);
  });

  it('are the same however the text is cut into chunks', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(EXAMPLES.length)), (cuts) => {
        const reader = new LdifReader();
        const places = [0, ...cuts.sort((one, other) => one - other), EXAMPLES.length];
        const records = places.flatMap((place, index) =>
          reader.push(EXAMPLES.slice(places[index - 1] ?? 0, place)),
        );
        expect([...records, ...reader.end()].map(entryOf)).toEqual(EXPECTED);
      }),
    );
  });

  it('keep octets that are not UTF-8', () => {
    const [record] = readLdif('dn: cn=A\nvalue:: /wBB\n');
    expect(entryOf(record).value).toEqual(['\uDCFF\0A']);
  });

  it('may be nothing but a name, as ldapsearch gives them for 1.1', () => {
    expect(entryOf(readLdif('dn: cn=A')[0])).toEqual({ dn: ['cn=A'] });
    expect(entryOf(readLdif('dn:\nvendorName: confdit')[0])).toEqual({ dn: [''], vendorName: ['confdit'] });
  });

  it('take values from URLs where the caller fetches them', () => {
    const readUrl = (url: string) => `content of ${url}`;
    const [record] = readLdif('dn: cn=A\njpegPhoto:< file:///photo\n', { readUrl });
    expect(entryOf(record).jpegPhoto).toEqual(['content of file:///photo']);
    const error = errorOf('dn: cn=A\njpegPhoto:< file:///photo\n', {
      readUrl: () => {
        throw new Error('it does not exist');
      },
    });
    expect(error.message).toBe('Line 2: The URL "file:///photo" cannot be read: it does not exist');
  });

  it('with very many values and very many folds are read in a moment', () => {
    const text = `dn: cn=A\n${Array.from({ length: 50_000 }, (_, index) => `a${index}: x`).join('\n')}\nlong: x${'\n y'.repeat(200_000)}`;
    const entry = entryOf(readLdif(text)[0]);
    expect(Object.keys(entry)).toHaveLength(50_002);
    expect(entry.long?.[0]).toHaveLength(200_001);
  });
});

describe('changes', () => {
  it('add an entry', () => {
    const change = changeOf('dn: cn=A\nchangetype: add\ncn: A\n');
    expect(change.type === 'add' && change.entry.values('cn')).toEqual(['A']);
  });

  it('delete an entry, with controls', () => {
    const [record] = readLdif(
      'dn: cn=A\ncontrol: 1.2.840.113556.1.4.805 true\ncontrol: 1.1 false: text\ncontrol: 1.2:: /w==\nchangetype: delete\n',
    );
    expect(record).toMatchObject({
      change: { type: 'delete' },
      controls: [
        { oid: '1.2.840.113556.1.4.805', criticality: true, value: undefined },
        { oid: '1.1', criticality: false, value: 'text' },
        { oid: '1.2', criticality: false, value: '\uDCFF' },
      ],
    });
  });

  it('modify an entry', () => {
    const change = changeOf(
      'dn: cn=A\nChangeType: Modify\nadd: mail\nmail: a\nMAIL: b\n-\ndelete: cn\n-\nreplace: x\n-\nincrement: n\nn: 5\n-\n',
    );
    expect(change).toMatchObject({
      type: 'modify',
      modifications: [
        { operation: 'add', attribute: { description: 'mail', values: ['a', 'b'] } },
        { operation: 'delete', attribute: { description: 'cn', values: [] } },
        { operation: 'replace', attribute: { description: 'x', values: [] } },
        { operation: 'increment', attribute: { description: 'n', values: ['5'] } },
      ],
    });
  });

  it.each(['modrdn', 'moddn'])('rename an entry (%s)', (type) => {
    const change = changeOf(
      `dn: cn=A\nchangetype: ${type}\nnewrdn: cn=B\ndeleteoldrdn: 1\nnewsuperior: cn=C\n`,
    );
    expect(change).toMatchObject({
      type: 'modifyDn',
      newRdn: [{ type: 'cn', value: 'B' }],
      deleteOldRdn: true,
    });
    expect(change.type === 'modifyDn' && change.newSuperior?.toString()).toBe('cn=C');
  });
});

describe('what is wrong is refused with its line', () => {
  it.each([
    ['dn: cn=A\nno colon', 2, 'no colon'],
    ['cn: A', 1, 'must start with a line "dn'],
    ['dn: cn=A\ncn: A\ndn: cn=B', 3, 'blank line'],
    ['dn: cn', 1, 'lacks "="'],
    ['dn:< file:///name', 1, 'name cannot be given by a URL'],
    ['dn: cn=A\nbad name: x', 2, 'no attribute description'],
    ['dn: cn=A\ncn:: abc', 2, 'not base64'],
    ['dn: cn=A\ncn:: a=bc', 2, 'not base64'],
    ['dn: cn=A\ncn:: ab*=', 2, 'not base64'],
    ['dn: cn=A\ncn:< file:///x', 2, 'not allowed here'],
    ['dn: cn=A\ncn: \uDCFF', 2, 'not UTF-8'],
    ['dn: cn=A\ncn: a\n \uDCFF', 3, 'not UTF-8'],
    [' dn: cn=A', 1, 'starts with a space'],
    ['dn: cn=A\n\n cn: a', 3, 'starts with a space'],
    ['version: 2\ndn: cn=A', 1, 'must be 1'],
    ['dn: cn=A\nchangetype: upsert', 2, 'change type'],
    ['dn: cn=A\nchangetype: delete\ncn: A', 3, 'Nothing may follow'],
    ['dn: cn=A\ncontrol: 1.2.3\n', 3, '"changetype: …" is expected'],
    ['dn: cn=A\ncontrol: x\nchangetype: delete', 2, 'control is written'],
    ['dn: cn=A\nchangetype: modify\nfoo: cn\n', 3, '"increment:" is expected'],
    ['dn: cn=A\nchangetype: modify\nadd: cn\nsn: x\n', 4, 'value of cn is expected'],
    ['dn: cn=A\nchangetype: modrdn\ndeleteoldrdn: 1\n', 3, '"newrdn: …" is expected'],
    ['dn: cn=A\nchangetype: modrdn\nnewrdn: cn=B,cn=C\ndeleteoldrdn: 1\n', 3, 'one RDN'],
    ['dn: cn=A\nchangetype: modrdn\nnewrdn: cn=B\ndeleteoldrdn: yes\n', 4, 'must be 0'],
  ])('%j', (text, line, problem) => {
    const error = errorOf(text);
    expect(error.line).toBe(line);
    expect(error.message).toContain(problem);
  });

  it('never with the value, which may be a secret', () => {
    for (const text of ['userPassword hunter2', 'user password: hunter2', 'a:: hunter2!', 'a:< hunter2']) {
      expect(errorOf(`dn: cn=A\n${text}`).message).not.toContain('hunter2');
    }
  });

  it('when a line or a record is too long, before all of it has come', () => {
    const reader = new LdifReader({ recordCharactersMax: 100 });
    expect(() => reader.push('x'.repeat(101))).toThrow(
      'Line 1: The line is longer than the 100 characters allowed.',
    );
    expect(errorOf(`dn: cn=A\n${'cn: A\n'.repeat(100)}`, { recordCharactersMax: 100 }).message).toContain(
      'record is longer',
    );
    expect(errorOf(`dn: cn=A\n${' A\n'.repeat(200)}`, { recordCharactersMax: 100 }).message).toContain(
      'line is longer',
    );
  });

  it('whatever the text is, with nothing but an LdifError', () => {
    const piece = fc.constantFrom(
      'dn: cn=A',
      '\n',
      '\r',
      ' ',
      ':',
      '::',
      '-',
      'add: cn',
      'changetype: modify',
      'cn: x',
      '\uDC80',
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: 'binary' }),
          fc.array(piece).map((all) => all.join('')),
        ),
        (text) => {
          try {
            readLdif(text);
          } catch (error) {
            expect(error).toBeInstanceOf(LdifError);
          }
        },
      ),
      { numRuns: 2_000 },
    );
  });
});
