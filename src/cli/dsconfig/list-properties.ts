// `confdit list-properties`: what properties there are and what may be written, from the declarations alone.

import type { ObjectDefinition } from '../../config/object-definition.ts';
import type { PropertyDefinition } from '../../config/property-definition.ts';
import { type Command, CommandError, type CommandOption, type Invocation } from '../command.ts';
import { ExitCode } from '../exit-code.ts';
import { JSON_OPTION } from '../output-options.ts';
import type { ObjectFamily } from './object-family.ts';
import { formatRows } from './table.ts';

/** @param further options that other commands take too and that mean nothing here: no server is asked. */
export function listPropertiesCommand(
  families: readonly ObjectFamily[],
  further: readonly CommandOption[] = [],
): Command {
  return {
    name: 'list-properties',
    group: 'Configuration',
    synopsis: 'Tells what properties objects have, and what may be written.',
    options: [
      {
        name: 'category',
        short: 'c',
        value: 'OBJECT',
        values: families.map(({ name }) => name),
        synopsis: 'only this kind of object: mail-server',
      },
      {
        name: 'type',
        short: 't',
        value: 'TYPE',
        synopsis: 'only this type of it: file-based',
        values: [...new Set(families.flatMap(({ types }) => [...types.keys()]))],
      },
      {
        name: 'property',
        value: 'PROPERTY',
        repeatable: true,
        synopsis: 'only this property',
        values: [...new Set(families.flatMap(propertyNames))],
      },
      { name: 'advanced', synopsis: 'advanced properties too' },
      { name: 'script-friendly', short: 's', synopsis: 'plain lines, cells apart by tabs' },
      { name: 'inherited', synopsis: 'inherited properties too, as is always done here' },
      JSON_OPTION,
      ...further,
    ],
    async run(invocation, world) {
      const kinds = chosenKinds(invocation, families);
      world.stdout.write(formatKinds(kinds, invocation));
      return ExitCode.success;
    },
  };
}

function propertyNames({ types }: ObjectFamily): readonly string[] {
  return [...types.values()].flatMap(({ properties }) => properties.map(({ name }) => name));
}

function chosenKinds(invocation: Invocation, families: readonly ObjectFamily[]): readonly ObjectDefinition[] {
  const category = invocation.value('category');
  const chosen = category === undefined ? families : families.filter(({ name }) => name === category);
  if (chosen.length === 0) {
    const names = families.map(({ name }) => name).join(', ');
    throw new CommandError(
      `There is no ${JSON.stringify(category)}. There are: ${names}.`,
      ExitCode.parameterError,
    );
  }
  const type = invocation.value('type');
  const kinds = chosen.flatMap(({ types }) =>
    [...types].filter(([name]) => type === undefined || name === type).map(([, kind]) => kind),
  );
  if (kinds.length > 0) return kinds;
  const types = chosen.flatMap((family) => [...family.types.keys()]).join(', ');
  throw new CommandError(
    `There is no type ${JSON.stringify(type)}. There are: ${types}.`,
    ExitCode.parameterError,
  );
}

function formatKinds(kinds: readonly ObjectDefinition[], invocation: Invocation): string {
  const named = invocation.values('property');
  const shown = kinds.map((kind) => ({
    kind,
    properties: kind.properties
      .filter(({ name, advanced }) =>
        named.length > 0 ? named.includes(name) : !advanced || invocation.has('advanced'),
      )
      .toSorted((one, other) => (one.name < other.name ? -1 : 1)),
  }));
  if (invocation.has('json')) {
    const objects = shown.map(({ kind, properties }) => ({
      object: kind.kind,
      properties: properties.map(facts),
    }));
    return `${JSON.stringify(objects, undefined, 2)}\n`;
  }
  if (invocation.has('script-friendly')) {
    return formatRows(
      shown.flatMap(({ kind, properties }) =>
        properties.map((property) => [kind.kind, property.name, property.type.name, optionsOf(property)]),
      ),
    );
  }
  return shown
    .filter(({ properties }) => properties.length > 0)
    .map(({ kind, properties }) => `${kind.friendlyName}\n\n${properties.map(describe).join('\n')}`)
    .join('\n');
}

function describe(property: PropertyDefinition): string {
  const { name, synopsis, allowed, adminAction } = property;
  return [
    `  ${name}`,
    `      ${synopsis}`,
    `      Allowed: ${allowed}. Default: ${defaultInWords(property)}`,
    ...(adminAction.note === undefined ? [] : [`      ${adminAction.note}`]),
    `      ${optionsOf(property)}`,
    '',
  ].join('\n');
}

function defaultInWords({ default: usual }: PropertyDefinition): string {
  if (usual === undefined) return 'none.';
  return 'behaviour' in usual ? usual.behaviour : `${usual.join(', ')}.`;
}

function optionsOf({ multiValued, required, readOnly, advanced, adminAction }: PropertyDefinition): string {
  return [
    multiValued ? 'multi-valued' : 'single-valued',
    required ? 'mandatory' : 'optional',
    ...(readOnly ? ['read-only'] : []),
    ...(advanced ? ['advanced'] : []),
    ...(adminAction.kind === 'none' ? [] : [adminAction.kind]),
  ].join(', ');
}

function facts(property: PropertyDefinition): object {
  const { name, attribute, synopsis, description, allowed, multiValued, required, readOnly, advanced } =
    property;
  const usual = property.default;
  return {
    name,
    attribute,
    type: property.type.name,
    synopsis,
    description,
    allowed,
    multiValued,
    mandatory: required,
    readOnly,
    advanced,
    adminAction: property.adminAction,
    default: usual === undefined || 'behaviour' in usual ? [] : usual,
    defaultBehaviour: usual !== undefined && 'behaviour' in usual ? usual.behaviour : undefined,
  };
}
