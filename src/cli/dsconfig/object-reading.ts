// An entry as dsconfig shows it: a name, a type, and the values of its properties as people may see them.

import type { ObjectDefinition } from '../../config/object-definition.ts';
import type { PropertyDefinition } from '../../config/property-definition.ts';
import type { Dn } from '../../ldap/dn.ts';
import type { Entry } from '../../ldap/entry.ts';
import { CommandError } from '../command.ts';
import type { Directory } from '../connection/directory.ts';
import { ExitCode } from '../exit-code.ts';
import type { ObjectFamily } from './object-family.ts';
import { unknownProperty } from './property-edit.ts';
import { nameOfReference } from './reference-name.ts';

export interface ListedObject {
  readonly name: string;
  readonly kind: ObjectDefinition;
  readonly entry: Entry;
}

/** Returns the object that an entry is, named by the value of its RDN. */
export function readObject(entry: Entry, kind: ObjectDefinition): ListedObject {
  return { name: entry.dn.name, kind, entry };
}

/** Returns the attributes to ask for. Properties may be operational attributes, which a search gives only by name. */
export function askedAttributes({ types }: ObjectFamily): readonly string[] {
  const named = [...types.values()].flatMap(({ properties }) =>
    properties.filter(({ operationalAttribute }) => operationalAttribute).map(({ attribute }) => attribute),
  );
  return ['*', ...new Set(named)];
}

/** The kind of the family the entry is of: the most special one; undefined for an entry of another family. */
export function kindOfEntry(entry: Entry, family: ObjectFamily): ObjectDefinition | undefined {
  const classes = new Set(entry.values('objectclass').map((value) => value.toLowerCase()));
  const kinds = [...family.types.values()].filter(({ objectClass }) =>
    classes.has(objectClass.name.toLowerCase()),
  );
  return kinds.find((kind) => !kinds.some((other) => other.parent === kind));
}

/** The objects there are, by name. */
export async function listObjects(
  directory: Directory,
  family: ObjectFamily,
): Promise<readonly ListedObject[]> {
  const found = await directory.search({
    base: family.place,
    scope: 'one',
    attributes: askedAttributes(family),
  });
  return found
    .flatMap((entry): readonly ListedObject[] => {
      const kind = kindOfEntry(entry, family);
      return kind === undefined ? [] : [readObject(entry, kind)];
    })
    .toSorted((one, other) => one.name.localeCompare(other.name, 'en'));
}

/** The names of the objects of a kind that properties refer to. */
export async function namesOfKind(
  directory: Directory,
  kind: string,
  families: readonly ObjectFamily[],
): Promise<readonly string[]> {
  const family = families.find(({ definition }) => definition.kind === kind);
  return family === undefined ? [] : (await listObjects(directory, family)).map(({ name }) => name);
}

/** Returns the values of the property, or its default values; secrets as stars. */
export function shownValues({ entry }: ListedObject, property: PropertyDefinition): readonly string[] {
  const shown = showValues(property, entry.values(property.key));
  return shown.map((value) => nameOfReference(property, value));
}

/** The values as everybody may see them, the default ones where there are none. */
export function showValues(
  { type, defaultReading }: PropertyDefinition,
  values: readonly string[],
): readonly string[] {
  const shown = (values.length > 0 ? values : defaultReading.texts).map((value) => type.show(value));
  // One password is stored as several values, which is nothing to anybody.
  return type.secret ? [...new Set(shown)] : shown;
}

/**
 * The properties to show, by name. An advanced one is shown when it is named, and with the option for all. Throws
 * CommandError for a name there is not.
 */
export function shownProperties(
  kind: ObjectDefinition,
  named: readonly string[],
  withAdvanced: boolean,
): readonly PropertyDefinition[] {
  const unknown = named.filter((name) => !kind.propertiesByName.has(name.toLowerCase()));
  if (unknown.length > 0) {
    const problems = unknown.map((name) => unknownProperty(name, kind));
    throw new CommandError(problems.join('\n'), ExitCode.parameterError);
  }
  const chosen =
    named.length > 0
      ? named.flatMap((name) => kind.propertiesByName.get(name.toLowerCase()) ?? [])
      : kind.properties.filter(({ advanced }) => withAdvanced || !advanced);
  return chosen.toSorted((one, other) => (one.name < other.name ? -1 : 1));
}

/** Resolves to true if the entry exists for the requester. */
export async function isThere(directory: Directory, dn: Dn): Promise<boolean> {
  try {
    return (await directory.search({ base: dn.toString(), scope: 'base', attributes: [] })).length > 0;
  } catch (error) {
    if (error instanceof CommandError && error.exitCode === ExitCode.noSuchObject) return false;
    throw error;
  }
}
