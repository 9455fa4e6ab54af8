// What clients are told of password policies, in controls: the response of draft-behera-ldap-password-policy, to those that ask
// for it, and those of draft-vchu-ldap-pwd-policy, which clients of Netscape's servers expect without asking.

import { writePasswordPolicyResponse } from '../codec/password-policy-control.ts';
import { LdapError } from '../ldap/ldap-error.ts';
import type { Request } from '../ldap/message.ts';
import { Oid } from '../ldap/oids.ts';
import { PolicyError } from '../policy/policy-error.ts';
import type { Account } from '../runtime/accounts.ts';
import type { Answer } from './answer.ts';
import { AccountRefused } from './login/account-lockout.ts';
import { AccountRequester } from './login/account-requester.ts';
import { isPasswordAttribute } from './login/password-attributes.ts';
import type { Operation, Services } from './operation.ts';

/** Its value is always this (draft-vchu-ldap-pwd-policy §2). */
const EXPIRED_VALUE = '0';
const ERROR_DEPTH_MAX = 4;
const FREE_EXTENSIONS: ReadonlySet<string> = new Set([
  Oid.passwordModify,
  Oid.startTls,
  Oid.whoAmI,
  Oid.cancel,
]);

/** Adds what a login that has succeeded is told. */
export function sayLoggedIn(operation: Operation, isAsked: boolean): void {
  const { requester } = operation.session;
  const notice = requester instanceof AccountRequester ? requester.notice : undefined;
  const expiresInSeconds =
    notice?.expiresInMs === undefined ? undefined : Math.floor(notice.expiresInMs / 1000);
  if (notice?.mustChange !== undefined) operation.addFinalControl(Oid.passwordExpired, EXPIRED_VALUE);
  else if (expiresInSeconds !== undefined)
    operation.addFinalControl(Oid.passwordExpiring, String(expiresInSeconds));
  if (!isAsked) return;
  const error = notice?.mustChange === 'reset' ? PolicyError.changeAfterReset : undefined;
  const value = writePasswordPolicyResponse({ expiresInSeconds, graceLogins: notice?.graceLeft, error });
  operation.addFinalControl(Oid.passwordPolicy, value);
}

/** Adds what a login that has failed is told: nothing unless the client has proved itself. */
export function sayRefused(error: unknown, operation: Operation, isAsked: boolean): void {
  const reason = error instanceof AccountRefused ? error.reason : undefined;
  if (reason === 'password expired') operation.addFinalControl(Oid.passwordExpired, EXPIRED_VALUE);
  if (!isAsked) return;
  const code =
    reason === undefined
      ? undefined
      : reason === 'password expired'
        ? PolicyError.passwordExpired
        : PolicyError.accountLocked;
  operation.addFinalControl(Oid.passwordPolicy, writePasswordPolicyResponse({ error: code }));
}

/** Adds what is wrong with a new password, or nothing if it was set, for clients that ask for it. */
export function withPolicyResponse(
  work: () => Answer | Promise<Answer>,
  request: Request,
  operation: Operation,
): Answer | Promise<Answer> {
  const say = (error?: number) => {
    if (error === undefined && !maySetPasswords(request)) return;
    operation.addFinalControl(Oid.passwordPolicy, writePasswordPolicyResponse({ error }));
  };
  const done = (answer: Answer): Answer => {
    say();
    return answer;
  };
  const refused = (error: unknown): never => {
    say(policyErrorOf(error));
    throw error;
  };
  try {
    const answer = work();
    return answer instanceof Promise ? answer.then(done, refused) : done(answer);
  } catch (error) {
    return refused(error);
  }
}

function maySetPasswords(request: Request): boolean {
  if (request.type === 'extendedRequest') return request.oid === Oid.passwordModify;
  return request.type === 'addRequest' || request.type === 'modifyRequest';
}

function policyErrorOf(error: unknown): number | undefined {
  let at = error;
  for (let depth = 0; depth < ERROR_DEPTH_MAX && at instanceof LdapError; depth++) {
    const found = at.issues?.find(({ policyError }) => policyError !== undefined);
    if (found !== undefined) return found.policyError;
    at = at.cause;
  }
  return undefined;
}

/**
 * Throws unwillingToPerform (53) for what an account may not do before it has changed its password. What lets it change the
 * password is allowed.
 */
export function requireOwnPassword(request: Request, operation: Operation, services: Services): void {
  const { requester } = operation.session;
  if (!(requester instanceof AccountRequester) || requester.notice?.mustChange === undefined) return;
  if (request.type === 'bindRequest') return;
  if (request.type === 'extendedRequest' && FREE_EXTENSIONS.has(request.oid)) return;
  const isPassword =
    request.type === 'modifyRequest' &&
    request.modifications.every(({ attribute }) => isPasswordAttribute(attribute));
  requireChangeOf(isPassword ? services.keyOf(request.dn) : undefined, operation, services);
}

/**
 * Throws unwillingToPerform (53) if the requester must change its password, and this is not the key of its account, or its time
 * to change it is over.
 */
export function requireChangeOf(
  key: string | undefined,
  { session: { requester } }: Operation,
  { authentication }: Services,
): void {
  if (!(requester instanceof AccountRequester) || requester.notice?.mustChange === undefined) return;
  const { loggedInAccount } = requester;
  const { lockout } = authentication;
  if (!lockout.mustChange(loggedInAccount)) return;
  if (lockout.isTooLateToChange(loggedInAccount))
    throw refusal(
      loggedInAccount,
      PolicyError.accountLocked,
      'The time to change your password is over. An administrator can set another one.',
    );
  if (key === loggedInAccount.key) return;
  throw refusal(
    loggedInAccount,
    PolicyError.changeAfterReset,
    'Change your password first (ldappasswd -A -S): it was set by somebody else, or it has expired.',
  );
}

function refusal({ dn }: Pick<Account, 'dn'>, policyError: number, text: string): LdapError {
  const issue = { code: 'unwillingToPerform', dn, problem: text, policyError } as const;
  return new LdapError('unwillingToPerform', text, { issues: [issue] });
}
