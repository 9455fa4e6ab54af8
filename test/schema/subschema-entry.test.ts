// The entry cn=schema: what directory browsers read of the schema (RFC 4512 §4.2).

import { describe, expect, it } from 'vitest';
import { Dn } from '../../src/ldap/dn.ts';
import { Entry } from '../../src/ldap/entry.ts';
import { parseDefinition } from '../../src/schema/definition.ts';
import { compileFilter } from '../../src/schema/filter-matcher.ts';
import { Schema } from '../../src/schema/schema.ts';
import { coreFile, sampleFile, sampleSchema, schemaFile } from './sample-schema.ts';

const schema = sampleSchema();
const SYNTAX = '1.3.6.1.4.1.1466.115.121.1';

describe('the entry cn=schema', () => {
  const entry = schema.subschemaEntry;

  it('holds every definition in canonical text', () => {
    expect(entry.dn.toString()).toBe('cn=schema');
    expect(entry.values('objectclass')).toEqual(['top', 'subentry', 'subschema']);
    expect(entry.values('attributetypes')).toContain(
      "( 2.5.4.3 NAME ( 'cn' 'commonName' ) DESC 'name an object is known by' SUP name X-ORIGIN 'RFC 4519' )",
    );
    expect(entry.values('objectclasses')).toContain(
      "( 2.5.6.6 NAME 'person' DESC 'human being' SUP top STRUCTURAL MUST ( sn $ cn ) " +
        "MAY ( userPassword $ telephoneNumber $ seeAlso $ description ) X-ORIGIN 'RFC 4519' )",
    );
    expect(entry.values('ldapsyntaxes')).toContain(`( ${SYNTAX}.7 DESC 'Boolean' )`);
    expect(entry.values('ldapsyntaxes')).toContain(
      `( ${SYNTAX}.28 DESC 'JPEG' X-NOT-HUMAN-READABLE 'TRUE' )`,
    );
    expect(entry.values('matchingrules')).toContain(
      `( 2.5.13.2 NAME 'caseIgnoreMatch' SYNTAX ${SYNTAX}.15 )`,
    );
    expect(schema.subschemaEntry).toBe(entry);
  });

  it('leaves out empty texts, which RFC 4512 §4.1 does not allow and files of other servers have', () => {
    const file = schemaFile(
      'schema/99-site.ldif',
      `attributeTypes: ( 1.3.6.1.4.1.32473.9.1 NAME 'x' DESC '' SYNTAX ${SYNTAX}.15 X-ORIGIN ( '' 'site' ) X-NOTE '' )`,
    );
    const { subschemaEntry } = Schema.parse([coreFile, file]);
    expect(subschemaEntry.values('attributetypes')).toContain(
      `( 1.3.6.1.4.1.32473.9.1 NAME 'x' SYNTAX ${SYNTAX}.15 X-ORIGIN 'site' )`,
    );
  });

  it('says which attributes may be asked by each matching rule (RFC 4512 §4.1.4)', () => {
    const uses = new Map(
      entry.values('matchingruleuse').map((text) => {
        const { id, fields } = parseDefinition('matchingRuleUse', text);
        return [id, fields.get('APPLIES') ?? []] as const;
      }),
    );
    expect(uses.get('2.5.13.2')).toEqual(expect.arrayContaining(['cn', 'sn', 'description']));
    for (const { name, equality, ordering, substrings } of schema.attributeTypes) {
      for (const rule of [equality, ordering, substrings]) {
        if (rule !== undefined) expect(uses.get(rule.oid), `${name} by ${rule.names[0]}`).toContain(name);
      }
    }
    for (const [rule, types] of uses) {
      expect(types.length, rule).toBeGreaterThan(0);
      expect(schema.findMatchingRule(rule)?.oid).toBe(rule);
      for (const name of types) {
        // What is listed is what a match by the rule alone asks.
        const value = schema.findAttributeType(name)?.syntax.oid === `${SYNTAX}.15` ? 'x' : undefined;
        if (value === undefined || rule !== '2.5.13.2') continue;
        const filter = {
          type: 'extensibleMatch',
          rule,
          attribute: undefined,
          value,
          dnAttributes: false,
        } as const;
        expect(compileFilter(schema, filter)(Entry.of(Dn.parse('cn=a'), { [name]: 'X' })), name).toBe(true);
      }
    }
  });

  it('makes the uses of rules itself, whatever a site schema says of them', () => {
    const site = schemaFile('site.ldif', 'matchingRuleUse: ( 2.5.13.2 APPLIES ( cn $ description ) )');
    expect(Schema.parse([coreFile, sampleFile, site]).subschemaEntry.values('matchingruleuse')).toEqual(
      entry.values('matchingruleuse'),
    );
  });

  it('can be read as a schema again', () => {
    const lines = entry.attributes
      .filter(({ key }) => ['attributetypes', 'objectclasses', 'ldapsyntaxes', 'matchingrules'].includes(key))
      .flatMap(({ description, values }) => values.map((value) => `${description}: ${value}`));
    const again = Schema.parse([schemaFile('again.ldif', ...lines)]);
    expect(again.subschemaEntry.attributes).toEqual(entry.attributes);
  });

  it('has values of its own syntaxes', () => {
    for (const { key, values } of entry.attributes) {
      const syntax = schema.findAttributeType(key)?.syntax;
      for (const value of values) expect(syntax?.check(value), value).toBeUndefined();
    }
  });
});
