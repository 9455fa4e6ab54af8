// The kinds of objects that have subcommands, under dsconfig's names: `mail-server`, `trust-manager-provider` with its
// types. Made from the declarations; a new kind has its subcommands by being declared.

import { isOfKind, type ObjectDefinition } from '../../config/object-definition.ts';

export interface ObjectFamily {
  /** Name in the subcommands: `mail-server`. */
  readonly name: string;
  readonly plural: string;
  readonly definition: ObjectDefinition;
  /** The kinds of entries there are, by what `--type` calls them. */
  readonly types: ReadonlyMap<string, ObjectDefinition>;
  /** The option that names an object, `server-name`; undefined where there is only one object. */
  readonly nameOption: string | undefined;
  /** Where the objects live; the one object, where there is only one. */
  readonly place: string;
}

const FIRST = 'mail-server';

/** Branches hold other objects and have no properties to set. */
const WITHOUT_COMMANDS: ReadonlySet<string> = new Set(['container']);

/** Mail servers first: they are what people come for. */
export function objectFamilies(definitions: readonly ObjectDefinition[]): readonly ObjectFamily[] {
  const families = definitions
    .filter(({ parent, kind }) => parent === undefined && !WITHOUT_COMMANDS.has(kind))
    .map((definition) => familyOf(definition, definitions));
  const isFirst = ({ name }: ObjectFamily) => Number(name === FIRST);
  return families.toSorted((one, other) => isFirst(other) - isFirst(one));
}

function familyOf(definition: ObjectDefinition, definitions: readonly ObjectDefinition[]): ObjectFamily {
  const { kind, location, friendlyPluralName } = definition;
  const concrete = definitions.filter((one) => !one.abstract && isOfKind(one, kind));
  const isSingle = 'at' in location;
  return {
    name: kind,
    plural: friendlyPluralName.toLowerCase().replaceAll(' ', '-'),
    definition,
    types: new Map(concrete.map((one) => [typeName(one, definition), one])),
    nameOption: isSingle ? undefined : `${kind.slice(kind.lastIndexOf('-') + 1)}-name`,
    place: isSingle ? (location.at[0] ?? '') : location.under,
  };
}

/** Returns the family whose subcommand this is, or whose objects it tests. */
export function familyOfCommand(
  command: string,
  families: readonly ObjectFamily[],
): ObjectFamily | undefined {
  return families.find((family) => namesCommand(family, command) || command === `verify-${family.name}`);
}

/** Returns true if a family of this name and plural has a subcommand of this name. */
export function namesCommand(
  { name, plural }: Pick<ObjectFamily, 'name' | 'plural'>,
  command: string,
): boolean {
  const ofObjects = [`create-${name}`, `get-${name}-prop`, `set-${name}-prop`];
  const ofNames = [`rename-${name}`, `delete-${name}`];
  return [`list-${plural}`, ...ofObjects, ...ofNames].includes(command);
}

/** `file-based-trust-manager-provider` is a trust manager provider of the type `file-based`. */
function typeName({ kind }: ObjectDefinition, family: ObjectDefinition): string {
  return kind === family.kind ? 'generic' : kind.slice(0, kind.length - family.kind.length - 1);
}

/** Returns true if `--type` means anything: there are sub-kinds. */
export function hasTypes({ types, definition }: ObjectFamily): boolean {
  return types.size > 1 || !types.has('generic') || definition.abstract;
}
