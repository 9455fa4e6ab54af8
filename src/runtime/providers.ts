// What others look up by its name, such as key managers: one thing for each enabled object of some kinds. A change is
// refused when its object cannot be opened; what cannot be opened when the server starts is logged and tried again
// whenever it is needed, because a server that does not start can be repaired by nobody.

import type { ConfigurationObject } from '../config/configuration-object.ts';
import type { FileReader } from '../files/file-reader.ts';
import { LdapError } from '../ldap/ldap-error.ts';
import { TrustError } from '../trust/trust-error.ts';
import type { Component, NewKeys, ObjectDifference, Prepared } from './component.ts';
import type { Facts, RunningPart } from './description.ts';
import { PreparedMap } from './prepared-map.ts';
import { onCommit } from './renamed-keys.ts';
import { unusableProvider } from './unusable-provider.ts';

export interface ProviderLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
}

export interface ProviderOptions {
  /** Where relative paths begin. */
  readonly instanceFolder: string;
  readonly files: FileReader;
  readonly log: ProviderLog;
  readonly now: () => Date;
  /** Whether the server is still starting. */
  readonly isStarting: () => boolean;
}

interface Providing<Provider extends { readonly kind: string }> {
  readonly kinds: readonly string[];
  /** Undefined for an object that is not enabled. */
  create(object: ConfigurationObject | undefined): Provider | undefined;
  /** Throws TrustError when it cannot be used. */
  check(provider: Provider): Promise<unknown>;
  readonly isStarting: () => boolean;
  /** What it gives to those who ask now. */
  describe(provider: Provider): Promise<Facts>;
  /** Gives a provider the names of its object, where it can go on under them; without it, another one is created. */
  rename?(provider: Provider, object: ConfigurationObject): void;
  /** It is in force from now on. */
  enabled?(provider: Provider): void;
}

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

  /** Takes the key of the object's name; undefined when it is not there or not enabled. */
  find(key: string): Provider | undefined {
    return this.#byKey.find(key);
  }

  /** For whoever prepares: what `find` will give once that is stored which is prepared. Nothing else is to be done with it. */
  findPrepared(key: string): Provider | undefined {
    return this.#byKey.findPrepared(key);
  }

  /** Those that are enabled. */
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

/** What a provider gives, or why it gives nothing. */
export async function known<T>(reading: Promise<readonly T[]>, describe: (one: T) => Facts): Promise<Facts> {
  try {
    return (await reading).map(describe);
  } catch (error) {
    if (error instanceof TrustError) return error.message;
    throw error;
  }
}
