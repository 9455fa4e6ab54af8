// Monitoring of key managers and trust managers: what they read last and when it expires. Monitoring never
// makes them read.

import type { X509Certificate } from 'node:crypto';
import type { KeyManagers } from '../runtime/key-managers.ts';
import { NOBODY, type TrustManager, type TrustManagers } from '../runtime/trust-managers.ts';
import type { TrustError } from '../trust/trust-error.ts';
import type { MonitorFigures, MonitorSource } from './monitor.ts';

/** Returns the monitor source of key managers. */
export function keyManagersMonitor(managers: KeyManagers): MonitorSource {
  return {
    name: 'key managers',
    objectClass: 'ds-monitor-providers',
    figures: () => ({ 'ds-mon-enabled-count': [...managers.all()].length }),
    *items() {
      for (const { dn, name, kind, keys } of managers.all()) {
        const figures = () => {
          const { value, problem } = keys.known;
          const chains = value?.flatMap(({ certificate, chain }) => [certificate, ...chain]);
          return {
            'ds-mon-config-dn': dn,
            'ds-mon-provider-kind': kind,
            'ds-mon-key-alias': value?.map(({ alias }) => alias),
            ...certificateFigures(chains, problem),
          };
        };
        yield { name, objectClass: 'ds-monitor-key-manager', figures };
      }
    },
  };
}

/** Returns the monitor source of trust managers. */
export function trustManagersMonitor(managers: TrustManagers): MonitorSource {
  return {
    name: 'trust managers',
    objectClass: 'ds-monitor-providers',
    figures: () => {
      const all = [...managers.all()];
      const unchecked = all.filter(({ server }) => server.uncheckedHosts.length > 0);
      return {
        'ds-mon-enabled-count': all.length,
        'ds-mon-warning': unchecked.map(({ dn }) => `Blind trust is in use: ${dn}`),
      };
    },
    *items() {
      for (const manager of managers.all()) {
        yield {
          name: manager.name,
          objectClass: 'ds-monitor-trust-manager',
          figures: () => trustFigures(manager),
        };
      }
    },
  };
}

function trustFigures({ dn, kind, certificates, server }: TrustManager): MonitorFigures {
  return {
    'ds-mon-config-dn': dn,
    'ds-mon-provider-kind': kind,
    'ds-mon-warning': server.isBlind
      ? 'Every certificate is trusted: an attacker on the network can read and change everything. For tests only.'
      : undefined,
    'ds-mon-unchecked-host': server.uncheckedHosts,
    ...certificateFigures(certificates?.known.value, certificates?.known.problem),
    ...(certificates?.known.value?.length === 0 ? { 'ds-mon-provider-error': NOBODY } : {}),
  };
}

function certificateFigures(
  certificates: readonly X509Certificate[] | undefined,
  problem: TrustError | undefined,
): MonitorFigures {
  const [first, ...rest] = (certificates ?? []).map(({ validToDate }) => validToDate);
  const earliest = rest.reduce((one, other) => (other < (one ?? other) ? other : one), first);
  return {
    'ds-mon-certificate-count': certificates?.length,
    'ds-mon-certificate-expires-at': earliest,
    'ds-mon-provider-error': problem?.message,
  };
}
