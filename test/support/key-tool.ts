// Stores made by Java's own keytool, which takes about a second to start: as many as are needed are made at once.

import { randomUUID } from 'node:crypto';
import { readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runProgram } from './ldap-tools.ts';

/** The octets of the store that keytool makes when it is told these words; `-keystore` is added. */
export async function keyTool(...words: readonly string[]): Promise<Buffer> {
  const path = join(tmpdir(), `confdit-keytool-${randomUUID()}`);
  try {
    const { code, stdout, stderr } = await runProgram('keytool', [...words, '-keystore', path]);
    if (code !== 0) throw new Error(`keytool ${words.join(' ')} failed: ${stdout}${stderr}`);
    return await readFile(path);
  } finally {
    await rm(path, { force: true });
  }
}

/** Java's settings are given by options of the machine that runs keytool. */
export function javaSettings(settings: Readonly<Record<string, string>>): string[] {
  return Object.entries(settings).map(([name, value]) => `-J-D${name}=${value}`);
}
