// Passwords on their way into a tree: only what stored-password.ts makes of them goes on, so neither the journal nor
// anybody who reads entries ever sees one in clear text.

import type { Requester } from '../../backend/backend.ts';
import { ChangeRefused } from '../../backend/change-refused.ts';
import type { Derive } from '../../config/passwords/derivation.ts';
import { passwordProblem, SCRYPT_DEFAULTS } from '../../config/passwords/scrypt-scheme.ts';
import {
  type Acceptance,
  comparablesOf,
  findStored,
  isPrepared,
  preparedProblem,
  siblingsOf,
  storePassword,
} from '../../config/passwords/stored-password.ts';
import { PASSWORD_STATE_KEYS } from '../../directory/password-state-keys.ts';
import { type Change, dnOfChange, type Modification } from '../../ldap/change.ts';
import type { Dn } from '../../ldap/dn.ts';
import type { Attribute, Entry } from '../../ldap/entry.ts';
import { type Issue, refuseIfAny, SECRET_STARS } from '../../ldap/issue.ts';
import { LdapError } from '../../ldap/ldap-error.ts';
import type { NewPassword, PasswordProblem } from '../../policy/new-password.ts';
import {
  hashProblem,
  type PasswordPolicy,
  type PasswordSetter,
  passwordProblems,
} from '../../policy/password-policy.ts';
import type { FindPolicy } from '../../runtime/password-policies.ts';
import type { Schema } from '../../schema/schema.ts';
import {
  ageProblem,
  ownChangeProblem,
  rememberedHashes,
  remembers,
  stateAfterChange,
  stateOfNew,
  usedBefore,
} from './password-state.ts';

const PASSWORD_KEY = 'userpassword';
const POLICY_KEY = 'ds-pwp-password-policy-dn';
/** Attributes that no password is compared with. */
const UNCOMPARED: ReadonlySet<string> = new Set([PASSWORD_KEY, 'objectclass']);
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
  readonly findPolicy: FindPolicy;
  /** DN of who sets the passwords; see setterOfPasswords. */
  readonly by: string;
  readonly now: () => Date;
  /** True for entries of a file that is read at each start: they bring what is known of their passwords. */
  readonly isFromFile?: true;
  /** True for entries of an import, whose hashes are of passwords that their owners have had somewhere else. */
  readonly isImport?: true;
}

/** The entry whose passwords are set, and what is known of the one before. */
interface Setting {
  readonly dn: Dn;
  readonly entry: Entry | undefined;
  /** The values that are stored now. */
  readonly kept: readonly string[];
  /** The password before, where the client has given it. */
  readonly current: string | undefined;
}

/** Returns the DN of who sets passwords; an empty text for somebody who is the owner of none. */
export function setterOfPasswords({ dn, isAdministratorOfItself }: Requester): string {
  return isAdministratorOfItself === true ? '' : dn;
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
  const setting = { dn: entry.dn, entry, kept: [], current: undefined };
  const attributes: Attribute[] = [];
  for (const attribute of entry.attributes)
    attributes.push(isPassword(attribute) ? await stored(attribute, setting, storage) : attribute);
  const policy = policyOf(entry, storage);
  const isMoved = storage.isImport === true && entry.attributes.filter(isPassword).every(isHashed);
  const isKnown =
    isMoved || storage.isFromFile === true || attributes.some(({ key }) => PASSWORD_STATE_KEYS.has(key));
  const state = policy === undefined || isKnown ? [] : stateOfNew(policy, storage.now());
  return { type: 'add', entry: entry.withAttributes([...attributes, ...state]) };
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
  const policy = entry && policyOf(entry, storage);
  if (entry !== undefined && policy !== undefined) requireOwnChange(passwords, entry, policy, storage);
  const modifications: Modification[] = [];
  let current: string | undefined;
  let isSet = false;
  for (const { operation, attribute } of change.modifications) {
    if (!isPassword(attribute)) modifications.push({ operation, attribute });
    else if (operation !== 'delete') {
      isSet ||= attribute.values.length > 0;
      const setting = { dn, entry, kept: kept(attribute) ?? [], current };
      modifications.push({ operation, attribute: await stored(attribute, setting, storage) });
    } else {
      modifications.push({ operation, attribute: await deleted(attribute, kept(attribute), dn, derive) });
      current = attribute.values.find((value) => !isPrepared(value)) ?? current;
    }
  }
  if (!isSet || entry === undefined || policy === undefined) return { ...change, modifications };
  const isMoved = storage.isImport === true && passwords.every(({ attribute }) => isHashed(attribute));
  const setter = isMoved ? 'owner' : setterOf(dn, storage.by, schema);
  // A file that gives the state with the password knows it.
  const known = new Set(
    modifications.map(({ attribute }) => schema.describe(attribute.description)?.type.key),
  );
  const state = stateAfterChange(entry, policy, setter, storage.now());
  return {
    ...change,
    modifications: [...modifications, ...state.filter(({ attribute }) => !known.has(attribute.key))],
  };
}

function isHashed({ values }: Attribute): boolean {
  return values.every(isPrepared);
}

/**
 * Throws insufficientAccessRights (50) for a change of one's own password that the policy does not allow. That a clear value
 * which is deleted is a password of the account, the deletion itself finds out.
 */
function requireOwnChange(
  passwords: readonly Modification[],
  entry: Entry,
  policy: PasswordPolicy,
  { schema, by }: PasswordStorage,
): void {
  if (setterOf(entry.dn, by, schema) !== 'owner') return;
  const givesCurrent = passwords.some(
    ({ operation, attribute }) =>
      operation === 'delete' &&
      schema.describe(attribute.description)?.key === PASSWORD_KEY &&
      attribute.values.some((value) => !isPrepared(value)),
  );
  const hasPassword = entry.find(PASSWORD_KEY) !== undefined;
  const problem = ownChangeProblem(policy, { givesCurrent, hasPassword });
  if (problem === undefined) return;
  const about = {
    code: 'insufficientAccessRights',
    dn: entry.dn.toString(),
    property: 'userPassword',
  } as const;
  refuseIfAny([{ ...about, ...problem }]);
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

async function stored(attribute: Attribute, setting: Setting, storage: PasswordStorage): Promise<Attribute> {
  const { dn, entry, kept } = setting;
  const policy = entry && policyOf(entry, storage);
  const about = { code: 'constraintViolation', dn: dn.toString(), property: 'userPassword' } as const;
  const fresh = attribute.values.filter((value) => !kept.includes(value));
  const asIssue = (refused: PasswordProblem): Issue => ({ ...about, received: SECRET_STARS, ...refused });
  refuseIfAny(fresh.flatMap((value) => problemsOf(value, policy, setting, storage)).map(asIssue));
  for (const value of policy === undefined ? [] : fresh) {
    const problem = await historyProblem(value, setting, policy, storage);
    if (problem !== undefined) refuseIfAny([asIssue(problem)]);
  }
  const options = { ...SCRYPT_DEFAULTS, ...(policy && { cost: Number(policy.settings.scryptCost) }) };
  const values = attribute.values.map((value) =>
    isPrepared(value) ? [value] : storePassword(value, storage.derive, options),
  );
  return attribute.withValues((await Promise.all(values)).flat());
}

function problemsOf(
  value: string,
  policy: PasswordPolicy | undefined,
  { dn, entry, current }: Setting,
  { schema, acceptance, by, now }: PasswordStorage,
): readonly PasswordProblem[] {
  const refused = isPrepared(value) ? preparedProblem(value, acceptance) : passwordProblem(value);
  if (refused !== undefined) return [refused];
  if (policy === undefined) return [];
  const setter = setterOf(dn, by, schema);
  const tooYoung = ageProblem(policy, entry, setter, now());
  if (isPrepared(value)) return [hashProblem(policy) ?? [], tooYoung ?? []].flat();
  const attributes = entry === undefined ? [] : comparedAttributes(entry, schema);
  const problems = passwordProblems(policy, { text: value, current, attributes }, setter);
  return [...problems, tooYoung ?? []].flat();
}

/** Resolves to a problem if the account has, or has had, the password. */
async function historyProblem(
  value: string,
  { dn, entry, kept }: Setting,
  policy: PasswordPolicy | undefined,
  { schema, by, derive, now }: PasswordStorage,
): Promise<PasswordProblem | undefined> {
  if (entry === undefined || policy === undefined || isPrepared(value) || !remembers(policy))
    return undefined;
  if (policy.settings.skipValidationForAdministrators && setterOf(dn, by, schema) === 'other')
    return undefined;
  const known = [...kept, ...rememberedHashes(entry, policy, now())];
  return (await findStored(known, value, derive)).length === 0 ? undefined : usedBefore(policy);
}

/** Entries of memory backends have a policy only if they name one. */
function policyOf(
  entry: Entry,
  { acceptance, findPolicy }: Pick<PasswordStorage, 'acceptance' | 'findPolicy'>,
): PasswordPolicy | undefined {
  const named = entry.first(POLICY_KEY);
  return named === undefined && acceptance === 'any' ? undefined : findPolicy(named);
}

function setterOf(dn: Dn, by: string, schema: Schema): PasswordSetter {
  return by !== '' && schema.dnKeyOfText(by) === schema.dnKey(dn) ? 'owner' : 'other';
}

/** Returns the user attributes that a password is compared with. */
export function comparedAttributes(entry: Entry, schema: Schema): NewPassword['attributes'] {
  return entry.attributes.flatMap(({ description, values }) => {
    const type = schema.describe(description)?.type;
    const isCompared = type !== undefined && !type.isOperational && !UNCOMPARED.has(type.key);
    return isCompared ? [{ name: type.name, values }] : [];
  });
}

/** Returns the stored values of a clear-text password that is to be deleted. */
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
