// Who this server is to others, and whom it trusts: the key managers and trust managers of the configuration, and
// what cn=monitor shows of them.

import { certificatesBelow } from '../backend/entry-certificates.ts';
import type { NamingContexts } from '../backend/naming-contexts.ts';
import type { Dn } from '../ldap/dn.ts';
import type { Monitor } from '../monitor/monitor.ts';
import { keyManagersMonitor, trustManagersMonitor } from '../monitor/trust-monitor.ts';
import type { Component } from '../runtime/component.ts';
import { keyManagers } from '../runtime/key-managers.ts';
import type { ProviderOptions } from '../runtime/providers.ts';
import { type ServerTrusts, serverTrusts } from '../runtime/server-trust.ts';
import type { TlsProviders } from '../runtime/tls-identity.ts';
import { trustManagers } from '../runtime/trust-managers.ts';
import type { Schema } from '../schema/schema.ts';
import { StoreReader } from '../trust/store-reader.ts';

export interface TrustParts extends ProviderOptions {
  readonly contexts: NamingContexts;
  readonly schema: Schema;
  readonly monitor: Monitor;
}

export interface OpenTrust {
  readonly tls: TlsProviders;
  /** For connections to other servers. */
  readonly servers: ServerTrusts;
  readonly components: readonly Component[];
  /** Told whenever a trust manager may trust others than before; takes the name of its entry. */
  onChange(hear: (provider: string) => void): void;
  /** Gives up what is being opened. */
  close(): void;
}

/** Opens the key managers and trust managers, and what cn=monitor shows of them. */
export function openTrust(parts: TrustParts): OpenTrust {
  const { contexts, schema, monitor, now } = parts;
  const stores = new StoreReader(parts.files);
  const keys = keyManagers(parts, stores);
  const certificates = (base: Dn) => certificatesBelow(base, { contexts, schema });
  const listeners: ((provider: string) => void)[] = [];
  const changed = (provider: string) => {
    for (const hear of listeners) hear(provider);
  };
  const trusts = trustManagers({ ...parts, certificatesBelow: certificates, changed }, stores);
  monitor.add(keyManagersMonitor(keys));
  monitor.add(trustManagersMonitor(trusts));
  return {
    tls: { keyManagers: keys, trustManagers: trusts, now },
    servers: serverTrusts(trusts, now),
    components: [...keys.components, ...trusts.components],
    onChange: (hear) => void listeners.push(hear),
    close: () => stores.close(),
  };
}
