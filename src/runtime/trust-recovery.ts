// Mail servers that rest because they were not believed: they are tried again as soon as their trust manager believes others
// than before. While some rest for that reason, what their trust managers read is looked at every few seconds; otherwise
// nobody would look at it before their pauses are over.

import type { MailServers } from './mail-servers.ts';
import type { TrustManagers } from './trust-managers.ts';

export interface TrustRecoveryOptions {
  readonly servers: Pick<MailServers, 'notBelieved' | 'trustChanged'>;
  readonly trustManagers: Pick<TrustManagers, 'find'>;
}

const LOOK_MS = 5000;

export class TrustRecovery {
  readonly #options: TrustRecoveryOptions;
  readonly #timer: NodeJS.Timeout;

  constructor(options: TrustRecoveryOptions) {
    this.#options = options;
    this.#timer = setInterval(() => this.#look(), LOOK_MS).unref();
  }

  /** A trust manager may believe others than before; takes the key of its name. */
  changed(key: string): void {
    this.#options.servers.trustChanged(key);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** Whoever reads something new tells of it; what cannot be read is told too, in the log. */
  #look(): void {
    const { servers, trustManagers } = this.#options;
    for (const key of new Set(servers.notBelieved()))
      trustManagers
        .find(key)
        ?.certificates?.current()
        .catch(() => {});
  }
}
