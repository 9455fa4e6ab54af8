// The thread that opens key stores and reads the authorities of the operating system. Both compute for tens of
// milliseconds to seconds. It takes one question after the other and answers in order.

import { parentPort } from 'node:worker_threads';
import type { KeyStoreFile } from './key-store.ts';
import { readSystemAuthorities } from './operating-system.ts';
import type { ServerKey } from './server-key.ts';
import { parseKeyStore } from './store-format.ts';
import { TrustError } from './trust-error.ts';

/** A store to open; without octets, the authorities of runtime and operating system. */
export interface StoreQuestion {
  readonly file: KeyStoreFile;
  readonly octets: Uint8Array | undefined;
}

/** Content as DER, because objects of the runtime cannot be sent between threads. */
export interface StoreContents {
  readonly keys: readonly SealedKey[];
  readonly authorities: readonly Uint8Array[];
}

interface SealedKey {
  readonly alias: string;
  /** Private key as PKCS#8. */
  readonly privateKey: Uint8Array;
  /** Certificate of the key, then those of its issuers. */
  readonly certificates: readonly Uint8Array[];
}

export type StoreAnswer = StoreContents | { readonly problem: string };

parentPort?.on('message', (question: StoreQuestion) => parentPort?.postMessage(answerTo(question)));

function answerTo({ file, octets }: StoreQuestion): StoreAnswer {
  try {
    if (octets === undefined) return { keys: [], authorities: readSystemAuthorities().map(({ raw }) => raw) };
    const { keys, authorities } = parseKeyStore(Buffer.from(octets), file);
    return { keys: keys.map(sealed), authorities: authorities.map(({ raw }) => raw) };
  } catch (error) {
    if (error instanceof TrustError) return { problem: error.message };
    // Other errors come from malformed octets: too deep or too large.
    return { problem: `The file ${file.path} is damaged, or no key store.` };
  }
}

function sealed({ alias, privateKey, certificate, chain }: ServerKey): SealedKey {
  return {
    alias,
    privateKey: privateKey.export({ type: 'pkcs8', format: 'der' }),
    certificates: [certificate, ...chain].map(({ raw }) => raw),
  };
}
