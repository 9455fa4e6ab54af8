// Caches secure contexts by authorities and settings. Adding a hundred authorities to a context blocks the
// process for milliseconds.

import type { X509Certificate } from 'node:crypto';
import { createSecureContext, type SecureContext, type SecureContextOptions } from 'node:tls';

/** Settings of a secure context that are not about trust: versions, cipher suites, and the key that the other side is shown. */
export type TlsSettings = Pick<
  SecureContextOptions,
  'ciphers' | 'minVersion' | 'maxVersion' | 'key' | 'cert'
>;

/** Maximum number of cached contexts. */
const CONTEXTS_MAX = 16;

/** Cache of the secure contexts of one trust manager. */
export class SecureContexts {
  #authorities: readonly X509Certificate[] | undefined;
  readonly #bySettings = new Map<string, SecureContext>();

  /**
   * Returns the context for these settings.
   *
   * @param authorities Undefined for those of the runtime.
   */
  get(authorities: readonly X509Certificate[] | undefined, settings: TlsSettings): SecureContext {
    if (authorities !== this.#authorities || this.#bySettings.size >= CONTEXTS_MAX) {
      this.#bySettings.clear();
      this.#authorities = authorities;
    }
    const key = JSON.stringify([settings.ciphers, settings.minVersion, settings.maxVersion, settings.cert]);
    const known = this.#bySettings.get(key);
    if (known !== undefined) return known;
    const context = createSecureContext({
      ...settings,
      // Every certificate in a trust store is trusted, self-signed or not.
      ...(authorities === undefined ? {} : { ca: authorities.map(String), allowPartialTrustChain: true }),
    });
    this.#bySettings.set(key, context);
    return context;
  }
}
