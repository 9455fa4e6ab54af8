// The global access control policies of the configuration. A policy decides from the moment its commit is made.

import type { ObjectOfKind } from '../config/configuration-object.ts';
import type { Component, NewKeys, ObjectDifference, Prepared } from './component.ts';
import type { Facts, RunningPart } from './description.ts';
import { onCommit } from './renamed-keys.ts';

type PolicyObject = ObjectOfKind<'global-access-control-policy'>;

/** User of the policies, which decides by them. */
export interface PolicyUser {
  set(key: string, object: PolicyObject | undefined): void;
  readonly all: ReadonlyMap<string, { readonly text: string }>;
}

export class AccessPolicyComponent implements Component {
  readonly kind = 'global-access-control-policy';
  readonly #user: PolicyUser;

  constructor(user: PolicyUser) {
    this.#user = user;
  }

  /** The renamed policies are prepared under their new keys. */
  renamed(keys: NewKeys): Prepared {
    return onCommit(() => {
      for (const key of keys.keys()) this.#user.set(key, undefined);
    });
  }

  prepare({ key, after }: ObjectDifference): Prepared {
    const object = after?.kind === this.kind ? after : undefined;
    return onCommit(() => this.#user.set(key, object));
  }

  *describe(): Generator<RunningPart> {
    for (const [key, { text }] of this.#user.all) {
      const facts: Facts = { policy: text };
      yield { key, facts };
    }
  }
}
