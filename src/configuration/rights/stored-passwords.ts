// Passwords on their way into a tree: only what stored-password.ts makes of them goes on, so neither the journal nor
// anybody who reads entries ever sees one in clear text.

import { ChangeRefused } from '../../backend/change-refused.ts';
import type { Derive } from '../../config/passwords/derivation.ts';
import { passwordProblem } from '../../config/passwords/scrypt-scheme.ts';
import {
  type Acceptance,
  comparablesOf,
  findStored,
  isPrepared,
  preparedProblem,
  siblingsOf,
  storePassword,
} from '../../config/passwords/stored-password.ts';
import { type Change, dnOfChange, type Modification } from '../../ldap/change.ts';
import type { Dn } from '../../ldap/dn.ts';
import type { Attribute, Entry } from '../../ldap/entry.ts';
import { refuseIfAny, SECRET_STARS } from '../../ldap/issue.ts';
import { LdapError } from '../../ldap/ldap-error.ts';
import type { Schema } from '../../schema/schema.ts';

const PASSWORD_KEY = 'userpassword';
/** An account has no more: each login computes as many hashes as the account that has most. */
const PASSWORDS_MAX = 8;
/** A password has three values at most that were made here. */
const VALUES_MAX = 4 * PASSWORDS_MAX;
/** In all changes of a transaction together. */
const PASSWORDS_TOGETHER_MAX = 256;

export interface PasswordStorage {
  readonly schema: Schema;
  readonly derive: Derive;
  /** Which hashes of other servers are taken. */
  readonly acceptance: Acceptance;
  /** The entry as it is now. */
  readonly find: (dn: Dn) => Entry | undefined;
}

/** Returns the change with every password as it is stored, at once where it has none. Throws what is wrong with a password. */
export function withStoredPasswords(change: Change, storage: PasswordStorage): Change | Promise<Change> {
  const { schema } = storage;
  const isPassword = ({ description }: Attribute) => schema.describe(description)?.type.key === PASSWORD_KEY;
  if (change.type === 'add') {
    return change.entry.attributes.some(isPassword) ? storedAdd(change, isPassword, storage) : change;
  }
  if (change.type !== 'modify' || !change.modifications.some(({ attribute }) => isPassword(attribute))) {
    return change;
  }
  return storedModify(change, isPassword, storage);
}

async function storedAdd(
  { entry }: Change & { type: 'add' },
  isPassword: (attribute: Attribute) => boolean,
  storage: PasswordStorage,
): Promise<Change> {
  requireFew(entry.attributes.filter(isPassword), [], entry.dn);
  const attributes: Attribute[] = [];
  for (const attribute of entry.attributes)
    attributes.push(isPassword(attribute) ? await stored(attribute, entry.dn, storage) : attribute);
  return { type: 'add', entry: entry.withAttributes(attributes) };
}

async function storedModify(
  change: Change & { type: 'modify' },
  isPassword: (attribute: Attribute) => boolean,
  storage: PasswordStorage,
): Promise<Change> {
  const { dn } = change;
  const { schema, find, derive } = storage;
  const entry = find(dn);
  const kept = ({ description }: Attribute) =>
    entry?.values(schema.describe(description)?.key ?? PASSWORD_KEY);
  const passwords = change.modifications.filter(({ attribute }) => isPassword(attribute));
  const areAdded = passwords.every(({ operation }) => operation === 'add');
  const before = areAdded ? passwords.slice(0, 1).flatMap(({ attribute }) => kept(attribute) ?? []) : [];
  requireFew(
    passwords.map(({ attribute }) => attribute),
    before,
    dn,
  );
  const modifications: Modification[] = [];
  for (const { operation, attribute } of change.modifications) {
    if (!isPassword(attribute)) modifications.push({ operation, attribute });
    else if (operation !== 'delete')
      modifications.push({ operation, attribute: await stored(attribute, dn, storage) });
    else modifications.push({ operation, attribute: await deleted(attribute, kept(attribute), dn, derive) });
  }
  return { ...change, modifications };
}

/** Throws adminLimitExceeded, by way of ChangeRefused, when changes that are made together would take too many hashes. */
export function requireFewPasswords(changes: readonly Change[], schema: Schema): void {
  let count = 0;
  for (const [index, change] of changes.entries()) {
    count += clearPasswordsIn(change, schema);
    if (count <= PASSWORDS_TOGETHER_MAX) continue;
    const text = `${dnOfChange(change)}: ${PASSWORDS_TOGETHER_MAX} passwords may be set in one transaction and no more.`;
    throw new ChangeRefused(new LdapError('adminLimitExceeded', text), index);
  }
}

function clearPasswordsIn(change: Change, schema: Schema): number {
  const attributes =
    change.type === 'add'
      ? change.entry.attributes
      : change.type === 'modify'
        ? change.modifications.map(({ attribute }) => attribute)
        : [];
  return attributes
    .filter(({ description }) => schema.describe(description)?.type.key === PASSWORD_KEY)
    .reduce((sum, { values }) => sum + values.filter((value) => !isPrepared(value)).length, 0);
}

function requireFew(attributes: readonly Attribute[], before: readonly string[], dn: Dn): void {
  const values = [...before, ...attributes.flatMap((attribute) => attribute.values)];
  if (values.length > VALUES_MAX || countOf(values) > PASSWORDS_MAX) {
    throw new LdapError(
      'adminLimitExceeded',
      `${dn}: an account, and one change, may have ${PASSWORDS_MAX} passwords and no more.`,
    );
  }
}

/** Counts passwords; several values may be of one. */
function countOf(values: readonly string[]): number {
  return values.filter((value) => !isPrepared(value)).length + comparablesOf(values).length;
}

async function stored(
  attribute: Attribute,
  dn: Dn,
  { derive, acceptance }: PasswordStorage,
): Promise<Attribute> {
  const about = { code: 'constraintViolation', dn: dn.toString(), property: 'userPassword' } as const;
  for (const value of attribute.values) {
    const refused = isPrepared(value) ? preparedProblem(value, acceptance) : passwordProblem(value);
    if (refused !== undefined) refuseIfAny([{ ...about, received: SECRET_STARS, ...refused }]);
  }
  const values = attribute.values.map((value) =>
    isPrepared(value) ? [value] : storePassword(value, derive),
  );
  return attribute.withValues((await Promise.all(values)).flat());
}

/** Whoever deletes a password by its clear text means all that was made of it. */
async function deleted(
  attribute: Attribute,
  kept: readonly string[] | undefined,
  dn: Dn,
  derive: Derive,
): Promise<Attribute> {
  // That there is no entry is for the change itself to find out.
  if (kept === undefined) return attribute;
  const values = new Set<string>();
  for (const value of attribute.values) {
    const found = isPrepared(value) ? siblingsOf(value, kept) : await findStored(kept, value, derive);
    if (found.length === 0) throw new LdapError('noSuchAttribute', `${dn}: has no such password.`);
    for (const one of found) values.add(one);
  }
  return attribute.withValues([...values]);
}
