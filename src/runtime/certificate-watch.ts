// Looks at all certificates of key managers and trust managers now and then, and raises an alert once for each that
// expires soon and once more when it has expired. What the runtime or the operating system trusts is not our care.

import type { X509Certificate } from 'node:crypto';
import type { AlertSink } from '../mail/alert.ts';
import type { Later } from '../mail/pauses.ts';
import { expiryOf } from '../trust/expiry.ts';
import { TrustError } from '../trust/trust-error.ts';
import type { ProviderLog } from './providers.ts';
import type { TlsProviders } from './tls-identity.ts';

export interface CertificateWatchOptions extends TlsProviders {
  readonly alerts: AlertSink;
  readonly later: Later;
  readonly log: ProviderLog;
}

/** What comes together is looked at together. */
const SOON_MS = 1000;
/** A clock that is put forward makes certificates expire at once. */
const LOOK_MS = 60_000;

interface Watched {
  readonly provider: string;
  readonly certificate: X509Certificate;
}

export class CertificateWatch {
  readonly #options: CertificateWatchOptions;
  /** What was told, of what was there when it was last looked at. */
  #told: ReadonlySet<string> = new Set();
  #cancel: () => void = () => {};
  #cancelSoon: (() => void) | undefined;
  #isStarted = false;

  constructor(options: CertificateWatchOptions) {
    this.#options = options;
  }

  /** Looks now and every minute; nobody waits for it. */
  start(): void {
    this.#isStarted = true;
    void this.#look().finally(() => {
      if (this.#isStarted) this.#cancel = this.#options.later(LOOK_MS, () => this.start());
    });
  }

  /** Looks once more in a moment: certificates have come. Nothing before the start. */
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
      this.#options.log.warn({ problem: String(error) }, 'the certificates could not be looked at');
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

/** What cannot be read is in the log already, by whoever has read it. */
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
