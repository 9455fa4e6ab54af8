// The shipped core schema, with a few definitions of the tests' own.

import { readFileSync } from 'node:fs';
import { Schema, type SchemaOptions } from '../../src/schema/schema.ts';
import type { SchemaSource } from '../../src/schema/schema-builder.ts';

const SYNTAX = '1.3.6.1.4.1.1466.115.121.1';

export const coreFile: SchemaSource = {
  path: 'schema/00-core.ldif',
  text: readFileSync(new URL('../../schema/00-core.ldif', import.meta.url), 'utf8'),
};

/** One schema file with the given lines after its DN. */
export function schemaFile(path: string, ...lines: readonly string[]): SchemaSource {
  return { path, text: ['dn: cn=schema', ...lines, ''].join('\n') };
}

export const sampleFile = schemaFile(
  'schema/50-sample.ldif',
  `attributeTypes: ( 2.25.1.1 NAME 'port' EQUALITY integerMatch ORDERING integerOrderingMatch SYNTAX ${SYNTAX}.27 SINGLE-VALUE )`,
  `attributeTypes: ( 2.25.1.2 NAME 'ds-cfg-smtp-server' EQUALITY caseIgnoreMatch SUBSTR caseIgnoreSubstringsMatch SYNTAX ${SYNTAX}.15 )`,
  `attributeTypes: ( 2.25.1.3 NAME 'enabled' EQUALITY booleanMatch SYNTAX ${SYNTAX}.7 SINGLE-VALUE )`,
  "objectClasses: ( 2.25.2.1 NAME 'service' SUP top STRUCTURAL MUST ( cn $ enabled ) MAY ( port $ ds-cfg-smtp-server ) )",
  "objectClasses: ( 2.25.2.2 NAME 'mailService' SUP service STRUCTURAL )",
);

export function sampleSchema(options?: SchemaOptions): Schema {
  return Schema.parse([coreFile, sampleFile], options);
}
