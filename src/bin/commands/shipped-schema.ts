// The schema as it is shipped, for commands that look at entries without an instance.

import { readdir, readFile } from 'node:fs/promises';
import { expressionSyntaxes } from '../../config/expression-syntaxes.ts';
import { Schema } from '../../schema/schema.ts';

const FOLDER = new URL('../../../schema/', import.meta.url);

export async function shippedSchema(): Promise<Schema> {
  const names = (await readdir(FOLDER)).filter((name) => name.endsWith('.ldif')).sort();
  const files = await Promise.all(
    names.map(async (name) => ({ path: name, text: await readFile(new URL(name, FOLDER), 'utf8') })),
  );
  return Schema.parse(files, { syntaxes: expressionSyntaxes() });
}
