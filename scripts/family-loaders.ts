// Writes the list of src/cli/dsconfig/family-loaders.ts from the declarations: which files a subcommand of each kind loads.

import { readdir } from 'node:fs/promises';
import { FAMILIES } from '../src/cli/dsconfig/families.ts';
import { objectDefinitions } from '../src/config/definitions.ts';
import { isOfKind, type ObjectDefinition } from '../src/config/object-definition.ts';

const OBJECTS = new URL('../src/config/objects/', import.meta.url);
const LIST = /(?<=export const FAMILY_LOADERS: readonly FamilyLoader\[\] = \[\n).*?(?=^\];)/ms;
/** That of the formatter. */
const COLUMNS = 110;

/** Returns the text of family-loaders.ts with the list that the declarations make. */
export async function withFamilyLoaders(text: string): Promise<string> {
  const expressions = await expressionsOfDefinitions();
  const loaders = FAMILIES.map(({ name, plural }) => {
    const family = objectDefinitions.filter((one) => isOfKind(one, name));
    const loaded = family.map((one) => expressions.get(one) ?? '');
    return `  {\n    name: '${name}',\n    plural: '${plural}',\n${loadOf(loaded)}  },\n`;
  });
  return text.replace(LIST, () => loaders.join(''));
}

function loadOf(expressions: readonly string[]): string {
  const line = `    load: async () => [${expressions.join(', ')}],`;
  if (line.length <= COLUMNS) return `${line}\n`;
  const lines = expressions.map((one) => {
    const whole = `      ${one},`;
    return whole.length <= COLUMNS ? whole : whole.replace(/\)\.(?=\w+,$)/, ')\n        .');
  });
  return `    load: async () => [\n${lines.join('\n')}\n    ],\n`;
}

/** Finds the file and the name under which each definition is exported. */
async function expressionsOfDefinitions(): Promise<ReadonlyMap<unknown, string>> {
  const files = (await readdir(OBJECTS, { recursive: true })).filter((name) => name.endsWith('.ts'));
  const known: ReadonlySet<unknown> = new Set<ObjectDefinition>(objectDefinitions);
  const found = await Promise.all(
    files.map(async (file) => {
      const exports: Readonly<Record<string, unknown>> = await import(new URL(file, OBJECTS).href);
      return Object.entries(exports)
        .filter(([, value]) => known.has(value))
        .map(([name, value]) => [value, `(await import('../../config/objects/${file}')).${name}`] as const);
    }),
  );
  return new Map(found.flat());
}
