// All policies, and for each requester those that are for it. What is compiled for a requester is kept until a commit changes
// a policy, the account, or its connection.

import { Memo } from '../schema/memo.ts';
import type { Schema } from '../schema/schema.ts';
import { levelsOf } from './dn-matcher.ts';
import type { SecretValues } from './masking.ts';
import { AccessPolicy, type AccessPolicyObject, type ConnectionFacts } from './policy.ts';
import { PolicyAccess } from './policy-access.ts';
import { RightsChanges } from './rights-changes.ts';
import { TargetNames } from './target-names.ts';

/** Who asks. */
export interface Subject {
  /** The DN of the account; empty for the anonymous. */
  readonly dn: string;
  readonly connection?: ConnectionFacts | undefined;
}

interface Compiled {
  readonly generation: number;
  readonly dn: string;
  readonly connection: ConnectionFacts | undefined;
  readonly ssf: number | undefined;
  readonly access: PolicyAccess | undefined;
}

const COMPILED_MAX = 1024;

export class AccessPolicies {
  readonly names: TargetNames;
  /** Reports changes of policies, and what else rights depend on. */
  readonly changes = new RightsChanges();
  readonly #schema: Schema;
  readonly #secrets: SecretValues;
  readonly #policies = new Map<string, AccessPolicy>();
  #generation = 0;
  readonly #bySubject = new WeakMap<Subject, Compiled>();
  #byFacts = new Memo<string, { readonly access: PolicyAccess | undefined }>(COMPILED_MAX);

  constructor(schema: Schema, secrets: SecretValues) {
    this.#schema = schema;
    this.#secrets = secrets;
    this.names = new TargetNames(schema);
  }

  /** Another number after each change of a policy. */
  get generation(): number {
    return this.#generation;
  }

  get all(): ReadonlyMap<string, AccessPolicy> {
    return this.#policies;
  }

  /** Sets the policy with a key, or removes it. */
  set(key: string, object: AccessPolicyObject | undefined): void {
    const { secretAttributes } = this.#secrets;
    if (object === undefined) this.#policies.delete(key);
    else this.#policies.set(key, new AccessPolicy(object, { schema: this.#schema, secretAttributes }));
    this.#generation += 1;
    this.#byFacts = new Memo(COMPILED_MAX);
    this.changes.changed();
  }

  /** Returns what policies allow a requester; undefined if none is for it. */
  accessOf(subject: Subject): PolicyAccess | undefined {
    if (this.#policies.size === 0) return undefined;
    const { dn, connection } = subject;
    const known = this.#bySubject.get(subject);
    // Of the facts of one connection, TLS alone begins later.
    const ssf = connection?.ssf;
    if (
      known !== undefined &&
      known.generation === this.#generation &&
      known.dn === dn &&
      known.connection === connection &&
      known.ssf === ssf
    )
      return known.access;
    const key = connection === undefined ? dn : factsKey(dn, connection);
    const access = this.#accessBy(key, dn, connection);
    this.#bySubject.set(subject, { generation: this.#generation, dn, connection, ssf, access });
    return access;
  }

  #accessBy(key: string, dn: string, connection: ConnectionFacts | undefined): PolicyAccess | undefined {
    const known = this.#byFacts.find(key);
    if (known !== undefined) return known.access;
    const userKey = this.#schema.dnKeyOfText(dn);
    const user = { key: userKey, levels: levelsOf(userKey) };
    const policies = [...this.#policies.values()].filter((policy) => policy.isFor(user, connection));
    const options = { userKey, policies, secrets: this.#secrets, names: this.names };
    const access = policies.length === 0 ? undefined : new PolicyAccess(options);
    this.#byFacts.remember(key, { access });
    return access;
  }
}

function factsKey(dn: string, { address, port, protocol, ssf }: ConnectionFacts): string {
  return `${dn}\n${address}\n${port}\n${protocol}\n${ssf}`;
}
