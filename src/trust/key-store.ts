// Content of a key store, in any format.

import type { X509Certificate } from 'node:crypto';
import type { ServerKey } from './server-key.ts';

export interface KeyStoreFile {
  readonly path: string;
  readonly pin: string | undefined;
  /** Expected format; undefined for any known one. */
  readonly type: KeyStoreType | undefined;
}

export type KeyStoreType = 'JKS' | 'PKCS12';

export interface KeyStore {
  readonly keys: readonly ServerKey[];
  /** Certificates without private key. */
  readonly authorities: readonly X509Certificate[];
}
