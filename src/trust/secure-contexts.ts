// Secure contexts, kept while authorities and settings stay the same: putting a hundred authorities into one takes
// milliseconds in which the process does nothing else.

import type { X509Certificate } from 'node:crypto';
import { createSecureContext, type SecureContext, type SecureContextOptions } from 'node:tls';

/** Versions and cipher suites: whatever belongs to a secure context and is not about trust. */
export type TlsSettings = Pick<SecureContextOptions, 'ciphers' | 'minVersion' | 'maxVersion'>;

/** Settings in use at a time. */
const CONTEXTS_MAX = 16;

export class SecureContexts {
  #authorities: readonly X509Certificate[] | undefined;
  readonly #bySettings = new Map<string, SecureContext>();

  /** @param authorities undefined: those of the runtime. */
  get(authorities: readonly X509Certificate[] | undefined, settings: TlsSettings): SecureContext {
    if (authorities !== this.#authorities || this.#bySettings.size >= CONTEXTS_MAX) {
      this.#bySettings.clear();
      this.#authorities = authorities;
    }
    const key = JSON.stringify([settings.ciphers, settings.minVersion, settings.maxVersion]);
    const known = this.#bySettings.get(key);
    if (known !== undefined) return known;
    const context = createSecureContext({
      ...settings,
      // What stands in a trust store is believed, whether or not it issued itself.
      ...(authorities === undefined ? {} : { ca: authorities.map(String), allowPartialTrustChain: true }),
    });
    this.#bySettings.set(key, context);
    return context;
  }
}
