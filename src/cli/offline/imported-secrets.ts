// Encrypted secrets in the files of an import: those of an export whose data key the master key of the instance opens, and those of
// the instance itself.

import { valuesOf } from '../../instance/keys/stored-secrets.ts';
import type { Change } from '../../ldap/change.ts';
import type { Schema } from '../../schema/schema.ts';
import { type DataKey, DataKeys, type MasterKey } from '../../store/encryption/data-keys.ts';
import { openExportedKey, parseExportedKeys } from '../../store/encryption/exported-key.ts';
import { decryptChange, type EncryptedValues } from '../../store/encryption/stored-values.ts';
import { StoreError } from '../../store/store-error.ts';

export interface ImportKeys {
  readonly values: EncryptedValues;
  readonly master: MasterKey;
  readonly schema: Schema;
}

/** A change with clear secrets, or what is wrong with it. */
export type Decrypted =
  | { readonly change: Change; readonly problem?: undefined }
  | { readonly problem: string };

export class ImportedSecrets {
  readonly #keys: ImportKeys;
  readonly #path: string;
  #values: EncryptedValues;
  /** Id of a master key that the file needs and the instance does not have. */
  #needed: string | undefined;

  /** @param path File, for sentences. */
  constructor(keys: ImportKeys, path: string) {
    this.#keys = keys;
    this.#path = path;
    this.#values = keys.values;
  }

  /** Takes the begin of the file, which has the data keys. Throws StoreError for one that is damaged. */
  begin(octets: Buffer): void {
    const { master, values, schema } = this.#keys;
    const opened: DataKey[] = [];
    for (const one of parseExportedKeys(octets.toString('latin1'))) {
      const key = openExportedKey(one, master, this.#path);
      if (key === undefined) this.#needed = one.master;
      else opened.push(key);
    }
    const [first, ...others] = [...opened, ...values.keys.all];
    if (first !== undefined) this.#values = valuesOf(new DataKeys([first, ...others], true), schema);
  }

  /** Decrypts the secrets of a change. */
  decrypt(change: Change): Decrypted {
    try {
      return { change: decryptChange(change, this.#values) };
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      if (this.#needed === undefined) return { problem: error.message };
      return {
        problem:
          `The secrets of this file need the master key ${this.#needed}, and the instance has ${this.#keys.master.id}. Import ` +
          'into an instance that confdit init --master-key made with that key, or export with --clear-secrets.',
      };
    }
  }
}
