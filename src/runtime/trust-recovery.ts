// Retries mail servers that rest because their certificate was not trusted, as soon as their trust manager
// trusts other certificates. While some rest for that reason, checks the sources of their trust managers every
// few seconds. Otherwise nothing would read them before the pauses are over.

import type { MailServers } from './mail-servers.ts';
import type { TrustManagers } from './trust-managers.ts';

export interface TrustRecoveryOptions {
  readonly servers: Pick<MailServers, 'notTrusted' | 'trustChanged'>;
  readonly trustManagers: Pick<TrustManagers, 'find'>;
}

const LOOK_MS = 5000;

/** Retries mail servers after a change of trust. */
export class TrustRecovery {
  readonly #options: TrustRecoveryOptions;
  readonly #timer: NodeJS.Timeout;

  constructor(options: TrustRecoveryOptions) {
    this.#options = options;
    this.#timer = setInterval(() => this.#look(), LOOK_MS).unref();
  }

  /** Reports that a trust manager, by the key of its DN, may trust other certificates. */
  changed(key: string): void {
    this.#options.servers.trustChanged(key);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** Reads the sources. A change is reported by the trust manager; an error is logged there. */
  #look(): void {
    const { servers, trustManagers } = this.#options;
    for (const key of new Set(servers.notTrusted()))
      trustManagers
        .find(key)
        ?.certificates?.current()
        .catch(() => {});
  }
}
