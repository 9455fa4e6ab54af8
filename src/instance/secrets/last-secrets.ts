// The last values of secret sources that may be used while the source is away, in config/config-last-secrets.ldif. The file is
// LDIF with encrypted values, so that a new data key is for it too; losing it loses nothing that the sources do not have.

import { join } from 'node:path';
import { readLdif } from '../../codec/ldif-reader.ts';
import { formatEntry } from '../../codec/ldif-writer.ts';
import { secretSource } from '../../config/objects/secret-source.ts';
import { messageOf } from '../../files/file-error.ts';
import { nodeFileSystem, readWholeFile } from '../../files/file-system.ts';
import type { Log } from '../../files/log.ts';
import { Dn } from '../../ldap/dn.ts';
import { Entry } from '../../ldap/entry.ts';
import { replaceFile } from '../../store/encryption/rewrite-files.ts';
import { decryptEntry, encryptEntry, type StoredValues } from '../../store/encryption/stored-values.ts';

export const LAST_SECRETS_NAME = 'config-last-secrets.ldif';
const CLASS = 'ds-cfg-secret-source';
const NAMING = 'cn';
const TOKEN = secretSource.properties.find(({ name }) => name === 'token')?.attribute ?? '';
/** Stands before each value, so that none looks like an expression, which would stay readable. */
const BEFORE = '=';

export interface LastSecretsOptions {
  readonly configFolder: string;
  readonly values: StoredValues;
  readonly log: Pick<Log, 'warn'>;
}

export class LastSecrets {
  readonly #options: LastSecretsOptions;
  #values: ReadonlyMap<string, string>;
  #isStarting = true;
  #writing: Promise<void> = Promise.resolve();

  private constructor(options: LastSecretsOptions, values: ReadonlyMap<string, string>) {
    this.#options = options;
    this.#values = values;
  }

  /** Reads the file. One that is not there or cannot be used is like one without values; the log says so. */
  static async open(options: LastSecretsOptions): Promise<LastSecrets> {
    const { configFolder, values, log } = options;
    const path = join(configFolder, LAST_SECRETS_NAME);
    const found = new Map<string, string>();
    try {
      const names = (await nodeFileSystem.list(configFolder)).map(String);
      const text = names.includes(LAST_SECRETS_NAME) ? String(await readWholeFile(nodeFileSystem, path)) : '';
      for (const record of readLdif(text)) {
        if (record.type !== 'content') continue;
        const value = decryptEntry(record.entry, values).first(TOKEN.toLowerCase());
        if (value?.startsWith(BEFORE)) found.set(record.entry.dn.name, value.slice(BEFORE.length));
      }
    } catch (error) {
      log.warn({ file: path, problem: messageOf(error) }, 'the last values of secret sources cannot be read');
    }
    return new LastSecrets(options, found);
  }

  /** Returns the last value for a name; undefined also after the start, when nothing but the source itself counts. */
  find(name: string): string | undefined {
    return this.#isStarting ? this.#values.get(name) : undefined;
  }

  /** Keeps these values, by their names, and no others. Never rejects; what cannot be written is logged. */
  keep(values: ReadonlyMap<string, string>): Promise<void> {
    this.#isStarting = false;
    const isSame =
      values.size === this.#values.size && [...values].every(([k, v]) => this.#values.get(k) === v);
    if (isSame) return this.#writing;
    this.#values = values;
    this.#writing = this.#writing.then(() => this.#write(values));
    return this.#writing;
  }

  /** Resolves when everything is written. */
  settled(): Promise<void> {
    return this.#writing;
  }

  async #write(all: ReadonlyMap<string, string>): Promise<void> {
    if (all !== this.#values) return;
    const { configFolder, values, log } = this.#options;
    const path = join(configFolder, LAST_SECRETS_NAME);
    const records = Array.from(all, ([name, value]) => {
      const dn = Dn.root.child([{ type: NAMING, value: name }]);
      const entry = Entry.of(dn, { objectClass: CLASS, [NAMING]: name, [TOKEN]: `${BEFORE}${value}` });
      return formatEntry(encryptEntry(entry, values));
    });
    try {
      await replaceFile(nodeFileSystem, path, Buffer.from(records.join('\n'), 'latin1'));
    } catch (error) {
      log.warn({ file: path, problem: messageOf(error) }, 'the last values of secret sources cannot be kept');
    }
  }
}
