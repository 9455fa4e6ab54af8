// Secrets in clear text on their way into a backup: those of a configuration that was edited by hand, and not started since,
// are encrypted as the start would do. What cannot be encrypted is counted, so that the backup says it.

import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import { DataKeys } from '../../store/encryption/data-keys.ts';
import { rewriteLdif } from '../../store/encryption/rewrite-ldif.ts';
import type { EncryptedValues } from '../../store/encryption/stored-values.ts';
import { StoreError } from '../../store/store-error.ts';
import type { ProtectFile } from '../backup.ts';
import { StartError } from '../start-error.ts';
import { readKeys } from './instance-keys.ts';
import { fileRole, keyPlaceOf, type ValuesOptions, valuesOf } from './stored-secrets.ts';

/** Fastest level, as for archives. */
const LEVEL = 1;

/**
 * Returns what encrypts the files of a backup with the keys of the instance. Where there are none, or the master key is not
 * there, it only counts.
 */
export async function protectionOf(options: ValuesOptions): Promise<ProtectFile> {
  const keys = await readKeys(keyPlaceOf(options)).catch((error: unknown) => {
    if (error instanceof StartError || error instanceof StoreError) return undefined;
    throw error;
  });
  if (keys !== undefined) return protectWith(valuesOf(keys.keys, options.schema));
  const counting = valuesOf(DataKeys.generate(), options.schema);
  return async (name, content) => {
    if (fileRole(name) === undefined) return { octets: content, clear: 0 };
    return { octets: content, clear: rewriteLdif(await unpacked(name, content), counting).clear.length };
  };
}

/** Returns what encrypts the files of a backup with these values. */
export function protectWith(values: EncryptedValues): ProtectFile {
  return async (name, content) => {
    const role = fileRole(name);
    // The server has encrypted what it has written since its files are settled.
    const isSure = values.keys.isSettled && role === 'written';
    if (role === undefined || isSure) return { octets: content, clear: 0 };
    const text = await unpacked(name, content);
    const { octets, isChanged, clear } = rewriteLdif(text, values);
    // A start takes no encrypted values from there.
    if (role === 'waiting') return { octets: content, clear: clear.length };
    if (!isChanged) return { octets: content, clear: 0 };
    return { octets: text === content ? octets : await promisify(gzip)(octets, { level: LEVEL }), clear: 0 };
  };
}

/** Returns the text of a file; the file itself if it is not packed, or cannot be unpacked. */
async function unpacked(name: string, content: Buffer): Promise<Buffer> {
  if (!name.endsWith('.gz')) return content;
  return promisify(gunzip)(content).catch(() => content);
}
