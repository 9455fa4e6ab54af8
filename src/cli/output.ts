// What a command prints: for people, for scripts (-s), or for programs (--json).

import type { PropertyDefinition } from '../config/property-definition.ts';
import type { Invocation, World } from './command.ts';
import { hasTypes, type ObjectFamily } from './dsconfig/object-family.ts';
import { type ListedObject, shownValues } from './dsconfig/object-reading.ts';
import { formatRows, formatTable } from './dsconfig/table.ts';
import { unitsOf } from './dsconfig/units.ts';
import { formatJson } from './output-options.ts';

const NOTHING = '-';
const NUMBER_TYPES: ReadonlySet<string> = new Set(['integer', 'port']);

export interface Output {
  /** Prints that something was made or is gone; output for scripts leaves it out. */
  made(sentence: string): void;
  /** A line for people who want to know. */
  done(sentence: string): void;
  /** Prints the notes of the server: what is still to be done. */
  notes(text: string): void;
  list(family: ObjectFamily, objects: readonly ListedObject[], named: readonly string[]): void;
  properties(object: ListedObject, properties: readonly PropertyDefinition[], isRecord: boolean): void;
}

/** Returns the output that the options choose: JSON, output for scripts, or output for people. */
export function outputOf(invocation: Invocation, world: Pick<World, 'stdout'>): Output {
  const isQuiet = invocation.has('quiet');
  const print = (text: string) => {
    if (!isQuiet) world.stdout.write(text);
  };
  const notes: string[] = [];
  if (invocation.has('json')) return jsonOutput(print, notes);
  return textOutput(print, invocation);
}

function textOutput(print: (text: string) => void, invocation: Invocation): Output {
  const isScript = invocation.has('script-friendly');
  const isVerbose = invocation.has('verbose');
  const inUnit = unitsOf(invocation);
  const valuesOf = (object: ListedObject, property: PropertyDefinition) =>
    shownValues(object, property).map((text) => inUnit(property, text));
  return {
    made(sentence) {
      if (!isScript) print(`${sentence}.\n`);
    },
    done(sentence) {
      if (isVerbose) print(`${sentence}\n`);
    },
    notes(text) {
      if (text !== '') print(`${text}\n`);
    },
    list(family, objects, named) {
      if (isScript && named.length === 0) return print(formatRows(objects.map(({ name }) => [name])));
      const names =
        named.length > 0 ? named : ['enabled'].filter((name) => family.definition.propertiesByName.has(name));
      const rows = objects.map((object) => [
        object.name,
        ...(hasTypes(family) ? [typeOf(object, family)] : []),
        ...names.map((name) =>
          cellOf(object, object.kind.propertiesByName.get(name.toLowerCase()), valuesOf),
        ),
      ]);
      const headings = [family.definition.friendlyName, ...(hasTypes(family) ? ['Type'] : []), ...names];
      print(isScript ? formatRows(rows) : formatTable(headings, rows));
    },
    properties(object, properties, isRecord) {
      const rows = properties.flatMap((property) => {
        const values = valuesOf(object, property);
        if (isRecord) return values.map((value) => [property.name, value]);
        if (isScript) return [[property.name, ...values]];
        return [[property.name, valuesCell(property, values, isVerbose)]];
      });
      print(isScript ? formatRows(rows) : formatTable(['Property', 'Value(s)'], rows));
    },
  };
}

function jsonOutput(print: (text: string) => void, notes: string[]): Output {
  const printJson = (value: unknown) => print(formatJson(value));
  const done = (sentence: string) => printJson({ result: sentence, notes });
  return {
    made: done,
    done,
    notes(text) {
      if (text !== '') notes.push(...text.split('\n'));
    },
    list(family, objects, named) {
      printJson(
        objects.map((object) => ({
          name: object.name,
          type: typeOf(object, family),
          dn: object.entry.dn.toString(),
          properties: jsonProperties(
            object,
            object.kind.properties.filter(({ name }) => named.length === 0 || named.includes(name)),
          ),
        })),
      );
    },
    properties(object, properties) {
      const dn = object.entry.dn.toString();
      printJson({ name: object.name, dn, properties: jsonProperties(object, properties) });
    },
  };
}

function jsonProperties(object: ListedObject, properties: readonly PropertyDefinition[]): object {
  return Object.fromEntries(
    properties.map((property) => [
      property.name,
      shownValues(object, property).map((text) => jsonValue(property, text)),
    ]),
  );
}

/** A whole number is a number; an expression, a duration and everything else is text. */
function jsonValue({ type }: PropertyDefinition, text: string): string | number {
  return NUMBER_TYPES.has(type.name) && /^-?\d{1,15}$/.test(text) ? Number(text) : text;
}

function typeOf(object: ListedObject, family: ObjectFamily): string {
  for (const [type, kind] of family.types) if (kind === object.kind) return type;
  return family.name;
}

function cellOf(
  object: ListedObject,
  property: PropertyDefinition | undefined,
  valuesOf: (object: ListedObject, property: PropertyDefinition) => readonly string[],
): string {
  if (property === undefined) return NOTHING;
  return valuesCell(property, valuesOf(object, property), false);
}

/** Without a value, with what happens then when somebody wants to know. */
function valuesCell(property: PropertyDefinition, values: readonly string[], isVerbose: boolean): string {
  if (values.length > 0) return values.join(', ');
  const { default: usual } = property;
  return isVerbose && usual !== undefined && 'behaviour' in usual ? usual.behaviour : NOTHING;
}
