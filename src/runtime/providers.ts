// Providers: things that other parts look up by DN, such as key managers; one for each enabled object of some
// kinds. A change is refused if its object cannot be opened. At start, such an object is logged and tried again
// whenever it is needed, because nobody could repair a server that does not start.

import type { ConfigurationObject } from '../config/configuration-object.ts';
import type { FileReader } from '../files/file-reader.ts';
import type { Log } from '../files/log.ts';
import { LdapError } from '../ldap/ldap-error.ts';
import { TrustError } from '../trust/trust-error.ts';
import type { Component, NewKeys, ObjectDifference, Prepared } from './component.ts';
import type { Facts, RunningPart } from './description.ts';
import { PreparedMap } from './prepared-map.ts';
import { onCommit } from './renamed-keys.ts';
import { unusableProvider } from './unusable-provider.ts';

export interface ProviderOptions {
  /** Folder at which relative paths start. */
  readonly instanceFolder: string;
  readonly files: FileReader;
  readonly log: Pick<Log, 'info' | 'warn'>;
  readonly now: () => Date;
  /** Returns true while the server starts. */
  readonly isStarting: () => boolean;
}

interface Providing<Provider extends { readonly kind: string }> {
  readonly kinds: readonly string[];
  /** Creates a provider. Returns undefined for a disabled object. */
  create(object: ConfigurationObject | undefined): Provider | undefined;
  /** Checks a provider. Throws TrustError if it cannot be used. */
  check(provider: Provider): Promise<unknown>;
  readonly isStarting: () => boolean;
  /** Returns the facts of what it provides now. */
  describe(provider: Provider): Promise<Facts>;
  /** Renames a provider with its object. Kinds without it create another provider. */
  rename?(provider: Provider, object: ConfigurationObject): void;
  /** Called when the provider takes effect. */
  enabled?(provider: Provider): void;
}

/** Component that runs the providers of some kinds. */
export class Providers<Provider extends { readonly kind: string }> {
  readonly components: readonly Component[];
  readonly #providing: Providing<Provider>;
  readonly #byKey = new PreparedMap<Provider>();

  constructor(providing: Providing<Provider>) {
    this.#providing = providing;
    this.components = providing.kinds.map((kind) => ({
      kind,
      judgesAlone: true,
      renamed: (keys: NewKeys) => this.#byKey.rename(keys),
      prepare: (difference: ObjectDifference) => this.#prepare(difference),
      describe: () => this.#describe(kind),
      runs: (key: string) => this.#byKey.find(key)?.kind === kind,
    }));
  }

  /** Finds a provider by the key of its object's DN; undefined if it does not exist or is disabled. */
  find(key: string): Provider | undefined {
    return this.#byKey.find(key);
  }

  /** Finds the provider that `find` will return after the prepared changes. Only for checks during prepare. */
  findPrepared(key: string): Provider | undefined {
    return this.#byKey.findPrepared(key);
  }

  /** Returns the enabled providers. */
  all(): Iterable<Provider> {
    return this.#byKey.values();
  }

  async #describe(kind: string): Promise<readonly RunningPart[]> {
    const all = [...this.#byKey.entries()].filter(([, provider]) => provider.kind === kind);
    return Promise.all(
      all.map(async ([key, provider]) => ({ key, facts: await this.#providing.describe(provider) })),
    );
  }

  async #prepare({ key, after, differsInNamesOnly }: ObjectDifference): Promise<Prepared> {
    const { rename } = this.#providing;
    const known = this.#byKey.findPrepared(key);
    if (rename !== undefined && known !== undefined && after !== undefined && differsInNamesOnly === true)
      return onCommit(() => rename(known, after));
    const provider = this.#providing.create(after);
    if (provider === undefined) return this.#byKey.stage(key, undefined);
    await this.#check(provider, after);
    const staged = this.#byKey.stage(key, provider);
    return {
      commit: () => {
        staged.commit();
        this.#providing.enabled?.(provider);
      },
      abort: () => staged.abort(),
    };
  }

  async #check(provider: Provider, object: ConfigurationObject | undefined): Promise<void> {
    try {
      await this.#providing.check(provider);
    } catch (error) {
      if (!(error instanceof TrustError)) throw error;
      if (this.#providing.isStarting()) return;
      const message = object === undefined ? error.message : unusableProvider(object, error);
      throw new LdapError('unwillingToPerform', message, { cause: error });
    }
  }
}

/** Returns the facts of what a provider returns, or the reason why it fails. */
export async function known<T>(reading: Promise<readonly T[]>, describe: (one: T) => Facts): Promise<Facts> {
  try {
    return (await reading).map(describe);
  } catch (error) {
    if (error instanceof TrustError) return error.message;
    throw error;
  }
}
