// Two rules for accounts: login names are unique, and one account that can change the configuration must remain. The
// reference index answers both: an account "refers" to its login names and to its privilege, under keys that no
// entry can have.

import type { Issue } from '../../ldap/issue.ts';
import type { Schema } from '../../schema/schema.ts';
import type { ObjectDefinition } from '../object-definition.ts';
import type { Privilege } from '../objects/root-dn-user.ts';
import { rootDnUser } from '../objects/root-dn-user.ts';
import type { ObjectReading, PropertyReading } from '../property-reader.ts';
import type { CheckContext } from './reference-check.ts';

/** Key of the accounts that may change the configuration. */
const CONFIG_WRITERS_KEY = '(config-write)';

const NEEDED_TO_WRITE: readonly Privilege[] = ['config-read', 'config-write'];

/** Key of the accounts that may do everything, or give themselves what they lack. */
const FULL_RIGHTS_KEY = '(privilege-change)';

const NEEDED_FOR_ALL: readonly Privilege[] = [...NEEDED_TO_WRITE, 'privilege-change'];

/**
 * Returns the ReferenceIndex key of the accounts with this alternate login name. Takes the schema's key of the name.
 */
export function bindNameKey(nameKey: string): string {
  return `(bind)${nameKey}`;
}

/** Returns true if objects of the kind are accounts. */
export function isAccountKind(definition: ObjectDefinition): boolean {
  return definition === rootDnUser;
}

/** Returns the ReferenceIndex keys of an account. */
export function accountTargetsOf(reading: ObjectReading, schema: Schema): readonly string[] {
  if (!isAccountKind(reading.definition)) return [];
  const names = bindNamesOf(reading).map((name) => bindNameKey(schema.dnKeyOfText(name)));
  if (!may(reading, NEEDED_TO_WRITE)) return names;
  const writers = [...names, CONFIG_WRITERS_KEY];
  return may(reading, NEEDED_FOR_ALL) ? [...writers, FULL_RIGHTS_KEY] : writers;
}

/** Refuses an alternate login name that is the DN of another account, or that another account has too. */
export function checkBindNames(reading: ObjectReading, entryKey: string, context: CheckContext): Issue[] {
  if (!isAccountKind(reading.definition)) return [];
  return [...checkOwnName(reading, entryKey, context), ...checkFurtherNames(reading, entryKey, context)];
}

/** Refuses an account whose DN is an alternate login name of another account. */
function checkOwnName(reading: ObjectReading, entryKey: string, { view }: CheckContext): Issue[] {
  const others = [...view.referrers(bindNameKey(entryKey))];
  const other = others.find((referrer) => referrer !== entryKey);
  if (other === undefined) return [];
  const issue: Issue = {
    code: 'unwillingToPerform',
    dn: reading.entry.dn.toString(),
    problem: `is a name that ${view.find(other)?.dn ?? other} logs in with already, as its alternate-bind-dn`,
    advice: 'Give the account another name, or take that one from the other.',
  };
  return [issue];
}

function checkFurtherNames(reading: ObjectReading, entryKey: string, context: CheckContext): Issue[] {
  return bindNamesOf(reading).flatMap((name) => {
    const key = context.schema.dnKeyOfText(name);
    const others = [...context.view.referrers(bindNameKey(key))];
    if (isAccount(key, context)) others.push(key);
    const other = others.find((referrer) => referrer !== entryKey);
    if (other === undefined) return [];
    const owner = context.view.find(other)?.dn.toString() ?? other;
    const problem = `is already the name that ${owner} logs in with`;
    const issue: Issue = {
      code: 'unwillingToPerform',
      dn: reading.entry.dn.toString(),
      property: 'alternate-bind-dn',
      received: name,
      problem,
      advice: 'Choose a name that nobody logs in with.',
    };
    return [issue];
  });
}

/** Refuses a change after which no account can change the configuration, or none can give all rights. */
export function checkLastWriter(
  before: ObjectReading | undefined,
  after: ObjectReading | undefined,
  entryKey: string,
  { view }: CheckContext,
): Issue[] {
  const isLast = (needed: readonly Privilege[], key: string) => {
    const loses = before !== undefined && may(before, needed) && !(after !== undefined && may(after, needed));
    return loses && [...view.referrers(key)].every((other) => other === entryKey);
  };
  if (before !== undefined && isLast(NEEDED_TO_WRITE, CONFIG_WRITERS_KEY))
    return [lastOf(before, after, NEEDED_TO_WRITE, 'can change the configuration')];
  if (before !== undefined && isLast(NEEDED_FOR_ALL, FULL_RIGHTS_KEY))
    return [lastOf(before, after, NEEDED_FOR_ALL, 'can give all rights')];
  return [];
}

function lastOf(
  { entry }: ObjectReading,
  after: ObjectReading | undefined,
  needed: readonly Privilege[],
  what: string,
): Issue {
  const [last, ...others] = needed.toReversed();
  const privileges = others.toReversed().join(', ');
  const problem =
    after === undefined
      ? 'cannot be deleted'
      : `cannot lose its password, ${privileges} or ${last}, be disabled or expire`;
  return {
    code: 'unwillingToPerform',
    dn: entry.dn.toString(),
    problem: `${problem}: it is the last account that ${what}`,
    advice: `Give another account a password, ${privileges} and ${last} first.`,
  };
}

function isAccount(key: string, { view, definitions }: CheckContext): boolean {
  const entry = view.find(key);
  return entry !== undefined && definitions.findForEntry(entry) === rootDnUser;
}

function bindNamesOf(reading: ObjectReading): readonly string[] {
  return reading.properties.get('alternate-bind-dn')?.texts ?? [];
}

/** Returns true if the account can log in and has the privileges. */
function may(reading: ObjectReading, needed: readonly Privilege[]): boolean {
  if (!isAccountKind(reading.definition)) return false;
  const privileges = textsOf(reading.properties.get('privilege'));
  const hasPassword = textsOf(reading.properties.get('password')).length > 0;
  const isDisabled = textsOf(reading.properties.get('account-disabled')).includes('true');
  const expires = textsOf(reading.properties.get('account-expiration-time')).length > 0;
  return (
    hasPassword && !isDisabled && !expires && needed.every((privilege) => privileges.includes(privilege))
  );
}

function textsOf(reading: PropertyReading | undefined): readonly string[] {
  return reading?.texts ?? [];
}
