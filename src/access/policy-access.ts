// What the policies that are for one requester allow it, looked up quickly: policies about single entries by their names, the
// grants to read by the policies that they come from.

import { createHash } from 'node:crypto';
import type { Permission } from '../config/objects/global-access-control-policy.ts';
import type { Entry } from '../ldap/entry.ts';
import { type AccessDecision, decide } from './decide.ts';
import { Grant } from './grant.ts';
import type { SecretValues } from './masking.ts';
import type { AccessPolicy, TargetName } from './policy.ts';
import type { TargetNames } from './target-names.ts';

export interface PolicyAccessOptions {
  readonly userKey: string;
  /** Those that are for the requester; not empty. */
  readonly policies: readonly AccessPolicy[];
  readonly secrets: SecretValues;
  readonly names: TargetNames;
}

export class PolicyAccess {
  readonly #options: PolicyAccessOptions;
  readonly #permissions: ReadonlySet<Permission>;
  /** Policies about single entries, by the keys of those. */
  readonly #byTarget = new Map<string, AccessPolicy[]>();
  /** Policies about entries that patterns tell. */
  readonly #open: AccessPolicy[] = [];
  readonly #grants = new Map<string, Grant>();
  readonly #ofEntries = new WeakMap<Entry, { readonly grant: Grant | undefined }>();
  /** Stands for this and the privileges that show everything. */
  readonly besidePrivileges = {};
  /** True if some policy allows to read secrets. */
  readonly readsSecrets: boolean;
  /** Made when it is needed: watches ask for it, at every commit. */
  #id: string | undefined;

  constructor(options: PolicyAccessOptions) {
    const { policies, secrets } = options;
    this.#options = options;
    this.#permissions = new Set(policies.flatMap(({ permissions }) => [...permissions]));
    for (const policy of policies) {
      if (policy.targetKeys === undefined) this.#open.push(policy);
      for (const key of policy.targetKeys ?? []) {
        const known = this.#byTarget.get(key);
        if (known === undefined) this.#byTarget.set(key, [policy]);
        else known.push(policy);
      }
    }
    const named = [...secrets.secretAttributes, ...secrets.mixedAttributes];
    this.readsSecrets = policies.some(
      ({ permissions, attributes }) =>
        permissions.has('read') && named.some((key) => attributes.hasSecretsOf(key)),
    );
  }

  /** Names what is allowed: the same as long as the policies are the same, over restarts too. */
  get id(): string {
    this.#id ??= digestOf(this.#options.policies);
    return this.#id;
  }

  /** The policies that are for the requester. */
  get policies(): readonly AccessPolicy[] {
    return this.#options.policies;
  }

  /** Returns true if some policy gives the permission on something. */
  gives(permission: Permission): boolean {
    return this.#permissions.has(permission);
  }

  allowsControl(oid: string): boolean {
    return this.#options.policies.some(({ controls }) => controls.has(oid));
  }

  allowsExtendedOperation(oid: string): boolean {
    return this.#options.policies.some(({ extendedOperations }) => extendedOperations.has(oid));
  }

  /** Decides about an entry by its names. Takes the keys of the types of attributes. */
  decide(
    permission: Permission,
    target: readonly TargetName[],
    attributes: Iterable<string> = [],
  ): AccessDecision {
    const { userKey } = this.#options;
    return decide({ policies: this.#about(target), userKey, permission, target, attributes });
  }

  /** Decides about the entry with a key. */
  decideAt(permission: Permission, key: string, attributes: Iterable<string> = []): AccessDecision {
    return this.decide(permission, this.#options.names.ofKey(key), attributes);
  }

  /** Returns what may be read of an entry, as it is shown; undefined if nothing may, not even that it exists. */
  grantOf(entry: Entry): Grant | undefined {
    const known = this.#ofEntries.get(entry);
    if (known !== undefined) return known.grant;
    const grant = this.grantAt(this.#options.names.ofEntry(entry));
    this.#ofEntries.set(entry, { grant });
    return grant;
  }

  /** Returns what may be read of the entry with these names. */
  grantAt(target: readonly TargetName[]): Grant | undefined {
    const { policies } = this.decide('read', target);
    if (policies.length === 0) return undefined;
    const key = policies.map(({ dn }) => dn).join('\n');
    const known = this.#grants.get(key);
    if (known !== undefined) return known;
    const grant = new Grant(this.#options.secrets, {
      reads: (typeKey) => policies.some(({ attributes }) => attributes.has(typeKey)),
      readsSecrets: (typeKey) => policies.some(({ attributes }) => attributes.hasSecretsOf(typeKey)),
    });
    this.#grants.set(key, grant);
    return grant;
  }

  /** Returns what may be read of the entry with a key. */
  grantAtKey(key: string): Grant | undefined {
    return this.grantAt(this.#options.names.ofKey(key));
  }

  #about(target: readonly TargetName[]): readonly AccessPolicy[] {
    const own = target.flatMap(({ key }) => this.#byTarget.get(key) ?? []);
    if (own.length === 0) return this.#open;
    return [...new Set([...own, ...this.#open])];
  }
}

function digestOf(policies: readonly AccessPolicy[]): string {
  const texts = policies.map(({ text }) => text).toSorted();
  return createHash('sha256').update(texts.join('\n')).digest('hex');
}
