// The key managers of the configuration. Each returns the present keys of its files.

import { resolve } from 'node:path';
import type { ConfigurationObject } from '../config/configuration-object.ts';
import type { Log } from '../files/log.ts';
import { expiryOf } from '../trust/expiry.ts';
import { FileBacked, type FileSource } from '../trust/file-backed.ts';
import { readPemKeys, stampPemFolder } from '../trust/pem-folder.ts';
import { isValidAt, type ServerKey } from '../trust/server-key.ts';
import type { StoreReader } from '../trust/store-reader.ts';
import { TrustError } from '../trust/trust-error.ts';
import type { Facts } from './description.ts';
import { known, type ProviderOptions, Providers } from './providers.ts';

/** An enabled key manager. */
export interface KeyManager {
  /** DN of its entry, and name of its kind. */
  readonly dn: string;
  readonly name: string;
  readonly kind: string;
  readonly keys: FileBacked<readonly ServerKey[]>;
}

export type KeyManagers = Providers<KeyManager>;

/**
 * Returns the key managers.
 *
 * @param stores Opens the files of key stores.
 */
export function keyManagers(options: ProviderOptions, stores: StoreReader): KeyManagers {
  return new Providers<KeyManager>({
    kinds: ['pem-key-manager-provider', 'file-based-key-manager-provider'],
    create: (object) => createKeyManager(object, options, stores),
    check: ({ keys }) => keys.current(),
    isStarting: options.isStarting,
    describe: async ({ keys }) => ({ keys: await known(keys.current(), describeKey) }),
  });
}

function createKeyManager(
  object: ConfigurationObject | undefined,
  options: ProviderOptions,
  stores: StoreReader,
): KeyManager | undefined {
  const source = sourceOf(object, options, stores);
  if (object === undefined || source === undefined) return undefined;
  const name = object.dn.toString();
  const read = async () => {
    const keys = await source.read();
    if (keys.length === 0) throw new TrustError(`${name}: there is no private key.`);
    tellExpiry(keys, name, options.log, options.now());
    return keys;
  };
  const keys = new FileBacked(
    { ...source, read },
    {
      failed: (problem) =>
        options.log.warn({ provider: name, problem: problem.message }, 'keys could not be read'),
    },
  );
  return { dn: name, name: object.name, kind: object.kind, keys };
}

/** Resolves to the keys of a key manager, before anything runs; undefined for one that cannot be used then. */
export async function keysIn(
  object: ConfigurationObject | undefined,
  places: Pick<ProviderOptions, 'instanceFolder' | 'files'>,
  stores: StoreReader,
): Promise<readonly ServerKey[] | undefined> {
  return sourceOf(object, places, stores)?.read();
}

function describeKey({ alias, certificate, chain }: ServerKey): Facts {
  return { alias, certificates: [certificate, ...chain].map(({ fingerprint256 }) => fingerprint256) };
}

function sourceOf(
  object: ConfigurationObject | undefined,
  { instanceFolder, files }: Pick<ProviderOptions, 'instanceFolder' | 'files'>,
  stores: StoreReader,
): FileSource<readonly ServerKey[]> | undefined {
  if (object?.kind === 'pem-key-manager-provider' && object.enabled) {
    const folder = resolve(instanceFolder, object.pemDirectory);
    const source = { folder, excludedPatterns: object.excludedFilenamePattern };
    return { read: () => readPemKeys(source, files), stamp: () => stampPemFolder(source, files) };
  }
  if (object?.kind === 'file-based-key-manager-provider' && object.enabled) {
    const path = resolve(instanceFolder, object.keyStoreFile);
    const store = { path, pin: object.keyStorePin?.reveal(), type: object.keyStoreType };
    return { read: async () => (await stores.read(store)).keys, stamp: () => files.stamp(path) };
  }
  return undefined;
}

function tellExpiry(
  keys: readonly ServerKey[],
  provider: string,
  log: Pick<Log, 'info' | 'warn'>,
  now: Date,
): void {
  for (const key of keys) {
    const { subject, validToDate } = key.certificate;
    const fields = {
      provider,
      key: key.alias,
      subject: subject.replaceAll('\n', ', '),
      expires: validToDate,
    };
    if (!isValidAt(key, now)) log.warn(fields, 'a certificate is not valid now');
    else if (expiryOf(key.certificate, now) === 'soon') log.warn(fields, 'a certificate expires soon');
    else log.info(fields, 'a key was read');
  }
}
