// The trust managers of the configuration: each gives the authorities that it believes now.

import type { X509Certificate } from 'node:crypto';
import { resolve } from 'node:path';
import type { ConfigurationObject } from '../config/configuration-object.ts';
import { FileBacked, type FileSource } from '../trust/file-backed.ts';
import { readTrustStore } from '../trust/key-store.ts';
import { readSystemAuthorities } from '../trust/operating-system.ts';
import { readPemAuthorities, stampFile, stampPemFolder } from '../trust/pem-folder.ts';
import { type ProviderOptions, Providers } from './providers.ts';

/** Authorities by certificate, those of the runtime, or whoever there is. */
export type Trust =
  | { readonly type: 'authorities'; readonly certificates: FileBacked<readonly X509Certificate[]> }
  | { readonly type: 'system' }
  | { readonly type: 'blind' };

export type TrustManagers = Providers<Trust>;

export function trustManagers(options: ProviderOptions): TrustManagers {
  return new Providers<Trust>({
    kinds: [
      'blind-trust-manager-provider',
      'file-based-trust-manager-provider',
      'pem-trust-manager-provider',
      'system-trust-manager-provider',
    ],
    create: (object) => createTrust(object, options),
    // Who uses it finds out: a trust manager that nobody uses may still wait for its file.
    check: async () => {},
    isStarting: options.isStarting,
  });
}

function createTrust(object: ConfigurationObject | undefined, options: ProviderOptions): Trust | undefined {
  if (object === undefined || !('enabled' in object) || !object.enabled) return undefined;
  if (object.kind === 'blind-trust-manager-provider') return { type: 'blind' };
  if (object.kind === 'system-trust-manager-provider' && !object.includeOperatingSystem)
    return { type: 'system' };
  const source = sourceOf(object, options.instanceFolder);
  if (source === undefined) return undefined;
  const provider = object.dn.toString();
  const certificates = new FileBacked(source, (problem) =>
    options.log.warn({ provider, problem: problem.message }, 'authorities could not be read'),
  );
  return { type: 'authorities', certificates };
}

function sourceOf(
  object: ConfigurationObject,
  instanceFolder: string,
): FileSource<readonly X509Certificate[]> | undefined {
  if (object.kind === 'pem-trust-manager-provider') {
    const folder = resolve(instanceFolder, object.pemDirectory);
    const source = { folder, excludedPatterns: object.excludedFilenamePattern };
    return { read: () => readPemAuthorities(source), stamp: () => stampPemFolder(source) };
  }
  if (object.kind === 'system-trust-manager-provider') {
    // What the operating system trusts is read once: the runtime remembers it.
    return { read: async () => readSystemAuthorities(), stamp: async () => 'read' };
  }
  if (object.kind === 'file-based-trust-manager-provider') {
    const path = resolve(instanceFolder, object.trustStoreFile);
    const store = { path, pin: object.trustStorePin?.reveal(), type: object.trustStoreType };
    return { read: () => readTrustStore(store), stamp: () => stampFile(path) };
  }
  return undefined;
}
