// The accounts that may bind, by every name they may bind with.

import type { Secret } from '../config/secret.ts';
import type { Component, ObjectDifference, Prepared } from './component.ts';

export interface Account {
  /** The key of the account's own name. */
  readonly key: string;
  readonly dn: string;
  /** As stored: hashes. The same array as long as the entry is not changed. */
  readonly passwords: readonly string[];
  readonly privileges: ReadonlySet<string>;
}

export class Accounts implements Component {
  readonly kind = 'root-dn-user';
  readonly #byName = new Map<string, Account>();
  readonly #keyOf: (dn: string) => string;

  constructor(keyOf: (dn: string) => string) {
    this.#keyOf = keyOf;
  }

  /** Takes the key of a name: the account's own or an alternate one. */
  find(key: string): Account | undefined {
    return this.#byName.get(key);
  }

  prepare({ key, before, after }: ObjectDifference): Prepared | undefined {
    const old = before?.kind === this.kind ? before : undefined;
    const now = after?.kind === this.kind ? after : undefined;
    return {
      commit: () => {
        for (const name of this.#names(key, old?.alternateBindDn)) {
          if (this.#byName.get(name)?.key === key) this.#byName.delete(name);
        }
        if (now === undefined) return;
        const passwords = now.password.map((password: Secret) => password.reveal());
        const account = { key, dn: now.dn.toString(), passwords, privileges: new Set<string>(now.privilege) };
        for (const name of this.#names(key, now.alternateBindDn)) this.#byName.set(name, account);
      },
      abort: () => {},
    };
  }

  #names(key: string, alternates: readonly { toString(): string }[] = []): string[] {
    return [key, ...alternates.map((dn) => this.#keyOf(dn.toString()))];
  }
}
