// A mail server made from a trial change; it is never stored. The change is checked as if it were to be stored, with the
// effective sources, and becomes an object in memory.

import type { Requester } from '../backend/backend.ts';
import type { ConfigurationObject } from '../config/configuration-object.ts';
import { messageOf } from '../files/file-error.ts';
import { type Change, dnOfChange } from '../ldap/change.ts';
import type { Entry } from '../ldap/entry.ts';
import { type Issue, refuseIfAny } from '../ldap/issue.ts';
import { LdapError } from '../ldap/ldap-error.ts';
import type { MailServerObject } from '../runtime/mail-servers.ts';

export interface MailServerChangeOptions {
  readonly keyOf: (dn: string) => string;
  /** Parses an LDIF text that holds one change. Throws an error that quotes none of its values. */
  readonly readChange: (ldif: string) => Change;
  /** Returns the object that the change would make. Rejects with the LdapError that would refuse the change. */
  readonly tryObject: (change: Change, requester: Requester) => Promise<ConfigurationObject | undefined>;
}

export const SERVER_ATTRIBUTE = 'ds-task-mail-server';
export const CHANGE_ATTRIBUTE = 'ds-task-mail-change';
export const START_ATTRIBUTE = 'ds-task-scheduled-start-time';
const ADVICE = 'Write "changetype: modify" or "changetype: add" with the name of the mail server.';

/** Reads the change of a task. @param entry of the task. Rejects with LdapError. */
export async function readMailServerChange(
  entry: Entry,
  ldif: string,
  requester: Requester,
  { keyOf, readChange, tryObject }: MailServerChangeOptions,
): Promise<{ readonly object: MailServerObject /** In words. */; readonly difference: string }> {
  const dn = entry.dn.toString();
  const issue = (property: string, problem: string, advice: string): Issue => {
    return { code: 'unwillingToPerform', dn, property, problem, advice };
  };
  let change: Change;
  try {
    change = readChange(ldif);
  } catch (error) {
    const reason = messageOf(error);
    const message = `${dn}: ${CHANGE_ATTRIBUTE} is not the LDIF record of a change: ${reason} ${ADVICE}`;
    throw new LdapError('constraintViolation', message, { cause: error });
  }
  const name = entry.first(SERVER_ATTRIBUTE);
  const isOfServer = name !== undefined && keyOf(dnOfChange(change).toString()) === keyOf(name);
  const isMade = change.type === 'add' || change.type === 'modify';
  const isAtOnce = (entry.first(START_ATTRIBUTE) ?? '0') === '0';
  refuseIfAny([
    ...(isOfServer ? [] : [issue(CHANGE_ATTRIBUTE, `is not about what ${SERVER_ATTRIBUTE} names`, ADVICE)]),
    ...(isMade ? [] : [issue(CHANGE_ATTRIBUTE, 'neither makes nor modifies a mail server', ADVICE)]),
    ...(isAtOnce
      ? []
      : [issue(START_ATTRIBUTE, `excludes ${CHANGE_ATTRIBUTE}, which is not stored`, 'Leave it out.')]),
  ]);
  const object = await tryObject(change, requester);
  if (object?.kind === 'mail-server') return { object, difference: differenceOf(change) };
  throw new LdapError('unwillingToPerform', `${dn}: ${CHANGE_ATTRIBUTE} makes no mail server. ${ADVICE}`);
}

function differenceOf(change: Change): string {
  const attributes = change.type === 'modify' ? change.modifications.map(({ attribute }) => attribute) : [];
  const names = [...new Set(attributes.map(({ description }) => description))].join(', ');
  return `Tried with what is not stored: ${names === '' ? 'the mail server is new' : names}.`;
}
