// The schema as it is shipped, for commands that look at entries without an instance.

import { readdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { expressionSyntaxes } from '../../config/expression-syntaxes.ts';
import { readText } from '../../files/text.ts';
import { Schema } from '../../schema/schema.ts';

const FOLDER = new URL('../../../schema/', import.meta.url);

/** Reads and parses the schema that the program brings. Rejects with FileError. */
export async function shippedSchema(): Promise<Schema> {
  const names = (await readdir(FOLDER)).filter((name) => name.endsWith('.ldif')).sort();
  const files = await Promise.all(
    names.map(async (name) => ({ path: name, text: await readText(fileURLToPath(new URL(name, FOLDER))) })),
  );
  return Schema.parse(files, { syntaxes: expressionSyntaxes() });
}
