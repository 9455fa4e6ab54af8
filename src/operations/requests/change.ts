// Add, delete, modify and modify DN (RFC 4511 §4.6–4.9): the four requests become a Change, and the backend that
// answers for the name does it.

import type { Backend, ChangeOptions, ChangeOutcome } from '../../backend/backend.ts';
import { writeReadEntryResult } from '../../codec/entry-controls.ts';
import { octetsOfEntry } from '../../directory/kept-octets.ts';
import type { HeldOctets } from '../../directory/octet-budget.ts';
import { type Change, dnOfChange } from '../../ldap/change.ts';
import type { Control } from '../../ldap/control.ts';
import { Dn } from '../../ldap/dn.ts';
import { Entry } from '../../ldap/entry.ts';
import { LdapError } from '../../ldap/ldap-error.ts';
import type { Request } from '../../ldap/message.ts';
import { Oid } from '../../ldap/oids.ts';
import type { Rdn } from '../../ldap/rdn.ts';
import { ResultCode } from '../../ldap/result-code.ts';
import { requireWrite, writesAll } from '../access.ts';
import { type Answer, SUCCESS } from '../answer.ts';
import { NO_CONTROLS, type RequestControls } from '../controls/request-controls.ts';
import { AccountRequester } from '../login/account-requester.ts';
import { loginSourceOf } from '../login/login-source.ts';
import { findPasswordReplacer, givenPasswords } from '../login/own-password.ts';
import { requireProtectedPasswords } from '../login/protected-passwords.ts';
import { findUnlocked, requireUnlockRights } from '../login/unlock.ts';
import type { Operation, Services } from '../operation.ts';
import { permittedControls } from '../policy-controls.ts';

/** How often an entry that is returned with a change is there: as octets, as a text, in the answer. */
const READ_ENTRY_FACTOR = 3;

export type ChangeRequest = Extract<
  Request,
  { type: 'addRequest' | 'deleteRequest' | 'modifyRequest' | 'modifyDnRequest' }
>;

/** Answers an add, delete, modify or modify DN (RFC 4511 §4.6 to §4.9). Throws, or rejects with, LdapError. */
export function change(
  request: ChangeRequest,
  operation: Operation,
  services: Services,
  given: RequestControls,
): Answer | Promise<Answer> {
  const { contexts, keyOf } = services;
  const { requester } = operation;
  const asked = changeOf(request);
  const backend = contexts.find(keyOf(dnOfChange(asked).toString()));
  if (backend === undefined) {
    const dn = dnOfChange(asked);
    throw new LdapError(
      'noSuchObject',
      `${dn}: there is no suffix above this name. Mail servers live under cn=Mail Servers,cn=config.`,
    );
  }
  requireWrite(backend, requester);
  requireProtectedPasswords(asked, backend, operation, services);
  const unlocked = findUnlocked(asked, given, services);
  if (unlocked !== undefined) {
    requireUnlockRights(unlocked, requester);
    services.authentication.lockout.unlock(unlocked);
    return SUCCESS;
  }
  const proved = provePassword(asked, operation, services);
  const work = () => changeIn(backend, asked, operation, services, given);
  return proved === undefined ? work() : proved.then(work);
}

/**
 * Verifies the current password in a change of one's own, where the policy asks for it: guesses are then slow, and count as logins
 * do. Rejects with invalidCredentials (49), also while the account is locked: the new password would unlock it. Requests behind it
 * wait, or they would overtake it: the end of its transaction, or another change of the same password.
 */
function provePassword(
  asked: Change,
  operation: Operation,
  { authentication, keyOf }: Services,
): Promise<unknown> | undefined {
  const { requester, connection } = operation;
  const given = givenPasswords(asked, requester, keyOf);
  if (given.length === 0 || !(requester instanceof AccountRequester)) return undefined;
  const { account } = requester;
  if (!authentication.lockout.asksForCurrentPassword(account)) return undefined;
  const source = loginSourceOf(connection);
  const proved = async () => {
    await Promise.all(given.map(async (password) => authentication.verifyAt(account.key, password, source)));
    authentication.lockout.requireUsable(account);
  };
  return operation.becomeAlone().then(proved);
}

function changeIn(
  backend: Backend,
  asked: Change,
  operation: Operation,
  { keyOf }: Services,
  given: RequestControls,
): Answer | Promise<Answer> {
  const { requester } = operation;
  const controls = writesAll(backend, requester) ? given : permittedControls(given, backend, requester);
  const replacer = findPasswordReplacer(asked, requester, keyOf);
  if (controls === NO_CONTROLS) return changeNow(backend, asked, operation, replacer);
  const options = optionsOf(controls);
  if (controls.transaction === undefined) return changeNow(backend, asked, operation, replacer, options);
  if (options.noOp === true) {
    throw new LdapError(
      'unwillingToPerform',
      'A change of a transaction cannot be a trial. Leave out no-op.',
    );
  }
  const { transactions } = operation.session;
  const step = { change: asked, options };
  transactions.collect(controls.transaction.value, requester, { messageId: operation.id, backend, step });
  return SUCCESS;
}

async function changeNow(
  backend: Backend,
  asked: Change,
  operation: Operation,
  replacer: AccountRequester | undefined,
  options?: ChangeOptions,
): Promise<Answer> {
  const outcome = await backend.change(asked, operation.requester, options, operation.session.writeOrder);
  if (options?.noOp !== true) replacer?.renew();
  const notes = outcome.notes.join('\n');
  if (options === undefined) return { ...SUCCESS, diagnosticMessage: notes };
  const controls = readEntryControls(outcome, operation.held);
  if (options.noOp !== true) return { ...SUCCESS, diagnosticMessage: notes, controls };
  return {
    ...SUCCESS,
    code: ResultCode.noOperation,
    diagnosticMessage: 'The change is possible. Nothing was changed, as the no-op control asks for.',
    controls,
  };
}

function optionsOf(controls: RequestControls): ChangeOptions {
  return {
    assertion: controls.assertion?.value,
    noOp: controls.noOp?.value,
    subtreeDelete: controls.subtreeDelete?.value,
    manageDsaIt: controls.manageDsaIt?.value,
    permissiveModify: controls.permissiveModify?.value,
    preRead: controls.preRead?.value,
    postRead: controls.postRead?.value,
  };
}

/**
 * The response controls of RFC 4527. Where there is no memory for one it is left out: the change is made, and the answer
 * says so.
 */
export function readEntryControls({ before, after }: ChangeOutcome, held: HeldOctets): readonly Control[] {
  const controls: Control[] = [];
  const add = (oid: string, entry: Entry | undefined) => {
    if (entry === undefined || !held.tryTake(READ_ENTRY_FACTOR * octetsOfEntry(entry))) return;
    controls.push({ oid, criticality: false, value: writeReadEntryResult(entry) });
  };
  add(Oid.preRead, before);
  add(Oid.postRead, after);
  return controls;
}

function changeOf(request: ChangeRequest): Change {
  const dn = Dn.parse(request.dn);
  switch (request.type) {
    case 'addRequest':
      return { type: 'add', entry: new Entry(dn, request.attributes) };
    case 'deleteRequest':
      return { type: 'delete', dn };
    case 'modifyRequest':
      return { type: 'modify', dn, modifications: request.modifications };
    case 'modifyDnRequest': {
      const newSuperior = request.newSuperior === undefined ? undefined : Dn.parse(request.newSuperior);
      return {
        type: 'modifyDn',
        dn,
        newRdn: rdnOf(request.newRdn),
        deleteOldRdn: request.deleteOldRdn,
        newSuperior,
      };
    }
  }
}

function rdnOf(text: string): Rdn {
  const [rdn, ...others] = Dn.parse(text).rdns;
  if (rdn === undefined || others.length > 0) {
    throw new LdapError(
      'invalidDnSyntax',
      `The new RDN ${JSON.stringify(text)} must be one name like cn=Example.`,
    );
  }
  return rdn;
}
