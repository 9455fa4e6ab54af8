// Writes the files that come from declarations. `npm run generate` after a change of src/config/objects; a test fails
// when what is committed differs.

import { writeFile } from 'node:fs/promises';
import { objectDefinitions } from '../src/config/definitions.ts';
import { formatSchemaLdif } from '../src/config/schema-ldif.ts';

const files = [{ path: '../schema/02-config.ldif', text: formatSchemaLdif(objectDefinitions) }];

for (const { path, text } of files) await writeFile(new URL(path, import.meta.url), text);
