// `confdit unlock-account`, `disable-account`, `enable-account` and `get-password-policy-state`: what an administrator does for
// somebody who cannot log in.

import { Container } from '../../config/objects/properties/places.ts';
import { Dn } from '../../ldap/dn.ts';
import { Attribute, type Entry } from '../../ldap/entry.ts';
import { CommandError, type Invocation, UsageError, type World } from '../command.ts';
import { openDirectory } from '../commands/open-directory.ts';
import type { Directory } from '../connection/directory.ts';
import { ExitCode } from '../exit-code.ts';
import { formatJson } from '../output-options.ts';

const DISABLED = 'ds-pwp-account-disabled';
const LOCKED = 'pwdAccountLockedTime';
const FAILURES = 'pwdFailureTime';

/** Rows of the state, in their order: the attribute, and what it is called. */
const ROWS: readonly (readonly [attribute: string, label: string])[] = [
  ['pwdPolicySubentry', 'password policy'],
  [DISABLED, 'disabled'],
  ['ds-pwp-account-expiration-time', 'account expires'],
  [LOCKED, 'locked since'],
  [FAILURES, 'failed logins'],
  ['pwdChangedTime', 'password set'],
  ['ds-pwp-password-expiration-time', 'password expires'],
  ['ds-pwp-warned-time', 'warned of that'],
  ['pwdGraceUseTime', 'grace logins'],
  ['pwdReset', 'must change its password'],
  ['ds-pwp-last-login-time', 'last login'],
];

/** Forgets the failed logins of an account. */
export function unlockAccount(invocation: Invocation, world: World): Promise<ExitCode> {
  return withAccount(invocation, world, [LOCKED, FAILURES], async (directory, entry) => {
    const isLocked = entry.values(LOCKED.toLowerCase()).length > 0;
    if (!isLocked && entry.values(FAILURES.toLowerCase()).length === 0)
      return 'is not locked, and no login has failed.';
    await directory.modify(entry.dn.toString(), [replace(LOCKED, []), replace(FAILURES, [])]);
    return isLocked ? 'is no longer locked.' : 'was not locked; its failed logins are forgotten.';
  });
}

/** Keeps everybody from logging in to an account. */
export function disableAccount(invocation: Invocation, world: World): Promise<ExitCode> {
  return withAccount(invocation, world, [DISABLED], async (directory, entry) => {
    if (isDisabled(entry)) return 'is disabled already.';
    await directory.modify(entry.dn.toString(), [replace(DISABLED, ['true'])]);
    return 'is disabled now.';
  });
}

/** Lets an account log in again. */
export function enableAccount(invocation: Invocation, world: World): Promise<ExitCode> {
  return withAccount(invocation, world, [DISABLED], async (directory, entry) => {
    if (!isDisabled(entry)) return 'is not disabled.';
    await directory.modify(entry.dn.toString(), [replace(DISABLED, [])]);
    return 'is enabled again.';
  });
}

/** Prints what the password policy and the logins of an account come to. */
export async function getPasswordPolicyState(invocation: Invocation, world: World): Promise<ExitCode> {
  const names = ROWS.map(([attribute]) => attribute);
  const directory = await openDirectory(invocation, world);
  try {
    const entry = await accountOf(directory, invocation, names);
    const known = ROWS.filter(([attribute]) => entry.values(attribute.toLowerCase()).length > 0);
    if (invocation.has('json')) {
      const values = known.map(([attribute]) => [attribute, entry.values(attribute.toLowerCase())]);
      world.stdout.write(formatJson({ account: entry.dn.toString(), state: Object.fromEntries(values) }));
      return ExitCode.success;
    }
    const rows = [
      ['account', entry.dn.toString()],
      ...known.map(([attribute, label]) => [label, entry.values(attribute.toLowerCase()).join(', ')]),
    ];
    const width = Math.max(...rows.map(([label = '']) => label.length));
    for (const [label = '', text = ''] of rows) world.stdout.write(`${label.padEnd(width)}  ${text}\n`);
    return ExitCode.success;
  } finally {
    await directory.close();
  }
}

async function withAccount(
  invocation: Invocation,
  world: World,
  attributes: readonly string[],
  work: (directory: Directory, entry: Entry) => Promise<string>,
): Promise<ExitCode> {
  const directory = await openDirectory(invocation, world);
  try {
    const entry = await accountOf(directory, invocation, attributes);
    world.stdout.write(`${entry.dn} ${await work(directory, entry)}\n`);
    return ExitCode.success;
  } finally {
    await directory.close();
  }
}

/** Reads the entry of the account that was named. */
async function accountOf(
  directory: Directory,
  { operands: [name, ...others] }: Invocation,
  attributes: readonly string[],
): Promise<Entry> {
  if (name === undefined || name === '' || others.length > 0)
    throw new UsageError('Name one account: its name below cn=Root DNs,cn=config, or its DN.');
  const dn = name.includes('=')
    ? Dn.parse(name)
    : Dn.parse(Container.rootDns).child([{ type: 'cn', value: name }]);
  const [entry] = await directory.search({ base: dn.toString(), scope: 'base', attributes });
  if (entry !== undefined) return entry;
  throw new CommandError(`There is no account ${JSON.stringify(name)}.`, ExitCode.noSuchObject);
}

function isDisabled(entry: Entry): boolean {
  return entry.first(DISABLED)?.toLowerCase() === 'true';
}

function replace(name: string, values: readonly string[]) {
  return { operation: 'replace', attribute: new Attribute(name, values) } as const;
}
