// What a key store holds, whatever the format of its file.

import type { X509Certificate } from 'node:crypto';
import type { ServerKey } from './server-key.ts';

export interface KeyStoreFile {
  readonly path: string;
  readonly pin: string | undefined;
  /** Undefined: any that is known. */
  readonly type: KeyStoreType | undefined;
}

export type KeyStoreType = 'JKS' | 'PKCS12';

export interface KeyStore {
  readonly keys: readonly ServerKey[];
  /** The certificates that stand for themselves, without a private key. */
  readonly authorities: readonly X509Certificate[];
}
