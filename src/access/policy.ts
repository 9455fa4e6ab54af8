// A policy made ready for decisions: its patterns, lists and masks compiled.

import type { ObjectOfKind } from '../config/configuration-object.ts';
import type { Permission } from '../config/objects/global-access-control-policy.ts';
import type { DnPattern } from '../config/types/dn-pattern.ts';
import { type AttributeFacts, AttributeSet } from './attribute-set.ts';
import { compileDnPattern, type NameMatcher } from './dn-matcher.ts';

export type AccessPolicyObject = ObjectOfKind<'global-access-control-policy'>;

/** How a client is connected. */
export interface ConnectionFacts {
  /** An IP address; `local` for a local socket. */
  readonly address: string;
  /** The port of this server; undefined for a local socket. */
  readonly port: number | undefined;
  /** Policies name the protocols of LDAP alone. */
  readonly protocol: 'ldap' | 'ldaps' | 'ldapi' | 'http';
  /** Strength of the protection of the connection, in bits of the key. */
  readonly ssf: number;
}

/** Names of one entry: its own, and that of its twin in cn=config. */
export interface TargetName {
  readonly key: string;
  readonly levels: readonly string[];
}

/** The names that policies know an entry by, before and after a rename. */
export interface NewName {
  readonly from: readonly TargetName[];
  readonly to: readonly TargetName[];
}

export class AccessPolicy {
  readonly name: string;
  readonly dn: string;
  readonly permissions: ReadonlySet<Permission>;
  readonly attributes: AttributeSet;
  /** OIDs. */
  readonly controls: ReadonlySet<string>;
  readonly extendedOperations: ReadonlySet<string>;
  readonly #object: AccessPolicyObject;
  readonly #users: Names;
  readonly #otherUsers: Names;
  readonly #targets: Names;
  readonly #otherTargets: Names;

  constructor(object: AccessPolicyObject, facts: AttributeFacts) {
    const { schema } = facts;
    this.#object = object;
    this.name = object.name;
    this.dn = object.dn.toString();
    this.permissions = new Set(object.permission);
    this.attributes = new AttributeSet(facts, object.allowedAttribute, object.allowedAttributeException);
    this.controls = new Set(object.allowedControl.flatMap(({ oids }) => oids));
    this.extendedOperations = new Set(object.allowedExtendedOperation.flatMap(({ oids }) => oids));
    const names = (patterns: readonly DnPattern[]) =>
      new Names(
        new Set(patterns.flatMap(({ exact }) => (exact === undefined ? [] : [schema.dnKey(exact)]))),
        patterns
          .filter(({ exact }) => exact === undefined)
          .map((pattern) => compileDnPattern(pattern, schema)),
      );
    this.#users = names(object.userDnEqualTo);
    this.#otherUsers = names(object.userDnNotEqualTo);
    this.#targets = names(object.requestTargetDnEqualTo);
    this.#otherTargets = names(object.requestTargetDnNotEqualTo);
  }

  /** All that the object says. */
  get text(): string {
    return JSON.stringify(this.#object);
  }

  /** Keys of the entries that alone the policy can be about; undefined if it may be about any. */
  get targetKeys(): ReadonlySet<string> | undefined {
    return this.#targets.isOpen ? undefined : this.#targets.keys;
  }

  /** Returns true if the policy is for this account on this connection. Takes an empty name for the anonymous. */
  isFor(user: TargetName, connection: ConnectionFacts | undefined): boolean {
    const { authenticationRequired } = this.#object;
    if (authenticationRequired && user.key === '') return false;
    if (!this.#users.isEmpty && !this.#users.has(user)) return false;
    return !this.#otherUsers.has(user) && this.#isForConnection(connection);
  }

  /** Returns true if the policy is about the entry with one of these names. */
  isAbout(names: readonly TargetName[], userKey: string): boolean {
    const { requestTargetDnEqualToUserDn } = this.#object;
    if (requestTargetDnEqualToUserDn && !(userKey !== '' && names.some(({ key }) => key === userKey)))
      return false;
    if (!this.#targets.isEmpty && !names.some((name) => this.#targets.has(name))) return false;
    return !names.some((name) => this.#otherTargets.has(name));
  }

  /** Returns true if the policy is about the entry when it has its new name. DNs in policies follow a rename. */
  willBeAbout({ from, to }: NewName): boolean {
    if (this.#object.requestTargetDnEqualToUserDn) return false;
    const has = (list: Names) =>
      to.some((name) => list.has(name)) || from.some(({ key }) => list.keys.has(key));
    return (this.#targets.isEmpty || has(this.#targets)) && !has(this.#otherTargets);
  }

  #isForConnection(connection: ConnectionFacts | undefined): boolean {
    const {
      connectionClientAddressEqualTo: from,
      connectionClientAddressNotEqualTo: notFrom,
      connectionMinimumSsf,
      connectionPortEqualTo: ports,
      connectionProtocolEqualTo: protocols,
    } = this.#object;
    const { address = '', port = 0, protocol = undefined, ssf = 0 } = connection ?? {};
    if (from.length > 0 && !from.some((mask) => mask.matches(address))) return false;
    if (notFrom.some((mask) => mask.matches(address))) return false;
    if (ssf < connectionMinimumSsf) return false;
    if (ports.length > 0 && !ports.includes(port)) return false;
    return protocols.length === 0 || protocols.some((one) => one === protocol);
  }
}

/** A list of patterns: those that are DNs by their keys. */
class Names {
  readonly keys: ReadonlySet<string>;
  readonly #patterns: readonly NameMatcher[];

  constructor(keys: ReadonlySet<string>, patterns: readonly NameMatcher[]) {
    this.keys = keys;
    this.#patterns = patterns;
  }

  get isEmpty(): boolean {
    return this.keys.size === 0 && this.#patterns.length === 0;
  }

  /** True if more than the names in `keys` may be meant. */
  get isOpen(): boolean {
    return this.isEmpty || this.#patterns.length > 0;
  }

  has({ key, levels }: TargetName): boolean {
    return this.keys.has(key) || this.#patterns.some((matches) => matches(levels));
  }
}
