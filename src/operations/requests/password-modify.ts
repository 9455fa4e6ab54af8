// Password Modify (RFC 3062): whoever knows its old password sets its own; whoever has the privilege password-reset
// sets those of others. Either is an ordinary change to the backend, which hashes the password and stores it.

import type { Requester } from '../../backend/backend.ts';
import { formatGeneratedPassword, readPasswordModifyValue } from '../../codec/password-modify-ber.ts';
import type { Privilege } from '../../config/objects/root-dn-user.ts';
import { isPrepared } from '../../config/passwords/stored-password.ts';
import type { Modification } from '../../ldap/change.ts';
import { Dn } from '../../ldap/dn.ts';
import { Attribute } from '../../ldap/entry.ts';
import { LdapError } from '../../ldap/ldap-error.ts';
import { generatePassword } from '../../policy/generated-password.ts';
import { type Account, policyOf } from '../../runtime/accounts.ts';
import { requireWrite } from '../access.ts';
import { type Answer, SUCCESS } from '../answer.ts';
import { confidentialityRequired, isProtected } from '../confidentiality.ts';
import { AccountRequester } from '../login/account-requester.ts';
import { loginSourceOf } from '../login/login-source.ts';
import type { Operation, Services } from '../operation.ts';
import { requireChangeOf } from '../policy-notices.ts';
import { keyOfAuthentication } from '../sasl/authorization-identity.ts';
import type { ExtendedRequest } from './extended-request.ts';

const RESET_PRIVILEGE: Privilege = 'password-reset';
const PASSWORD_ATTRIBUTE = 'userPassword';

interface Target {
  readonly key: string;
  /** Undefined for an entry that nobody logs in to. */
  readonly account: Account | undefined;
  readonly dn: Dn;
  readonly isOwn: boolean;
}

/** Changes a password (RFC 3062 §2). Without a new one it answers with a generated one. Rejects with LdapError. */
export async function passwordModify(
  request: ExtendedRequest,
  operation: Operation,
  services: Services,
): Promise<Answer> {
  const { session, connection } = operation;
  if (!connection.mayReceivePasswords) throw confidentialityRequired();
  const { userIdentity, oldPassword, newPassword } = readPasswordModifyValue(request.value);
  if (newPassword !== undefined && isPrepared(newPassword)) throw preparedPassword();
  const { requester } = session;
  const target = findTarget(userIdentity, requester, services);
  requireChangeOf(target.key, operation, services);
  requireProtected(target, operation, services);
  if (oldPassword !== undefined) await operation.becomeAlone();
  const rights = await rightsOver(target, oldPassword, operation, services);
  const backend = services.contexts.find(target.key);
  if (backend === undefined) throw noSuchEntry(target.dn.toString());
  if (target.account === undefined) requireWrite(backend, rights);
  const password = newPassword ?? generate(target, services);
  const outcome = await backend.change(
    { type: 'modify', dn: target.dn, modifications: modificationsFor(target, oldPassword, password) },
    rights,
    undefined,
    session.writeOrder,
  );
  if (target.isOwn && requester instanceof AccountRequester) requester.renew();
  const value = newPassword === undefined ? formatGeneratedPassword(password) : undefined;
  return { ...SUCCESS, diagnosticMessage: outcome.notes.join('\n'), value };
}

/** Throws confidentialityRequired (13) if the policy of the account takes passwords over TLS only. */
function requireProtected({ account }: Target, { connection }: Operation, services: Services): void {
  const { lockout } = services.authentication;
  if (account !== undefined && !lockout.takesPasswordsBy(account, isProtected(connection)))
    throw confidentialityRequired();
}

/** The owner's old password goes with the change, for validators that compare the two. */
function modificationsFor(
  { isOwn }: Target,
  oldPassword: string | undefined,
  password: string,
): readonly Modification[] {
  const replace = { operation: 'replace', attribute: new Attribute(PASSWORD_ATTRIBUTE, [password]) } as const;
  if (!isOwn || oldPassword === undefined) return [replace];
  return [{ operation: 'delete', attribute: new Attribute(PASSWORD_ATTRIBUTE, [oldPassword]) }, replace];
}

/** Throws unwillingToPerform (53) if the policy accepts none of the random passwords. */
function generate({ account, dn }: Target, { findPolicy }: Services): string {
  const policy = account === undefined ? undefined : policyOf(account, findPolicy);
  const password = generatePassword(policy);
  if (password !== undefined) return password;
  throw new LdapError(
    'unwillingToPerform',
    `${dn}: no random password was found that the validators of ${policy?.dn} accept. Give a new password.`,
  );
}

function findTarget(identity: string | undefined, requester: Requester, services: Services): Target {
  if (requester.dn === '') {
    throw new LdapError(
      'insufficientAccessRights',
      'An anonymous client has no password to change. Bind first.',
    );
  }
  const { accounts } = services.authentication;
  const key = services.keyOf(requester.dn);
  const wanted = identity === undefined ? key : keyOfAuthentication(identity, accounts);
  const account = wanted === undefined ? undefined : accounts.find(wanted);
  const isOwn = account?.key === key;
  // Asked before anything is said of the account: whoever may not set its password learns nothing of it.
  if (!isOwn && !requester.privileges.has(RESET_PRIVILEGE)) {
    throw new LdapError(
      'insufficientAccessRights',
      `${requester.dn} may not set the password of ${identity ?? requester.dn}: that needs the privilege ${RESET_PRIVILEGE}.`,
    );
  }
  if (account !== undefined) return { key: account.key, account, dn: Dn.parse(account.dn), isOwn };
  if (wanted === undefined || identity?.includes('=') !== true) throw noSuchEntry(JSON.stringify(identity));
  return { key: wanted, account, dn: Dn.parse(identity.replace(/^dn:/i, '')), isOwn };
}

/** Throws unwillingToPerform (53) without an old password that is needed, and invalidCredentials (49) when an old password is given and wrong. */
async function rightsOver(
  { account, dn, isOwn }: Target,
  oldPassword: string | undefined,
  { session: { requester }, connection }: Operation,
  { authentication }: Services,
): Promise<Requester> {
  const mayReset = requester.privileges.has(RESET_PRIVILEGE);
  if (oldPassword === undefined) {
    if (mayReset) return requester;
    throw new LdapError(
      'unwillingToPerform',
      `Give the old password too (ldappasswd -a or -A). Only the privilege ${RESET_PRIVILEGE} makes it unnecessary.`,
    );
  }
  if (account === undefined) {
    throw new LdapError(
      'unwillingToPerform',
      `${dn} is no account, so there is no old password to compare. Leave it out.`,
    );
  }
  await authentication.verifyAt(account.key, oldPassword, loginSourceOf(connection));
  authentication.lockout.requireUsable(account);
  if (!isOwn) return requester;
  // Knowing the password is as good as the privilege, for this one change of one's own.
  const privileges = new Set([...requester.privileges, RESET_PRIVILEGE]);
  return { dn: requester.dn, name: requester.name, privileges, connection: requester.connection };
}

/** RFC 3062 §2: it is the new password that is sent. Whoever sets its own would choose how much a login costs everybody. */
function preparedPassword(): LdapError {
  return new LdapError(
    'constraintViolation',
    'Password Modify takes the new password itself, which may not begin with {…}. A hash is set by a modify of userPassword.',
  );
}

function noSuchEntry(name: string): LdapError {
  return new LdapError('noSuchObject', `${name}: there is no such entry.`);
}
