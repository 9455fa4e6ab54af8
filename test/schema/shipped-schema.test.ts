// The schema files of the project against those of OpenLDAP, definition by definition. Names, numbers, syntaxes and
// rules are facts that both have from the same RFCs; where they differ the reason is written here.

import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type Definition, parseDefinition } from '../../src/schema/definition.ts';
import { schema } from '../config/configuration.ts';

const FOLDER = '/etc/ldap/schema/';
const FILES = ['core', 'cosine', 'inetorgperson', 'nis'];

/** Not shipped: OSI networking, measures of data quality, and management domains, which nobody uses any more. */
const LEFT_OUT = new Set([
  'knowledgeInformation',
  'presentationAddress',
  'supportedApplicationContext',
  'protocolInformation',
  'dmdName',
  'dmd',
  'applicationEntity',
  'dSA',
  'pilotDSA',
  'qualityLabelledData',
  'dSAQuality',
  'singleLevelQuality',
  'subtreeMinimumQuality',
  'subtreeMaximumQuality',
]);

/** RFC 2307 there, draft-howard-rfc2307bis here, as PingDS and OpenDJ have it. */
const OF_2307BIS = new Set([
  'nisNetgroupTriple',
  'ipHostNumber',
  'ipNetworkNumber',
  'bootParameter',
  'posixGroup',
  'ipProtocol',
  'oncRpc',
  'ipHost',
  'ipNetwork',
]);

/** The class demands l there and here; there it also says that l is allowed. */
const OTHERWISE = new Set(['residentialPerson']);

function definitionsOf(
  file: string,
  attribute: string,
  kind: 'attributeTypes' | 'objectClasses',
): Definition[] {
  const lines = readFileSync(`${FOLDER}${file}.ldif`, 'utf8').replaceAll('\n ', '').split('\n');
  return lines
    .filter((line) => line.startsWith(`${attribute}: `))
    .map((line) => parseDefinition(kind, line.slice(attribute.length + 2)));
}

function nameOf({ id, fields }: Definition): string {
  return fields.get('NAME')?.[0] ?? id;
}

function isCompared(definition: Definition): boolean {
  const name = nameOf(definition);
  return ![LEFT_OUT, OF_2307BIS, OTHERWISE].some((names) => names.has(name));
}

function lower(values: readonly string[] = []): readonly string[] {
  return values.map((value) => value.toLowerCase());
}

/** Lengths in braces are advice, which servers need not take (RFC 4512 §4.1.2). */
function withoutLength(syntax: string | undefined): string | undefined {
  return syntax?.replace(/\{\d+\}$/, '');
}

function keys(names: readonly string[] = []): string[] {
  return [
    ...new Set(names.map((name) => schema.findAttributeType(name)?.key ?? `${name} is unknown`)),
  ].sort();
}

describe.skipIf(!existsSync(FOLDER)).each(FILES)('what OpenLDAP has in %s.ldif', (file) => {
  const types = definitionsOf(file, 'olcAttributeTypes', 'attributeTypes').filter(isCompared);
  const classes = definitionsOf(file, 'olcObjectClasses', 'objectClasses').filter(isCompared);

  it.each(types.map((definition) => [nameOf(definition), definition] as const))(
    'is here too: %s',
    (name, theirs) => {
      const type = schema.findAttributeType(name);
      const ours = parseDefinition('attributeTypes', type?.definition ?? '');
      expect(ours.id).toBe(theirs.id);
      for (const field of ['NAME', 'EQUALITY', 'ORDERING', 'SUBSTR', 'SUP', 'USAGE'])
        expect([field, ...lower(ours.fields.get(field))]).toEqual([
          field,
          ...lower(theirs.fields.get(field)),
        ]);
      expect(withoutLength(ours.fields.get('SYNTAX')?.[0])).toBe(
        withoutLength(theirs.fields.get('SYNTAX')?.[0]),
      );
      expect(ours.fields.has('SINGLE-VALUE')).toBe(theirs.fields.has('SINGLE-VALUE'));
    },
  );

  it.each(classes.map((definition) => [nameOf(definition), definition] as const))(
    'is here too: %s',
    (name, theirs) => {
      const ours = parseDefinition('objectClasses', schema.findObjectClass(name)?.definition ?? '');
      expect(ours.id).toBe(theirs.id);
      for (const field of ['NAME', 'SUP'])
        expect(lower(ours.fields.get(field))).toEqual(lower(theirs.fields.get(field)));
      for (const field of ['MUST', 'MAY'])
        expect(keys(ours.fields.get(field))).toEqual(keys(theirs.fields.get(field)));
      expect(ours.fields.has('AUXILIARY')).toBe(theirs.fields.has('AUXILIARY'));
    },
  );
});
