// One form of LDIF: it says the same, and formatting it again changes nothing.

import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { shippedSchema } from '../../src/cli/commands/shipped-schema.ts';
import { formatLdif } from '../../src/cli/files/format-ldif.ts';
import { readLdif } from '../../src/codec/ldif-reader.ts';
import { formatEntry } from '../../src/codec/ldif-writer.ts';
import { Dn } from '../../src/ldap/dn.ts';
import { Entry } from '../../src/ldap/entry.ts';
import type { Schema } from '../../src/schema/schema.ts';

const WRITTEN = `version: 1

# The mail server of the company
dn:: ${Buffer.from('cn=Größe,cn=Mail Servers,cn=config').toString('base64')}
DS-CFG-SMTP-SERVER:   smtp.example.
 com:25
cn: Größe
# keeps the password out of this file
ds-cfg-auth-password:  $<file:config/smtp.pin>
ds-cfg-smtp-property: mail.smtp.timeout=1
objectclass: ds-cfg-mail-server
ds-cfg-smtp-property: mail.debug=true
ds-cfg-enabled:: dHJ1ZQ==
# the end


dn: cn=x,cn=Mail Servers,cn=config
changetype: modify
replace: DS-CFG-ENABLED
ds-cfg-enabled: false
-
`;

const FORMATTED = `version: 1

# The mail server of the company
dn: cn=Größe,cn=Mail Servers,cn=config
objectClass: ds-cfg-mail-server
cn: Größe
# keeps the password out of this file
ds-cfg-auth-password: $<file:config/smtp.pin>
ds-cfg-enabled: true
ds-cfg-smtp-property: mail.smtp.timeout=1
ds-cfg-smtp-property: mail.debug=true
ds-cfg-smtp-server: smtp.example.com:25
# the end

dn: cn=x,cn=Mail Servers,cn=config
changetype: modify
replace: DS-CFG-ENABLED
ds-cfg-enabled: false
-
`;

describe('an LDIF file in one form', () => {
  let schema: Schema;

  beforeAll(async () => {
    schema = await shippedSchema();
  });

  it('is read easily, and keeps its comments', () => {
    expect(formatLdif(WRITTEN, schema)).toBe(FORMATTED);
    expect(formatLdif(FORMATTED, schema)).toBe(FORMATTED);
  });

  it('says what it said, whatever the values', () => {
    const value = fc
      .string({ unit: 'binary', minLength: 1, maxLength: 200 })
      .filter((text) => text.isWellFormed());
    fc.assert(
      fc.property(fc.array(value, { minLength: 1, maxLength: 5 }), (values) => {
        const entry = Entry.of(Dn.parse('cn=a,cn=config'), {
          description: values,
          cn: 'a',
          objectClass: 'top',
        });
        const formatted = formatLdif(formatEntry(entry), schema);
        const [record] = readLdif(formatted);
        const read = record?.type === 'content' ? record.entry : undefined;
        expect(read?.values('description')).toEqual(values);
        expect(formatLdif(formatted, schema)).toBe(formatted);
      }),
    );
  });

  it('is what is shipped, but for what the schema files lay out by hand', () => {
    const text = readFileSync('config/config.ldif', 'utf8');
    const entries = (ldif: string) =>
      readLdif(ldif).map((record) => (record.type === 'content' ? [...record.entry.attributes].length : 0));
    expect(entries(formatLdif(text, schema))).toEqual(entries(text));
    expect(readdirSync('config')).toContain('config.ldif');
  });
});
