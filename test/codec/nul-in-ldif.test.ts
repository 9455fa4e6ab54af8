// NUL is nothing that somebody writes into LDIF (RFC 2849): it is what a disk leaves of a part it has lost.

import fc from 'fast-check';
import { expect, it } from 'vitest';
import { LdifError } from '../../src/codec/ldif-error.ts';
import { LdifReader, readLdif } from '../../src/codec/ldif-reader.ts';
import { parseSchemaFile } from '../../src/schema/schema-file.ts';

const TEXT = `version: 1
# A comment
 that goes on
dn: cn=One,o=x
objectClass: device
description: a value
  that is folded
description:: AGE=

dn: cn=Two,o=x
changetype: modify
replace: description
description: other
-

`;

it('any octets of a file that have become NUL, however it is read, are refused with the line', () => {
  fc.assert(
    fc.property(
      fc.nat(TEXT.length - 1),
      fc.integer({ min: 1, max: 600 }),
      fc.integer({ min: 1, max: 40 }),
      (at, count, piece) => {
        const text = `${TEXT.slice(0, at)}${'\0'.repeat(count)}${TEXT.slice(at + count)}`;
        expect(() => readLdif(text)).toThrow(LdifError);
        const reader = new LdifReader();
        expect(() => {
          for (let start = 0; start < text.length; start += piece)
            reader.push(text.slice(start, start + piece));
          reader.end();
        }).toThrow(/NUL octet/);
      },
    ),
  );
});

it('a value of base64 may have it', () => {
  expect(readLdif(TEXT)).toHaveLength(2);
});

it('a schema file with it is refused', () => {
  const text = "dn: cn=schema\n# a \0 comment\nobjectClasses: ( 1.2.3 NAME 'x' )\n";
  expect(parseSchemaFile('x.ldif', text).problems).toEqual([
    expect.objectContaining({ line: 2, problem: expect.stringContaining('NUL octet') }),
  ]);
});
