// The key and the certificate that a new instance has, so that TLS works before an administrator brings others.

import { mkdir, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { nodeFileSystem } from '../files/file-system.ts';

const FOLDER_MODE = 0o700;
const FILE_MODE = 0o600;

/** Where the shipped configuration looks for keys. */
export const KEYS_FOLDER = 'keys';
const KEY_FILE = 'server.pem';

/** Makes the folder and a key in it; in a folder that is there nothing is changed, whatever it holds. */
export async function makeServerKey(configFolder: string, now: Date): Promise<void> {
  const folder = join(configFolder, KEYS_FOLDER);
  const made = await mkdir(folder, { recursive: true, mode: FOLDER_MODE });
  if (made === undefined) return;
  // Needed once in the life of an instance, and as large as a third of a command.
  const { makeSelfSignedPem } = await import('../trust/self-signed.ts');
  const hosts = [...new Set(['localhost', hostname(), '127.0.0.1', '::1'])];
  await writeFile(join(folder, KEY_FILE), makeSelfSignedPem({ hosts, now }), {
    mode: FILE_MODE,
    flush: true,
  });
  for (const path of [folder, configFolder]) await nodeFileSystem.syncFolder(path);
}
