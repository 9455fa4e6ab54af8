// The key and the certificate that a new instance has, so that TLS works before an administrator brings others.

import { mkdir, writeFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { domainToASCII } from 'node:url';
import { FILE_MODE, FOLDER_MODE, nodeFileSystem } from '../files/file-system.ts';
import { StartError } from './start-error.ts';

/** Where the shipped configuration looks for keys. */
export const KEYS_FOLDER = 'keys';
const KEY_FILE = 'server.pem';

const HOST_NAME = /^(?=.{1,253}$)(?:\*\.)?[a-z\d_](?:[a-z\d_-]{0,62})(?:\.[a-z\d_][a-z\d_-]{0,62})*$/i;

/**
 * Makes the folder and a key in it; in a folder that is there nothing is changed, whatever it holds. Throws StartError when
 * a name is none.
 *
 * @param names CONFDIT_CERTIFICATE_NAMES: host names and IP addresses with commas between; they go before those of this machine.
 */
export async function makeServerKey(configFolder: string, now: Date, names = ''): Promise<void> {
  const given = names
    .split(/[\s,]+/)
    .filter((name) => name !== '')
    .map(certificateName);
  const folder = join(configFolder, KEYS_FOLDER);
  const made = await mkdir(folder, { recursive: true, mode: FOLDER_MODE });
  if (made === undefined) return;
  // Needed once in the life of an instance, and as large as a third of a command.
  const { makeSelfSignedPem } = await import('../trust/self-signed.ts');
  const hosts = [...new Set([...given, 'localhost', hostname(), '127.0.0.1', '::1'])];
  await writeFile(join(folder, KEY_FILE), makeSelfSignedPem({ hosts, now }), {
    mode: FILE_MODE,
    flush: true,
  });
  for (const path of [folder, configFolder]) await nodeFileSystem.syncFolder(path);
}

/** Names with other than ASCII characters are in certificates as `xn--…`. */
function certificateName(name: string): string {
  // The function takes `a/b` for a URL without its scheme, and leaves `/b` out.
  const isWord = /^[\p{L}\p{M}\p{N}._*-]+$/u.test(name);
  const ascii = isIP(name) === 0 && isWord ? domainToASCII(name) : name;
  if (isIP(ascii) === 0 && !HOST_NAME.test(ascii)) {
    throw new StartError(
      `CONFDIT_CERTIFICATE_NAMES has ${JSON.stringify(name)}, which is no host name and no IP address. Give names such as ` +
        'confdit.example.com,192.0.2.1.',
    );
  }
  return ascii;
}
