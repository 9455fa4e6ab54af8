// Checks all certificates of key managers and trust managers periodically. Sends one alert before a certificate
// expires, and one when it has expired. It does not check the certificates of the runtime and the operating
// system.

import type { X509Certificate } from 'node:crypto';
import type { Log } from '../files/log.ts';
import type { AlertSink } from '../mail/alert.ts';
import type { Later } from '../mail/pauses.ts';
import { expiryOf } from '../trust/expiry.ts';
import { TrustError } from '../trust/trust-error.ts';
import type { TlsProviders } from './tls-identity.ts';

export interface CertificateWatchOptions extends TlsProviders {
  readonly alerts: AlertSink;
  readonly later: Later;
  readonly log: Pick<Log, 'info' | 'warn'>;
}

/** Delay that combines several new certificates in one check, in milliseconds. */
const SOON_MS = 1000;
/**
 * Interval of the checks, in milliseconds. It is short because a clock that is set forward can make
 * certificates expire at once.
 */
const LOOK_MS = 60_000;

interface Watched {
  readonly provider: string;
  readonly certificate: X509Certificate;
}

/** Periodic expiry check of one server. */
export class CertificateWatch {
  readonly #options: CertificateWatchOptions;
  /** Alerts that were sent for the certificates of the last check. */
  #told: ReadonlySet<string> = new Set();
  #cancel: () => void = () => {};
  #cancelSoon: (() => void) | undefined;
  #isStarted = false;

  constructor(options: CertificateWatchOptions) {
    this.#options = options;
  }

  /** Checks now and every minute, in the background. */
  start(): void {
    this.#isStarted = true;
    void this.#look().finally(() => {
      if (this.#isStarted) this.#cancel = this.#options.later(LOOK_MS, () => this.start());
    });
  }

  /** Checks again shortly, because there are new certificates. Does nothing before the start. */
  lookSoon(): void {
    if (!this.#isStarted) return;
    this.#cancelSoon ??= this.#options.later(SOON_MS, () => {
      this.#cancelSoon = undefined;
      void this.#look();
    });
  }

  stop(): void {
    this.#isStarted = false;
    this.#cancel();
    this.#cancelSoon?.();
  }

  async #look(): Promise<void> {
    try {
      this.#tell(await this.#certificates());
    } catch (error) {
      this.#options.log.warn({ problem: String(error) }, 'the certificates could not be checked');
    }
  }

  #tell(watched: readonly Watched[]): void {
    const { alerts, now } = this.#options;
    const told = new Set<string>();
    for (const { provider, certificate } of watched) {
      const expiry = expiryOf(certificate, now());
      if (expiry === 'later') continue;
      const key = `${provider} ${certificate.fingerprint256} ${expiry}`;
      if (!told.has(key) && !this.#told.has(key)) {
        const type = expiry === 'expired' ? 'confdit.CertificateExpired' : 'confdit.CertificateExpiresSoon';
        alerts.raise({ type, message: sentence(provider, certificate, expiry) });
      }
      told.add(key);
    }
    this.#told = told;
  }

  async #certificates(): Promise<readonly Watched[]> {
    const { keyManagers, trustManagers } = this.#options;
    const found: Watched[] = [];
    for (const { dn, keys } of [...keyManagers.all()]) {
      for (const { certificate, chain } of await readable(keys.current())) {
        for (const one of [certificate, ...chain]) found.push({ provider: dn, certificate: one });
      }
    }
    for (const { dn, kind, certificates } of [...trustManagers.all()]) {
      if (certificates === undefined || kind === 'system-trust-manager-provider') continue;
      for (const certificate of await readable(certificates.current()))
        found.push({ provider: dn, certificate });
    }
    return found;
  }
}

/** Returns an empty list for a source that cannot be read. The reader has logged the error. */
async function readable<T>(reading: Promise<readonly T[]>): Promise<readonly T[]> {
  try {
    return await reading;
  } catch (error) {
    if (error instanceof TrustError) return [];
    throw error;
  }
}

function sentence(provider: string, { subject, validToDate }: X509Certificate, expiry: string): string {
  const name = subject.replaceAll('\n', ', ');
  const verb = expiry === 'expired' ? 'has expired on' : 'expires on';
  return `The certificate ${name} of ${provider} ${verb} ${validToDate.toISOString()}. Put its successor in its place.`;
}
