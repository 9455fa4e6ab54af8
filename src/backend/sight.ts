// What one requester sees of the entries of a backend: the same of all entries, or more of one than of another. A view of the
// entries for a search, a comparison, an assertion or a watch is made of this and of nothing else.

import type { Grant } from '../access/grant.ts';
import type { PolicyAccess } from '../access/policy-access.ts';
import type { Dn } from '../ldap/dn.ts';
import type { Entry } from '../ldap/entry.ts';
import type { Schema } from '../schema/schema.ts';

export interface Sight {
  /** The grant for every entry; undefined if entries have grants of their own. */
  readonly uniform: Grant | undefined;
  /** True if every entry exists for the requester. */
  readonly isWhole: boolean;
  /** Origin of the rights: the same object as long as the rights are the same. */
  readonly source: object;
  /** Names the rights, over restarts too. */
  readonly id: string;
  /** Returns what is seen of an entry, as it is shown; undefined if it does not exist for the requester. */
  grantOf(entry: Entry): Grant | undefined;
  /** Returns the same by a name. */
  grantAt(dn: Dn): Grant | undefined;
}

/** Sight with one grant for all entries. */
export class UniformSight implements Sight {
  readonly uniform: Grant;
  readonly isWhole = true;
  readonly id: string;

  constructor(grant: Grant, id: string) {
    this.uniform = grant;
    this.id = id;
  }

  get source(): object {
    return this.uniform;
  }

  grantOf(): Grant {
    return this.uniform;
  }

  grantAt(): Grant {
    return this.uniform;
  }
}

/** Nothing at all. */
export class NoSight implements Sight {
  readonly uniform = undefined;
  readonly isWhole = false;
  readonly source = this;
  readonly id = 'nothing';

  grantOf(): undefined {
    return undefined;
  }

  grantAt(): undefined {
    return undefined;
  }
}

export interface PolicySightOptions {
  readonly schema: Schema;
  readonly access: PolicyAccess;
  /** Grant of the privileges for every entry, beside policies. */
  readonly everywhere: Grant | undefined;
  /** Returns true for an entry that belongs to the requester itself, such as a task that it has added. */
  readonly isOwn?: ((entry: Entry) => boolean) | undefined;
  readonly ofOwn: Grant;
  /** Returns the grant that shows what either shows. */
  readonly join: (one: Grant, other: Grant) => Grant;
}

/** Sight by policies, entry by entry, beside the grant of the privileges for all. */
export class PolicySight implements Sight {
  readonly uniform = undefined;
  readonly #options: PolicySightOptions;

  constructor(options: PolicySightOptions) {
    this.#options = options;
  }

  get isWhole(): boolean {
    return this.#options.everywhere !== undefined;
  }

  get source(): object {
    const { access } = this.#options;
    return this.isWhole ? access.besidePrivileges : access;
  }

  get id(): string {
    return `${this.isWhole ? 'all and ' : ''}${this.#options.access.id}`;
  }

  grantOf(entry: Entry): Grant | undefined {
    const { access, isOwn, ofOwn } = this.#options;
    if (isOwn?.(entry) === true) return ofOwn;
    return this.#joined(access.grantOf(entry));
  }

  grantAt(dn: Dn): Grant | undefined {
    const { access, schema } = this.#options;
    return this.#joined(access.grantAtKey(schema.dnKey(dn)));
  }

  #joined(granted: Grant | undefined): Grant | undefined {
    const { everywhere, join } = this.#options;
    if (granted === undefined || everywhere === undefined) return granted ?? everywhere;
    return join(everywhere, granted);
  }
}
