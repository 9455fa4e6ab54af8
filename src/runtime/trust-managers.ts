// The trust managers of the configuration. Each returns the authorities that it trusts now.

import type { X509Certificate } from 'node:crypto';
import { resolve } from 'node:path';
import type { ConfigurationObject, ObjectOfKind } from '../config/configuration-object.ts';
import type { Dn } from '../ldap/dn.ts';
import { FileBacked, type FileSource } from '../trust/file-backed.ts';
import { readPemAuthorities, stampPemFolder } from '../trust/pem-folder.ts';
import { ServerTrust } from '../trust/server-trust.ts';
import type { StoreReader } from '../trust/store-reader.ts';
import type { Authorities, Trust } from '../trust/trust.ts';
import type { Facts } from './description.ts';
import { known, type ProviderOptions, Providers } from './providers.ts';

export interface TrustManagerOptions extends ProviderOptions {
  /** Returns the certificates in entries of this server, at and below a DN. */
  readonly certificatesBelow: (base: Dn) => CertificateSource;
  /** Called when a trust manager may trust other certificates than before, with the DN of its entry. */
  readonly changed: (provider: string) => void;
}

/** Reason for a trust manager without authorities: nothing is trusted, even if it was before. */
export const NOBODY = 'a trust manager has no certificate of an authority, and trusts no certificate';

type CertificateSource = FileSource<readonly X509Certificate[]>;

/** An enabled trust manager. */
export interface TrustManager {
  /** DN of its entry, and name of its kind. */
  dn: string;
  name: string;
  readonly kind: string;
  readonly trust: Trust;
  /** Certificates that it reads; undefined if it reads none. */
  readonly certificates: FileBacked<readonly X509Certificate[]> | undefined;
  /** Checks certificates of servers. */
  readonly server: ServerTrust;
  /** Called when it takes effect. It then reports which authorities it trusts, at once and after each change. */
  readonly begin: () => void;
}

export type TrustManagers = Providers<TrustManager>;

const KINDS = [
  'blind-trust-manager-provider',
  'file-based-trust-manager-provider',
  'ldap-trust-manager-provider',
  'pem-trust-manager-provider',
  'system-trust-manager-provider',
] as const;

type TrustManagerObject = ObjectOfKind<(typeof KINDS)[number]>;

/**
 * Returns the trust managers.
 *
 * @param stores Opens the files of trust stores.
 */
export function trustManagers(options: TrustManagerOptions, stores: StoreReader): TrustManagers {
  return new Providers<TrustManager>({
    kinds: KINDS,
    create: (object) =>
      object !== undefined && isTrustManager(object) && object.enabled
        ? createTrustManager(object, sourceOf(object, options, stores), options)
        : undefined,
    check: async ({ kind, certificates }) => {
      // During a start no client waits for an error. A later connection reports it. LDAP entries with
      // authorities may be added later.
      if (!options.isStarting() && kind !== 'ldap-trust-manager-provider') await certificates?.current();
    },
    isStarting: options.isStarting,
    describe: describeTrust,
    // It trusts the same authorities, so that connections stay open.
    rename: (manager, { dn, name }) => {
      manager.dn = dn.toString();
      manager.name = name;
      manager.server.rename(manager.dn);
    },
    enabled: ({ dn, server, begin }) => {
      if (server.isBlind)
        options.log.warn({ provider: dn }, 'a trust manager is enabled that trusts every certificate');
      begin();
    },
  });
}

function isTrustManager(object: ConfigurationObject): object is TrustManagerObject {
  return KINDS.some((kind) => kind === object.kind);
}

function createTrustManager(
  { dn, name, kind }: TrustManagerObject,
  source: CertificateSource | undefined,
  { log, now, changed }: TrustManagerOptions,
): TrustManager {
  let isInForce = false;
  const report = () => {
    // Before it takes effect, mail servers would be tried with the old trust manager.
    if (!isInForce) return;
    if (certificates?.known.value?.length === 0) log.warn({ provider: manager.dn }, NOBODY);
    changed(manager.dn);
  };
  const certificates: TrustManager['certificates'] =
    source === undefined
      ? undefined
      : new FileBacked(source, {
          failed: (problem) =>
            log.warn({ provider: manager.dn, problem: problem.message }, 'authorities could not be read'),
          changed: report,
        });
  const begin = () => {
    isInForce = true;
    if (certificates === undefined || certificates.known.value !== undefined) report();
    // Reads now, even if nothing needs it yet, so that expiring certificates are reported in time.
    certificates?.current().catch(() => {});
  };
  const trust = trustOf(kind, certificates);
  const unchecked = (host: string) =>
    log.warn(
      { provider: manager.dn, host },
      'blind trust is in use: an attacker on the network can read and change what is sent to this host',
    );
  const server = new ServerTrust({ name: dn.toString(), trust, now, unchecked });
  const manager: TrustManager = { dn: dn.toString(), name, kind, trust, certificates, server, begin };
  return manager;
}

function trustOf(kind: TrustManagerObject['kind'], certificates: Authorities | undefined): Trust {
  if (certificates !== undefined) return { type: 'authorities', certificates };
  return kind === 'blind-trust-manager-provider' ? { type: 'blind' } : { type: 'system' };
}

/** Resolves to what a trust manager trusts now, before anything runs; undefined for one that cannot be used then. */
export async function trustIn(
  object: ConfigurationObject | undefined,
  places: Pick<ProviderOptions, 'instanceFolder' | 'files'>,
  stores: StoreReader,
): Promise<Trust | undefined> {
  if (object === undefined || !isTrustManager(object) || !object.enabled) return undefined;
  if (object.kind === 'ldap-trust-manager-provider') return undefined;
  const authorities = await fileSourceOf(object, places, stores)?.read();
  if (authorities === undefined) return trustOf(object.kind, undefined);
  return { type: 'authorities', certificates: { current: async () => authorities } };
}

async function describeTrust({ trust }: TrustManager): Promise<Facts> {
  if (trust.type !== 'authorities') return { trusts: trust.type };
  return { trusts: await known(trust.certificates.current(), ({ fingerprint256 }) => fingerprint256) };
}

/**
 * Returns the source of certificates; undefined for a blind trust manager and for the authorities of the
 * runtime.
 */
function sourceOf(
  object: TrustManagerObject,
  options: TrustManagerOptions,
  stores: StoreReader,
): CertificateSource | undefined {
  if (object.kind === 'ldap-trust-manager-provider') return options.certificatesBelow(object.baseDn);
  return fileSourceOf(object, options, stores);
}

function fileSourceOf(
  object: Exclude<TrustManagerObject, { readonly kind: 'ldap-trust-manager-provider' }>,
  { instanceFolder, files }: Pick<ProviderOptions, 'instanceFolder' | 'files'>,
  stores: StoreReader,
): CertificateSource | undefined {
  switch (object.kind) {
    case 'pem-trust-manager-provider': {
      const folder = resolve(instanceFolder, object.pemDirectory);
      const source = { folder, excludedPatterns: object.excludedFilenamePattern };
      return { read: () => readPemAuthorities(source, files), stamp: () => stampPemFolder(source, files) };
    }
    case 'file-based-trust-manager-provider': {
      const path = resolve(instanceFolder, object.trustStoreFile);
      const store = { path, pin: object.trustStorePin?.reveal(), type: object.trustStoreType };
      return { read: () => stores.readAuthorities(store), stamp: () => files.stamp(path) };
    }
    case 'system-trust-manager-provider':
      if (!object.includeOperatingSystem) return undefined;
      // Authorities of the operating system are read once: the runtime caches them.
      return { read: () => stores.readSystem(), stamp: async () => 'read' };
    case 'blind-trust-manager-provider':
      return undefined;
  }
}
