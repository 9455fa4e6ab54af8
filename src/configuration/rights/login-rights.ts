// Who may change what decides who a client is (config/login-decisions.ts): whoever has privilege-change. There is one
// exception: with password-reset the passwords of accounts may be set that have no privilege the requester lacks.
//
// It is asked twice. A change is refused by what it touches before anything is compared or hashed, so that no answer
// depends on the passwords that are there. What it comes to in the end is looked at when it is staged: then no other way
// of writing, such as a transaction, a rollback or a subtree delete, goes past it.

import type { Requester } from '../../backend/backend.ts';
import type { Definitions } from '../../config/definitions.ts';
import {
  decidesByItself,
  LOGIN_DECISIONS,
  type TouchedDecision,
  touchedDecisions,
} from '../../config/login-decisions.ts';
import type { ObjectDefinition } from '../../config/object-definition.ts';
import type { Privilege } from '../../config/objects/root-dn-user.ts';
import type { Effect } from '../../directory/apply-change.ts';
import { PASSWORD_STATE_KEYS } from '../../directory/password-state-keys.ts';
import { BrokenInvariant } from '../../files/program-error.ts';
import { type Change, dnOfChange } from '../../ldap/change.ts';
import type { Entry } from '../../ldap/entry.ts';
import { LdapError } from '../../ldap/ldap-error.ts';
import type { Schema } from '../../schema/schema.ts';

const NEEDED: Privilege = 'privilege-change';
const RESET: Privilege = 'password-reset';
const READ: Privilege = 'config-read';
const PRIVILEGE_KEY = 'ds-privilege-name';
const PASSWORD_KEY = 'userpassword';
const CLASS_KEY = 'objectclass';

/** Throws insufficientAccessRights (50) by what a change of an account touches. Takes the entry as it is now. */
export function requireAccountRights(
  change: Change,
  requester: Requester,
  { schema, definitions }: { readonly schema: Schema; readonly definitions: Definitions },
  entry: Entry | undefined,
): void {
  if (requester.privileges.has(NEEDED)) return;
  const subject = change.type === 'add' ? change.entry : entry;
  const definition = subject && definitions.findForEntry(subject);
  if (subject === undefined || definition === undefined || !decidesByItself(definition)) return;
  const dn = dnOfChange(change).toString();
  if (change.type !== 'modify') throw refusal(dn, decisionOf(definition), requester);
  for (const { attribute } of change.modifications) {
    const key = schema.describe(attribute.description)?.type.key ?? '';
    const property = definition.propertiesByKey.get(key);
    if (property === undefined && key !== CLASS_KEY) continue;
    if (key === PASSWORD_KEY && mayReset([subject], requester)) continue;
    throw refusal(
      dn,
      { ...decisionOf(definition), property },
      requester,
      key === PASSWORD_KEY ? subject : undefined,
    );
  }
}

/** Returns true for a change of passwords alone, with what it brings, by somebody who may set those of accounts. */
export function isPasswordReset(change: Change, { privileges }: Requester, schema: Schema): boolean {
  if (change.type !== 'modify' || !privileges.has(RESET)) return false;
  return change.modifications.every(({ attribute }) => {
    const key = schema.describe(attribute.description)?.type.key ?? '';
    return key === PASSWORD_KEY || PASSWORD_STATE_KEYS.has(key);
  });
}

/** Throws insufficientAccessRights (50) by what an effect changes. `isNamedBy` as in DecisionContext. */
export function requireLoginRights(
  { dn, before, after }: Effect,
  requester: Requester,
  context: { readonly definitions: Definitions; readonly isNamedBy: (kind: string) => boolean },
): void {
  if (requester.privileges.has(NEEDED)) return;
  const touched = touchedDecisions({ before, after }, context);
  const [first] = touched.filter(({ property }) => {
    const isReset = property?.key === PASSWORD_KEY && before !== undefined && after !== undefined;
    return !(isReset && mayReset([before, after], requester));
  });
  if (first !== undefined) throw refusal(dn.toString(), first, requester, before);
}

/** Returns true if the requester may set passwords of accounts with these privileges. */
function mayReset(accounts: readonly Entry[], requester: Requester): boolean {
  return (
    requester.privileges.has(RESET) && accounts.every((entry) => missingOf(entry, requester).length === 0)
  );
}

function missingOf(entry: Entry, { privileges }: Requester): readonly string[] {
  return entry
    .values(PRIVILEGE_KEY)
    .map((name) => name.toLowerCase())
    .filter((name) => !privileges.has(name));
}

function decisionOf(definition: ObjectDefinition): TouchedDecision {
  const decision = LOGIN_DECISIONS.find(({ kind }) => kind === definition.kind);
  if (decision === undefined) throw new BrokenInvariant(`${definition.kind} decides nothing.`);
  return { decision, property: undefined };
}

/** @param account whose password is to be set. */
function refusal(
  dn: string,
  { decision, property }: TouchedDecision,
  requester: Requester,
  account?: Entry,
): LdapError {
  const who = requester.dn === '' ? 'An anonymous client' : requester.dn;
  const what = property === undefined ? 'the entry' : property.attribute;
  const text = `${who} may not change ${dn}: ${what} decides ${decision.decides}. That needs the privilege ${NEEDED}`;
  return new LdapError(
    'insufficientAccessRights',
    property?.key === PASSWORD_KEY && account !== undefined
      ? `${text}, or ${RESET} and every privilege that the account has${lackOf(account, requester)}.`
      : `${text}.`,
  );
}

function lackOf(account: Entry, requester: Requester): string {
  // Others may not read which privileges the account has.
  const missing = requester.privileges.has(READ) ? missingOf(account, requester) : [];
  return missing.length === 0 ? '' : ` (you lack ${missing.join(', ')})`;
}
