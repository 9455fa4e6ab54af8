// The trust managers of the configuration: each gives the authorities that it believes now.

import type { X509Certificate } from 'node:crypto';
import { resolve } from 'node:path';
import type { ConfigurationObject } from '../config/configuration-object.ts';
import { FileBacked, type FileSource } from '../trust/file-backed.ts';
import { readTrustStore } from '../trust/key-store.ts';
import { readSystemAuthorities } from '../trust/operating-system.ts';
import { readPemAuthorities, stampFile, stampPemFolder } from '../trust/pem-folder.ts';
import { ServerTrust } from '../trust/server-trust.ts';
import type { Trust } from '../trust/trust.ts';
import { type ProviderOptions, Providers } from './providers.ts';

/** One that is enabled. */
export interface TrustManager {
  readonly trust: Trust;
  /** What it makes of the certificates of servers. */
  readonly server: ServerTrust;
}

export type TrustManagers = Providers<TrustManager>;

export function trustManagers(options: ProviderOptions): TrustManagers {
  return new Providers<TrustManager>({
    kinds: [
      'blind-trust-manager-provider',
      'file-based-trust-manager-provider',
      'pem-trust-manager-provider',
      'system-trust-manager-provider',
    ],
    create: (object) => {
      const trust = createTrust(object, options);
      if (object === undefined || trust === undefined) return undefined;
      return { trust, server: new ServerTrust({ name: object.dn.toString(), trust, now: options.now }) };
    },
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
