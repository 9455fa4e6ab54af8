// Writes the files that come from declarations. `npm run generate` after a change of src/config/objects; a test fails
// when what is committed differs.

import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { objectDefinitions } from '../src/config/definitions.ts';
import { formatJsonSchema } from '../src/config/pages/json-schema.ts';
import { formatReferencePages } from '../src/config/pages/reference-pages.ts';
import { formatSchemaLdif } from '../src/config/pages/schema-ldif.ts';
import { withFamilyLoaders } from './family-loaders.ts';

const PAGES = new URL('../docs/reference/', import.meta.url);

await writeFile(new URL('../schema/02-config.ldif', import.meta.url), formatSchemaLdif(objectDefinitions));

await writeFile(
  new URL('../docs/configuration.schema.json', import.meta.url),
  formatJsonSchema(objectDefinitions),
);

const loaders = new URL('../src/cli/dsconfig/family-loaders.ts', import.meta.url);
await writeFile(loaders, await withFamilyLoaders(await readFile(loaders, 'utf8')));

await mkdir(PAGES, { recursive: true });
const pages = formatReferencePages(objectDefinitions);
for (const { name, text } of pages) await writeFile(new URL(name, PAGES), text);
const names = new Set(pages.map(({ name }) => name));
for (const name of await readdir(PAGES)) if (!names.has(name)) await rm(new URL(name, PAGES));
