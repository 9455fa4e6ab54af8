// TLS identity of a connection handler: the present keys of its key manager and the present authorities of its
// trust manager, ready for a TLS library.

import type { X509Certificate } from 'node:crypto';
import { LdapError } from '../ldap/ldap-error.ts';
import { chooseKeys, type ServerKey } from '../trust/server-key.ts';
import { TrustError } from '../trust/trust-error.ts';
import type { Facts } from './description.ts';
import type { KeyManagers } from './key-managers.ts';
import type { TrustManagers } from './trust-managers.ts';

/** Selects the committed or the prepared providers. */
type Way = 'find' | 'findPrepared';

export interface TlsProviders {
  readonly keyManagers: KeyManagers;
  readonly trustManagers: TrustManagers;
  readonly now: () => Date;
}

/** Keys of the DNs of both; undefined for none. */
export interface TlsNames {
  readonly keyManager: string | undefined;
  readonly trustManager: string | undefined;
  /** Aliases of the keys to use. If empty, the best key of each type is used. */
  readonly aliases: readonly string[];
}

export interface TlsMaterial {
  /** Private keys in PEM, and in the same order their certificates with those of the issuers. */
  readonly keys: readonly string[];
  readonly certificates: readonly string[];
  /**
   * Authorities in PEM; `system`: those of the runtime; `blind`: every certificate is trusted; undefined:
   * clients are not asked.
   */
  readonly authorities: readonly string[] | 'system' | 'blind' | undefined;
}

interface Known {
  readonly keys: readonly ServerKey[];
  readonly authorities: Authorities;
  readonly material: TlsMaterial;
}

type Authorities = readonly X509Certificate[] | 'system' | 'blind' | undefined;

/** TLS identity of one connection handler. */
export class TlsIdentity {
  readonly #names: TlsNames;
  readonly #providers: TlsProviders;
  #known: Known | undefined;

  constructor(names: TlsNames, providers: TlsProviders) {
    this.#names = names;
    this.#providers = providers;
  }

  /**
   * Returns the present material; the same object while nothing changes. Throws LdapError unavailable (52) with
   * the reason if there is no usable key.
   */
  current(): Promise<TlsMaterial> {
    return this.#lookOrRefuse('find');
  }

  /** Returns the material after the prepared changes. */
  prepared(): Promise<TlsMaterial> {
    return this.#lookOrRefuse('findPrepared');
  }

  /** Returns the fingerprints that a handshake uses now, or the reason why there is none. */
  async describe(): Promise<Facts> {
    try {
      await this.current();
    } catch (error) {
      if (error instanceof LdapError) return error.message;
      throw error;
    }
    const { keys = [], authorities } = this.#known ?? {};
    const prints = (all: readonly X509Certificate[]) => all.map(({ fingerprint256 }) => fingerprint256);
    return {
      keys: keys.map(({ alias, certificate, chain }) => ({
        alias,
        certificates: prints([certificate, ...chain]),
      })),
      clients: typeof authorities === 'object' ? prints(authorities) : (authorities ?? 'not asked'),
    };
  }

  async #lookOrRefuse(way: Way): Promise<TlsMaterial> {
    try {
      return await this.#look(way);
    } catch (error) {
      if (!(error instanceof TrustError)) throw error;
      throw new LdapError('unavailable', `TLS is not possible now. ${error.message}`, { cause: error });
    }
  }

  async #look(way: Way): Promise<TlsMaterial> {
    const { keyManager, aliases } = this.#names;
    const manager = keyManager === undefined ? undefined : this.#providers.keyManagers[way](keyManager);
    if (manager === undefined)
      throw new TrustError('The connection handler has no key manager that is enabled.');
    const has = way === 'find' ? manager.keys.current() : manager.keys.prepared();
    const keys = chooseKeys(await has, aliases, this.#providers.now());
    const authorities = await this.#authorities(way);
    const known = this.#known;
    if (known !== undefined && known.authorities === authorities && areSame(known.keys, keys))
      return known.material;
    const material = {
      keys: keys.map(({ privateKey }) => String(privateKey.export({ type: 'pkcs8', format: 'pem' }))),
      certificates: keys.map(({ certificate, chain }) => [certificate, ...chain].map(String).join('')),
      authorities: typeof authorities === 'object' ? authorities.map(String) : authorities,
    };
    this.#known = { keys, authorities, material };
    return material;
  }

  async #authorities(way: Way): Promise<Authorities> {
    const { trustManager } = this.#names;
    if (trustManager === undefined) return undefined;
    const manager = this.#providers.trustManagers[way](trustManager);
    if (manager === undefined) {
      throw new TrustError(
        'The trust manager of the connection handler is not enabled, or of a kind that clients cannot be checked with.',
      );
    }
    const { trust, certificates } = manager;
    if (trust.type !== 'authorities') return trust.type;
    return way === 'findPrepared' && certificates !== undefined
      ? certificates.prepared()
      : trust.certificates.current();
  }
}

function areSame(some: readonly ServerKey[], others: readonly ServerKey[]): boolean {
  return some.length === others.length && some.every((key, index) => key === others[index]);
}
