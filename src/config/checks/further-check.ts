// Finds further issues of an entry that the schema refuses, so that one answer has all of them: checks each readable
// property, the rules of the object, and its references.

import type { Entry } from '../../ldap/entry.ts';
import type { Issue } from '../../ldap/issue.ts';
import { checkObject } from '../decode-object.ts';
import { readProperties } from '../property-reader.ts';
import { type CheckContext, checkReferences } from './reference-check.ts';
import { checkStructure } from './structure-check.ts';

/**
 * Returns the issues that are not in `known`, the issues of the schema. Takes the entry as far as it could be built;
 * the view is the tree before the change.
 */
export function checkFurther(entry: Entry, known: readonly Issue[], context: CheckContext): readonly Issue[] {
  const { definitions, schema, readings } = context;
  const definition = definitions.findForEntry(entry);
  if (definition === undefined) return [];
  const isOfKnownClass = !known.some(({ property }) => property?.toLowerCase() === 'objectclass');
  const structure = isOfKnownClass ? checkStructure(entry, schema.dnKey(entry.dn), definitions, schema) : [];
  if (definition.abstract) return structure;
  const reading = readProperties(definition, entry, readings.sources);
  const told = new Set(known.flatMap(({ property }) => property?.toLowerCase().split(';', 1) ?? []));
  const isNew = ({ property = '' }: Issue) => {
    const key = definition.propertiesByName.get(property)?.key;
    return key === undefined || !told.has(key);
  };
  return [...structure, ...[...checkObject(reading), ...checkReferences(reading, context)].filter(isNew)];
}
