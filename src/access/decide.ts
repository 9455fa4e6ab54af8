// The one decision: whether some of the policies that are for a requester allow what it asks for. Policies only add, and
// none goes before another. Privileges are asked before, and mean everything.

import type { Permission } from '../config/objects/global-access-control-policy.ts';
import type { AccessPolicy, TargetName } from './policy.ts';

export interface AccessQuestion {
  /** The policies that are for the requester on its connection. */
  readonly policies: readonly AccessPolicy[];
  /** The key of the DN of the requester; empty for the anonymous. */
  readonly userKey: string;
  readonly permission: Permission;
  /** The names of the entry and of its twin. */
  readonly target: readonly TargetName[];
  /** Keys of the types of the attributes that the request names. */
  readonly attributes: Iterable<string>;
}

export interface AccessDecision {
  readonly isAllowed: boolean;
  /** The policies that give the permission on the entry. */
  readonly policies: readonly AccessPolicy[];
  /** Attributes that none of those allows. */
  readonly missing: readonly string[];
}

/** Returns the policies by which it is allowed for some of the attributes, or for the entry where none are named. */
export function decidingPolicies(
  { policies }: AccessDecision,
  attributes: readonly string[],
): readonly AccessPolicy[] {
  if (attributes.length === 0) return policies;
  return policies.filter((policy) => attributes.some((key) => policy.attributes.has(key)));
}

/** Returns whether the requester may do this, and by which policies. */
export function decide({
  policies,
  userKey,
  permission,
  target,
  attributes,
}: AccessQuestion): AccessDecision {
  const granting = policies.filter(
    (policy) => policy.permissions.has(permission) && policy.isAbout(target, userKey),
  );
  const missing = [...attributes].filter((key) => !granting.some((policy) => policy.attributes.has(key)));
  return { isAllowed: granting.length > 0 && missing.length === 0, policies: granting, missing };
}
