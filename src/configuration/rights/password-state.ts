// What a new password leaves in the entry besides itself: when it was set, what it replaces, and whether it must be changed.
// It is part of the change that sets the password, so that the two are never apart.

import { PasswordState } from '../../config/operational-attributes.ts';
import { comparablesOf } from '../../config/passwords/stored-password.ts';
import { formatTime, parseTime } from '../../config/types/generalized-time.ts';
import { PASSWORD_STATE_KEYS } from '../../directory/password-state-keys.ts';
import { type Change, dnOfChange, type Modification } from '../../ldap/change.ts';
import { Attribute, type Entry } from '../../ldap/entry.ts';
import { refuseIfAny } from '../../ldap/issue.ts';
import { isNear } from '../../policy/login-rules.ts';
import type { PasswordProblem } from '../../policy/new-password.ts';
import type { PasswordPolicy, PasswordSetter } from '../../policy/password-policy.ts';
import { PolicyError } from '../../policy/policy-error.ts';
import type { Schema } from '../../schema/schema.ts';

const CHANGED = PasswordState.changedTime.name;
const HISTORY = PasswordState.history.name;
const RESET = PasswordState.reset.name;
const PASSWORD_KEY = 'userpassword';
/** OID of the syntax of userPassword (RFC 4517 §3.3.25), which is part of a value of pwdHistory. */
const OCTET_STRING = '1.3.6.1.4.1.1466.115.121.1.40';
/** As many as password-history-count may say. */
const HISTORY_MAX = 50;

/** Throws constraintViolation (19) for a change that sets what the server keeps with passwords. */
export function requireNoPasswordState(change: Change, schema: Schema): void {
  if (change.type === 'delete' || change.type === 'modifyDn') return;
  const attributes =
    change.type === 'add' ? change.entry.attributes : change.modifications.map(({ attribute }) => attribute);
  refuseIfAny(
    attributes.flatMap(({ description }) => {
      const type = schema.describe(description)?.type;
      if (type === undefined || !PASSWORD_STATE_KEYS.has(type.key)) return [];
      return {
        code: 'constraintViolation' as const,
        dn: dnOfChange(change).toString(),
        property: type.name,
        problem: 'is kept by the server',
        advice: 'Leave it out of the request.',
      };
    }),
  );
}

/** Returns the attributes of a new account with a password. */
export function stateOfNew({ settings }: PasswordPolicy, now: Date): readonly Attribute[] {
  const changed = attribute(CHANGED, [formatTime(now.getTime())]);
  return settings.forceChangeOnAdd ? [changed, attribute(RESET, ['TRUE'])] : [changed];
}

/** Returns the modifications that come with a new password of an account. */
export function stateAfterChange(
  entry: Entry,
  policy: PasswordPolicy,
  setter: PasswordSetter,
  now: Date,
): readonly Modification[] {
  const isReset = setter === 'other' && policy.settings.forceChangeOnReset;
  const wasReset = entry.find(RESET.toLowerCase()) !== undefined;
  const history = historyAfter(entry, policy, now);
  const hadHistory = entry.find(HISTORY.toLowerCase()) !== undefined;
  return [
    replace(CHANGED, [formatTime(now.getTime())]),
    ...(isReset || wasReset ? [replace(RESET, isReset ? ['TRUE'] : [])] : []),
    ...(history.length > 0 || hadHistory ? [replace(HISTORY, history)] : []),
  ];
}

/** Returns true if the policy forbids earlier passwords. */
export function remembers({ settings }: PasswordPolicy): boolean {
  return settings.passwordHistoryCount > 0 || settings.passwordHistoryDuration > 0;
}

/** Returns the hashes of the earlier passwords that cannot be chosen again. */
export function rememberedHashes(entry: Entry, policy: PasswordPolicy, now: Date): readonly string[] {
  return countingOf(entry.values(HISTORY.toLowerCase()), policy, now).map(hashOf);
}

/**
 * Returns the problem of a change of one's own password, whatever the new one is (draft-behera-ldap-password-policy §8.2).
 * @param change Whether it gives the current password too, and whether there is one.
 */
export function ownChangeProblem(
  { settings }: PasswordPolicy,
  change: { readonly givesCurrent: boolean; readonly hasPassword: boolean },
): PasswordProblem | undefined {
  if (!settings.allowUserPasswordChanges)
    return {
      problem: 'is not changed by the owner of the account: its password policy does not allow that',
      advice: 'Ask an administrator to set another one.',
      policyError: PolicyError.passwordModNotAllowed,
    };
  if (!settings.passwordChangeRequiresCurrentPassword || change.givesCurrent || !change.hasPassword)
    return undefined;
  return {
    problem: 'is changed by the owner of the account only with the current password',
    advice:
      'Give the current password too: ldappasswd -a or -A, or a modify that deletes it as a value and adds the new one.',
    policyError: PolicyError.mustSupplyOldPassword,
  };
}

/** Returns the problem of a password that was set too short a time ago to be changed by its owner. */
export function ageProblem(
  { settings: { minPasswordAge } }: PasswordPolicy,
  entry: Entry | undefined,
  setter: PasswordSetter,
  now: Date,
): PasswordProblem | undefined {
  const setAt = parseTime(entry?.first(CHANGED.toLowerCase()) ?? '');
  const isReset = entry?.first(RESET.toLowerCase())?.toLowerCase() === 'true';
  if (setter === 'other' || isReset || minPasswordAge === 0 || setAt === undefined) return undefined;
  if (!isNear(setAt, now.getTime(), minPasswordAge)) return undefined;
  const leftMs = setAt + minPasswordAge - now.getTime();
  return {
    problem: 'comes too soon after the present password was set',
    advice: `Change it in ${Math.ceil(leftMs / 1000)} seconds.`,
    policyError: PolicyError.passwordTooYoung,
  };
}

/** Returns the problem of a password that the account has had. */
export function usedBefore({ settings }: PasswordPolicy): PasswordProblem {
  const { passwordHistoryCount: count } = settings;
  return {
    problem: 'is, or was, a password of the account',
    advice: count > 0 ? `Choose one that is none of the last ${count}.` : 'Choose one that it has never had.',
    policyError: PolicyError.passwordInHistory,
  };
}

function historyAfter(entry: Entry, policy: PasswordPolicy, now: Date): readonly string[] {
  if (!remembers(policy)) return [];
  const time = formatTime(now.getTime());
  const replaced = comparablesOf(entry.values(PASSWORD_KEY)).map(
    ({ value }) => `${time}#${OCTET_STRING}#${value}`,
  );
  return countingOf([...entry.values(HISTORY.toLowerCase()), ...replaced], policy, now);
}

/** Takes values from the oldest to the latest; returns those that the policy still counts. */
function countingOf(values: readonly string[], { settings }: PasswordPolicy, now: Date): readonly string[] {
  const { passwordHistoryCount: count, passwordHistoryDuration: duration } = settings;
  if (count === 0 && duration === 0) return [];
  const since = duration === 0 ? Number.NEGATIVE_INFINITY : now.getTime() - duration;
  return values
    .filter((value) => (parseTime(value.slice(0, value.indexOf('#'))) ?? 0) >= since)
    .slice(-(count === 0 ? HISTORY_MAX : count));
}

/** A value is a time, the OID of a syntax, and the hash, with # between them. */
function hashOf(value: string): string {
  return value.split('#').slice(2).join('#');
}

function attribute(name: string, values: readonly string[]): Attribute {
  return new Attribute(name, values, name.toLowerCase());
}

function replace(name: string, values: readonly string[]): Modification {
  return { operation: 'replace', attribute: attribute(name, values) };
}
