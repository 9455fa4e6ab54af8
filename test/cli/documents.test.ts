// YAML and JSON beside LDIF: the same configuration in each of them, and the place of everything that is wrong.

import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { shippedSchema } from '../../src/cli/commands/shipped-schema.ts';
import { DOCUMENT_FORMATS, type DocumentFormat } from '../../src/cli/documents/document-format.ts';
import { EntryWriter } from '../../src/cli/documents/entry-writer.ts';
import { formatDocument } from '../../src/cli/documents/format-document.ts';
import { givenAttributes, KINDS } from '../../src/cli/documents/object-entry.ts';
import { readDocument } from '../../src/cli/documents/read-document.ts';
import { completeEntry } from '../../src/cli/files/desired-entries.ts';
import { formatLdifEntry } from '../../src/cli/files/format-ldif.ts';
import { Dn } from '../../src/ldap/dn.ts';
import { Attribute, Entry } from '../../src/ldap/entry.ts';
import { textFromOctets } from '../../src/ldap/octets.ts';
import type { Schema } from '../../src/schema/schema.ts';
import { typeConfdit } from '../support/confdit-in-process.ts';
import { removeFolder } from '../support/folders.ts';

const CANARY = 'kAn4rienvogel';
const text = fc
  .string({ unit: 'binary', minLength: 1, maxLength: 30 })
  .filter((value) => value.isWellFormed());
const value = fc.oneof(
  text,
  fc.constantFrom(
    'true',
    'false',
    'TRUE',
    '587',
    '0587',
    '-1',
    '1e3',
    'null',
    '~',
    ' a',
    'a ',
    '- a',
    '# a',
    'a: b',
    '*a',
    '&a',
    '!a',
    '%a',
    '@a',
    '"a',
    "'a",
    '',
    'yes',
    'a\nb\n',
    '\ta',
    '{a}',
    '[a',
    '.inf',
    '0x1f',
    '2026-11-29',
    '<<',
    '---',
    'cn=System,cn=Trust Manager Providers,cn=config',
    '$<file:a b>',
  ),
  fc.uint8Array({ minLength: 1, maxLength: 8 }).map((octets) => textFromOctets(octets)),
);
const values = fc.uniqueArray(value, { minLength: 1, maxLength: 3 });

/** An entry of a kind with any values for some of its properties, and some other attributes. */
const entryOfKind = fc
  .constantFrom(...[...KINDS.values()].filter(({ location }) => 'under' in location))
  .chain((kind) =>
    fc.record({
      kind: fc.constant(kind),
      name: text,
      properties: fc.array(fc.tuple(fc.constantFrom(...kind.properties), values), { maxLength: 5 }),
      others: fc.dictionary(fc.constantFrom('description', 'description;lang-de', 'sn', 'seeAlso'), values, {
        maxKeys: 2,
      }),
      isCommon: fc.boolean(),
    }),
  )
  .map(({ kind, name, properties, others, isCommon }) => {
    const under = 'under' in kind.location ? kind.location.under : '';
    const parent = Dn.parse(isCommon ? under : `ou=Elsewhere,${under}`);
    const dn = parent.child([{ type: kind.namingAttribute, value: name }]);
    const byKey = new Map(givenAttributes(kind, name).map((one) => [one.key, one]));
    for (const [property, all] of properties) byKey.set(property.key, new Attribute(property.attribute, all));
    for (const [description, all] of Object.entries(others))
      byKey.set(description, new Attribute(description, all));
    return new Entry(dn, [...byKey.values()]);
  });

const COMMENTED_LDIF = [
  '# Mail of the company.',
  '',
  '# The first one.',
  'dn: cn=One,cn=Mail Servers,cn=config',
  '# of the class',
  'objectClass: ds-cfg-mail-server',
  'cn: One',
  'ds-cfg-enabled: true',
  '# where it is',
  '#: and a colon',
  'ds-cfg-smtp-server: mx.example.com',
  'ds-cfg-smtp-property: a=1',
  '# the second',
  'ds-cfg-smtp-property: b=2',
  '# of an attribute',
  'description: text',
  '# below',
  '',
  'dn: cn=Two,cn=Mail Servers,cn=config',
  'objectClass: ds-cfg-mail-server',
  'cn: Two',
  'ds-cfg-enabled: false',
  'ds-cfg-smtp-server: my.example.com',
  '',
  '# the end',
  '',
].join('\n');
const COMMENTED_YAML = [
  '# Mail of the company.',
  '# The first one.',
  '# of the class',
  'kind: mail-server',
  'name: One',
  'enabled: true',
  '# the second',
  'smtp-property:',
  '  - a=1',
  '  - b=2',
  '# where it is',
  '# : and a colon',
  'smtp-server: mx.example.com',
  'attributes:',
  '  # of an attribute',
  '  description: text',
  '# below',
  '---',
  'kind: mail-server',
  'name: Two',
  'enabled: false',
  'smtp-server: my.example.com',
  '# the end',
  '',
].join('\n');

describe('a configuration', () => {
  let schema: Schema;
  let folder: string;

  beforeAll(async () => {
    schema = await shippedSchema();
    folder = await mkdtemp(join(tmpdir(), 'confdit-documents-'));
  });

  afterAll(() => removeFolder(folder));

  const write = (entries: readonly Entry[], format: DocumentFormat) => {
    const writer = new EntryWriter(format, schema);
    return entries.map((entry) => writer.next(entry)).join('') + writer.end();
  };
  const inOneForm = (entries: readonly Entry[]) =>
    entries.map((entry) => formatLdifEntry(completeEntry(entry, schema), schema));
  const read = (written: string, format: DocumentFormat) => {
    const { records, problems } = readDocument(written, format);
    expect(problems, written).toEqual([]);
    return records.map(({ entry }) => completeEntry(entry, schema));
  };

  it('is the same in LDIF, YAML and JSON, and each has one form', () => {
    fc.assert(
      fc.property(fc.array(entryOfKind, { minLength: 1, maxLength: 3 }), (made) => {
        const entries = made.map((entry) => completeEntry(entry, schema));
        let last = entries;
        for (const format of ['yaml', 'json', 'ldif', 'json', 'yaml'] as const) {
          const written = write(last, format);
          last = read(written, format);
          expect(inOneForm(last)).toEqual(inOneForm(entries));
          expect(formatDocument(written, `x.${format}`, schema)).toBe(written);
        }
      }),
      { numRuns: 60 },
    );
  });

  it('is read as it is written by hand', () => {
    const yaml = [
      '# our way out',
      'name: Main   # the first',
      'kind: mail-server',
      'smtp-server: "mx.example.com:587"',
      'enabled: true',
      'priority: 010',
      'trust-manager-provider: System',
      'smtp-property: [mail.smtp.timeout=5000]',
      'attributes: { description: Grüße }',
      '---',
      '- { kind: mail-server, name: 2, enabled: false, smtp-server: mx }',
      '',
    ].join('\n');
    const [main, second] = read(yaml, 'yaml');
    expect(main?.dn.toString()).toBe('cn=Main,cn=Mail Servers,cn=config');
    expect(main?.values('ds-cfg-priority')).toEqual(['010']);
    expect(main?.values('ds-cfg-trust-manager-provider')).toEqual([
      'cn=System,cn=Trust Manager Providers,cn=config',
    ]);
    expect(second?.dn.name).toBe('2');
    const formatted = formatDocument(yaml, 'a.yaml', schema);
    expect(formatted).toMatch(/^# our way out\nkind: mail-server\n/);
    expect(formatted).toContain('name: Main # the first');
    expect(formatted.indexOf('kind:')).toBeLessThan(formatted.indexOf('name:'));
    expect(inOneForm(read(formatted, 'yaml'))).toEqual(inOneForm(read(yaml, 'yaml')));
    expect(formatDocument(formatted, 'a.yaml', schema)).toBe(formatted);
  });

  it.each([
    ['kind: mail-servr\nname: a', 'yaml', '1:7', 'Did you mean mail-server?'],
    ['name: a', 'yaml', '1:1', 'has no kind'],
    ['kind: mail-server', 'yaml', '1:1', 'has no name'],
    ['kind: container\nname: Nowhere', 'yaml', '2:7', 'There is no container of this name'],
    [`kind: mail-server\nname: a\nauth-pasword: ${CANARY}`, 'yaml', '3:1', 'Did you mean auth-password?'],
    [`kind: mail-server\nname: a\n${CANARY}: x`, 'yaml', '3:1', 'has no property of this name'],
    ['kind: mail-server\nname: a\nauth-password:', 'yaml', '3:15', 'auth-password has no value'],
    [`kind: mail-server\nname: a\nauth-password: *${CANARY}`, 'yaml', '3:16', 'in quotes'],
    [`kind: mail-server\nname: a\nauth-password: !${CANARY} x`, 'yaml', '3:16', 'tags are not supported'],
    [`kind: mail-server\nname: a\nauth-password: @${CANARY}`, 'yaml', '3:16', 'needs quotes'],
    [`kind: mail-server\nname: a\nauth-password: "${CANARY}`, 'yaml', '', 'quote'],
    [`kind: mail-server\nname: a\nauth-password: "\\q${CANARY}"`, 'yaml', '3:17', 'backslash'],
    [`kind: mail-server\nname: a\nname: ${CANARY}`, 'yaml', '3:1', 'The object has this name already'],
    [`kind: mail-server\nname: a\nauth-password: {a: ${CANARY}}`, 'yaml', '3:16', 'is a text, a number'],
    [`kind: mail-server\nname: a\n\tauth-password: ${CANARY}`, 'yaml', '3:1', 'spaces, not with tabs'],
    [`{"kind": "mail-server", "name": "a",\n "auth-password": "${CANARY}" "x"}`, 'json', '2:35', 'not JSON'],
    [
      `{"kind": "mail-server", "name": "a", "auth-password": "\\ud800${CANARY}"}`,
      'json',
      '1:55',
      'half a character',
    ],
    [CANARY, 'yaml', '1:1', 'An object is expected'],
    ['['.repeat(20_000), 'yaml', '1:1', 'nested too deeply'],
    ['- '.repeat(20_000), 'yaml', '1:1', 'nested too deeply'],
    ['['.repeat(20_000), 'json', '', 'not JSON'],
  ] as const)('is refused with the place, and without the value: %j', (written, format, place, words) => {
    const { problems } = readDocument(written, format);
    const [first] = problems;
    const said = JSON.stringify(problems);
    expect(said).not.toContain(CANARY);
    expect(said).toContain(words);
    if (place !== '') expect(`${first?.line}:${first?.column}`).toBe(place);
    expect(problems.length).toBeGreaterThan(0);
  });

  it('keeps comments in every form that has them, at what they are about', async () => {
    const file = join(folder, 'comments.ldif');
    const other = join(folder, 'comments.yaml');
    await writeFile(file, COMMENTED_LDIF);
    const converted = await typeConfdit(['convert', '--to', 'yaml', file]);
    expect(converted).toEqual({ code: 0, stdout: COMMENTED_YAML, stderr: '' });
    await writeFile(other, COMMENTED_YAML);
    const back = await typeConfdit(['convert', '--to', 'ldif', other]);
    await writeFile(file, back.stdout);
    expect((await typeConfdit(['convert', '--to', 'yaml', file])).stdout).toBe(COMMENTED_YAML);
    expect((await typeConfdit(['convert', '--to', 'ldif', file])).stdout).toBe(back.stdout);
    const json = await typeConfdit(['convert', '--to', 'json', file]);
    expect(json).toMatchObject({
      code: 0,
      stderr: 'JSON has no comments: those of 2 entries are left out.\n',
    });
  });

  it('puts a comment behind a value, or of one value of several, above the values', async () => {
    const other = join(folder, 'behind.yaml');
    await writeFile(
      other,
      'kind: mail-server # why\nname: A\nenabled: no # not yet\nsmtp-server: a\nsmtp-property:\n  # one\n  - a=1\n  - b=2 # two\n',
    );
    const lines = (await typeConfdit(['convert', '--to', 'ldif', other])).stdout.split('\n');
    const above = (start: string) => lines[lines.findIndex((line) => line.startsWith(start)) - 1];
    expect([above('dn:'), above('ds-cfg-enabled:'), above('ds-cfg-smtp-property:')]).toEqual([
      ...['# why', '# not yet', '# two'],
    ]);
    expect(lines).toContain('# one');
  });

  it('goes through validate, apply, export and convert in every form', async () => {
    const instance = ['--offline', '--instance', join(folder, 'made')];
    expect(await typeConfdit(['init', '--instance', join(folder, 'made')])).toMatchObject({ code: 0 });
    const file = join(folder, 'mail.yaml');
    await writeFile(file, 'kind: mail-server\nname: Grüße\nenabled: false\nsmtp-server: mx:x\n');
    const refused = await typeConfdit(['validate', file]);
    expect(refused.stdout).toMatch(/mail\.yaml:4:14: cn=Grüße,cn=Mail Servers,cn=config: smtp-server "mx:x"/);
    await writeFile(file, 'kind: mail-server\nname: Grüße\nenabled: false\nsmtp-server: mx.example.com\n');
    expect(await typeConfdit(['validate', file])).toMatchObject({ code: 0 });
    expect(await typeConfdit(['apply', '-n', file, ...instance])).toMatchObject({ code: 0 });
    const texts = new Map<string, string>();
    for (const format of DOCUMENT_FORMATS) {
      const exported = join(folder, `exported.${format}`);
      const { code } = await typeConfdit(['export', '--format', format, '--output', exported, ...instance]);
      expect(code).toBe(0);
      texts.set(format, await readFile(exported, 'utf8'));
      expect(texts.get(format)).toContain('Grüße');
      expect(await typeConfdit(['fmt', '--check', exported])).toEqual({ code: 0, stdout: '', stderr: '' });
      const plan = await typeConfdit(['plan', exported, ...instance]);
      expect(plan, plan.stdout).toMatchObject({ code: 0 });
      expect(plan.stdout).toContain('Nothing is to be changed');
    }
    for (const format of DOCUMENT_FORMATS) {
      const converted = await typeConfdit(['convert', '--to', format, join(folder, 'exported.yaml')]);
      expect(converted.stdout).toBe(texts.get(format));
    }
  });
});
