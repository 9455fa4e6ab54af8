// A rule for policies: the attributes and object classes that they name are in the schema. A misspelt name would allow nothing,
// and an exception with one would leave nothing out.

import type { Issue } from '../../ldap/issue.ts';
import type { Schema } from '../../schema/schema.ts';
import { findSimilarName } from '../../schema/similar-name.ts';
import { globalAccessControlPolicy } from '../objects/global-access-control-policy.ts';
import { issueOf, type ObjectReading } from '../property-reader.ts';

const LISTS = ['allowed-attribute', 'allowed-attribute-exception'];

/** Returns the issues of names that the schema does not have. */
export function checkAttributeLists(reading: ObjectReading, schema: Schema): Issue[] {
  if (reading.definition !== globalAccessControlPolicy) return [];
  return LISTS.flatMap((name) => {
    const list = reading.properties.get(name);
    return (list?.texts ?? []).flatMap((text) => {
      if (list === undefined || isKnown(text, schema)) return [];
      const isClass = text.startsWith('@');
      const what = isClass ? 'object class' : 'attribute';
      const near = nearest(text, schema);
      const advice = near === undefined ? `Name an ${what} of the schema.` : `Did you mean ${near}?`;
      return issueOf(
        'constraintViolation',
        list.definition,
        reading.entry,
        text,
        `is no ${what} of the schema`,
        advice,
      );
    });
  });
}

function isKnown(text: string, schema: Schema): boolean {
  if (text === '*' || text === '+') return true;
  if (text.startsWith('@')) return schema.findObjectClass(text.slice(1)) !== undefined;
  return schema.findAttributeType(text) !== undefined;
}

function nearest(text: string, schema: Schema): string | undefined {
  if (text.startsWith('@')) {
    const near = findSimilarName(
      text.slice(1),
      schema.objectClasses.flatMap(({ names }) => names),
    );
    return near && `@${near}`;
  }
  return findSimilarName(
    text,
    schema.attributeTypes.flatMap(({ names }) => names),
  );
}
