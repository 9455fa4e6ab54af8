// Who a connection handler is to its clients, and whom it believes: the keys its key manager has now, the authorities
// its trust manager has now, ready for a TLS library.

import type { X509Certificate } from 'node:crypto';
import { LdapError } from '../ldap/ldap-error.ts';
import { chooseKeys, type ServerKey } from '../trust/server-key.ts';
import { TrustError } from '../trust/trust-error.ts';
import type { Facts } from './description.ts';
import type { KeyManagers } from './key-managers.ts';
import type { TrustManagers } from './trust-managers.ts';

/** Whether to take what is in force, or what is prepared, to see whether it can be used. */
type Way = 'find' | 'findPrepared';

export interface TlsProviders {
  readonly keyManagers: KeyManagers;
  readonly trustManagers: TrustManagers;
  readonly now: () => Date;
}

/** The keys of the names of both; undefined: none. */
export interface TlsNames {
  readonly keyManager: string | undefined;
  readonly trustManager: string | undefined;
  /** What the keys to be used are called; empty: the best of each type. */
  readonly aliases: readonly string[];
}

export interface TlsMaterial {
  /** Private keys as PEM, and at the same places their certificates with those of the issuers. */
  readonly keys: readonly string[];
  readonly certificates: readonly string[];
  /** Authorities as PEM, `system` for the runtime's, `blind` for whoever there is, undefined when nobody is asked. */
  readonly authorities: readonly string[] | 'system' | 'blind' | undefined;
}

interface Known {
  readonly keys: readonly ServerKey[];
  readonly authorities: Authorities;
  readonly material: TlsMaterial;
}

type Authorities = readonly X509Certificate[] | 'system' | 'blind' | undefined;

export class TlsIdentity {
  readonly #names: TlsNames;
  readonly #providers: TlsProviders;
  #known: Known | undefined;

  constructor(names: TlsNames, providers: TlsProviders) {
    this.#names = names;
    this.#providers = providers;
  }

  /** The same object as long as nothing changes. Throws unavailable (52), with the reason, when there is no key to use. */
  current(): Promise<TlsMaterial> {
    return this.#lookOrRefuse('find');
  }

  /** The same as it will be when what is prepared is in force. */
  prepared(): Promise<TlsMaterial> {
    return this.#lookOrRefuse('findPrepared');
  }

  /** What a handshake of now is made with, by fingerprints; or why there is none. */
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
