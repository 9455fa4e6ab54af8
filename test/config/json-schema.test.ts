// The JSON Schema of configuration files: it is what the declarations say, it takes what an instance begins with, and it
// refuses what is misspelled.

import { readdirSync, readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';
import { formatJsonEntry } from '../../src/cli/documents/format-objects.ts';
import { readLdif } from '../../src/codec/ldif-reader.ts';
import { objectDefinitions } from '../../src/config/definitions.ts';
import { formatJsonSchema } from '../../src/config/pages/json-schema.ts';
import { readProjectFile } from './configuration.ts';

const SAMPLES = 'test/samples/0.1.0';
const schema: unknown = JSON.parse(formatJsonSchema(objectDefinitions));
const isValid = new Ajv({ allErrors: true, strict: false }).compile(Object(schema));

const MAIL_SERVER = { kind: 'mail-server', name: 'A', enabled: true, 'smtp-server': 'mx.example.com' };

function objectsOf(ldif: string): readonly unknown[] {
  return readLdif(ldif).flatMap((record): unknown[] =>
    record.type === 'content' ? [JSON.parse(formatJsonEntry(record.entry))] : [],
  );
}

describe('the JSON Schema of configuration files', () => {
  it('has the ranges that the declarations have: a number that a property refuses is none to an editor', () => {
    for (const { kind, properties, abstract } of objectDefinitions) {
      for (const { name, type, multiValued } of abstract ? [] : properties) {
        if (type.range === undefined) continue;
        const of = Object(schema).definitions[kind].properties[name];
        const check = new Ajv({ strict: false }).compile(multiValued ? of.anyOf[0] : of);
        for (const number of [-(2 ** 31), -1, 0, 1, 100, 101, 65535, 65536, 2 ** 31, 2 ** 40]) {
          const isAllowed = type.parse(String(number)).problem === undefined;
          expect(check(number), `${kind} ${name} ${number}`).toBe(isAllowed);
        }
      }
    }
  });

  it('is what the declarations say; if this fails, run "npm run generate"', () => {
    expect(readProjectFile('docs/configuration.schema.json')).toBe(formatJsonSchema(objectDefinitions));
  });

  it('takes the configuration of a new instance, and that of a former release', () => {
    const files = readdirSync(SAMPLES, { recursive: true, encoding: 'utf8' }).filter((name) =>
      name.endsWith('config.ldif'),
    );
    expect(files.length).toBeGreaterThan(0);
    const texts = ['config/config.ldif', ...files.map((name) => `${SAMPLES}/${name}`)].map((name) =>
      readFileSync(name, 'utf8'),
    );
    for (const object of texts.flatMap(objectsOf)) {
      isValid(object);
      expect(isValid.errors, JSON.stringify(object)).toBeNull();
    }
  });

  it.each([
    ['words and numbers', {}],
    ['expressions', { enabled: '$<mail.enabled|true>', priority: '&{mail.priority}' }],
    ['lists', { 'smtp-property': ['mail.smtp.timeout=5000', 'a=b'] }],
    ['octets', { 'auth-password': { base64: '/w==' } }],
    ['other attributes', { attributes: { description: 'x', 'description;lang-de': ['y'] } }],
  ])('takes %s', (_name, more) => {
    isValid({ ...MAIL_SERVER, ...more });
    expect(isValid.errors).toBeNull();
    expect(isValid([{ ...MAIL_SERVER, ...more }])).toBe(true);
  });

  it.each([
    ['a kind that there is not', { ...MAIL_SERVER, kind: 'mail-servr' }],
    ['an abstract kind', { kind: 'trust-manager-provider', name: 'A', enabled: true }],
    ['a property that there is not', { ...MAIL_SERVER, 'smtp-sever': 'x' }],
    ['a property of another kind', { ...MAIL_SERVER, 'listen-port': 1 }],
    ['no name', { ...MAIL_SERVER, name: undefined }],
    ['no mandatory property', { ...MAIL_SERVER, 'smtp-server': undefined }],
    ['no boolean', { ...MAIL_SERVER, enabled: 'maybe' }],
    ['no number', { ...MAIL_SERVER, priority: 'high' }],
    ['a number below the range', { ...MAIL_SERVER, priority: -1 }],
    ['a number above the range', { ...MAIL_SERVER, priority: 65536 }],
    ['a fraction', { ...MAIL_SERVER, priority: 1.5 }],
    ['null', { ...MAIL_SERVER, 'auth-username': null }],
    ['an object', { ...MAIL_SERVER, 'auth-username': {} }],
    ['an attribute that is none', { ...MAIL_SERVER, attributes: { 'a b': 'x' } }],
    ['an entry without attributes', { dn: 'cn=a' }],
    ['a text', 'mail-server'],
  ])('refuses %s', (_name, object) => {
    expect(isValid(JSON.parse(JSON.stringify(object)))).toBe(false);
  });
});
