// The name of what checks entries before they are stored: this program with this schema. Entries that the same one has
// checked need not be checked again when the server starts.

import { createHash } from 'node:crypto';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { SchemaSource } from '../schema/schema-builder.ts';
import { VERSION } from './version.ts';

/** The rooms that say what is right. */
const JUDGING_ROOMS = ['ldap', 'codec', 'schema', 'directory', 'expression', 'config'];
const NAME_LENGTH = 32;

/** 32 hexadecimal digits, others after any change of a schema file or, as a developer makes it, of the program. */
export function nameOfChecker(schemaFiles: readonly SchemaSource[]): string {
  const hash = createHash('sha256').update(VERSION);
  for (const { path, text } of schemaFiles) hash.update(`\0${path}\0${text}`);
  for (const room of JUDGING_ROOMS)
    updateWithFiles(hash, fileURLToPath(new URL(`../${room}`, import.meta.url)));
  return hash.digest('hex').slice(0, NAME_LENGTH);
}

/** Sizes and times: to read all files would cost more than what is saved is worth. */
function updateWithFiles(hash: ReturnType<typeof createHash>, folder: string): void {
  for (const file of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, file.name);
    if (file.isDirectory()) {
      updateWithFiles(hash, path);
      continue;
    }
    const { size, mtimeMs } = statSync(path);
    hash.update(`\0${path}\0${size}\0${mtimeMs}`);
  }
}
