// Checks of the stored form of an entry: attributes without options, and unchanged read-only properties.

import type { Issue } from '../../ldap/issue.ts';
import type { PropertyDefinition } from '../property-definition.ts';
import { issueOf, type ObjectReading } from '../property-reader.ts';

/** Refuses attributes with options. ds-cfg-enabled;x would be another attribute, which nothing reads. */
export function checkOptions({ definition, entry }: ObjectReading): readonly Issue[] {
  const withOptions = entry.attributes.filter(({ key }) => key.includes(';'));
  return withOptions.flatMap(({ key, description }) => {
    const semicolon = key.indexOf(';');
    const property = definition.propertiesByKey.get(key.slice(0, semicolon));
    if (property === undefined) return [];
    const problem = `is written as ${description}, and takes no attribute options`;
    return [
      issueOf('unwillingToPerform', property, entry, undefined, problem, `Write ${property.attribute}.`),
    ];
  });
}

/**
 * Returns the issues of values that an earlier version accepted and this one refuses, without those already stored.
 * @param stored The stored reading; undefined for a new entry.
 */
export function checkOutdated(stored: ObjectReading | undefined, now: ObjectReading): readonly Issue[] {
  const issues: Issue[] = [];
  for (const [name, { outdated }] of now.properties) {
    if (outdated === undefined) continue;
    const known = stored?.properties.get(name)?.texts ?? [];
    for (const { text, issue } of outdated) if (!known.includes(text)) issues.push(issue);
  }
  return issues;
}

/** Refuses changes of read-only properties, which are set when the object is created. */
export function checkReadOnly(old: ObjectReading | undefined, now: ObjectReading): readonly Issue[] {
  if (old === undefined) return [];
  return now.definition.readOnly
    .filter((property) => textOf(old, property) !== textOf(now, property))
    .filter(({ attribute }) => attribute !== now.definition.namingAttribute || isSameName(old, now))
    .map((property) => {
      const problem = 'is set when the object is created and cannot change afterwards';
      return issueOf(
        'unwillingToPerform',
        property,
        now.entry,
        undefined,
        problem,
        'Create a new object instead.',
      );
    });
}

/** Returns true if the naming attribute is unchanged. It changes with the name. */
function isSameName(old: ObjectReading, now: ObjectReading): boolean {
  return old.entry.dn.toString() === now.entry.dn.toString();
}

/** Returns the stored text with its resolved values: other sources may give an expression another meaning. */
function textOf(reading: ObjectReading, property: PropertyDefinition): string {
  return JSON.stringify([
    reading.entry.values(property.key),
    reading.properties.get(property.name)?.texts ?? [],
  ]);
}
