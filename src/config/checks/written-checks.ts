// What is checked of how an entry is written: attributes without options, and read-only properties as they were given.

import type { Issue } from '../../ldap/issue.ts';
import type { PropertyDefinition } from '../property-definition.ts';
import { issueOf, type ObjectReading } from '../property-reader.ts';

/** An attribute with options, ds-cfg-enabled;x, would be a second attribute beside the property, read by nobody. */
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
 * Returns the issues of values that an earlier version took and this one refuses, without those that are there already.
 * @param stored what is there; undefined for an entry that is new
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

/** A read-only property is given when the object is created, and stays as it was given. */
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

/** What an entry is named by changes with its name. */
function isSameName(old: ObjectReading, now: ObjectReading): boolean {
  return old.entry.dn.toString() === now.entry.dn.toString();
}

/** As it is written, and as it means: other sources may give a written expression another meaning. */
function textOf(reading: ObjectReading, property: PropertyDefinition): string {
  return JSON.stringify([
    reading.entry.values(property.key),
    reading.properties.get(property.name)?.texts ?? [],
  ]);
}
