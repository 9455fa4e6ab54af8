// `confdit grant` and `confdit revoke`: an application gets one mail server, and loses it again. The account, its password and
// the policy are made in one transaction; what is there already is left as it is.

import { randomBytes } from 'node:crypto';
import { rm, writeFile } from 'node:fs/promises';
import { Container } from '../../config/objects/properties/places.ts';
import { dnOfPattern, patternOfDn } from '../../config/types/dn-pattern.ts';
import { escapeExpression } from '../../expression/template.ts';
import { errorCode, reasonOf } from '../../files/file-error.ts';
import { Dn } from '../../ldap/dn.ts';
import { Attribute, Entry } from '../../ldap/entry.ts';
import { CommandError, type Invocation, UsageError, type World } from '../command.ts';
import { openDirectory } from '../commands/open-directory.ts';
import type { Directory, DirectoryStep } from '../connection/directory.ts';
import { ExitCode } from '../exit-code.ts';

const PASSWORD_OCTETS = 24;
const FILE_MODE = 0o600;
const USER_KEY = 'ds-cfg-user-dn-equal-to';
const TARGET_KEY = 'ds-cfg-request-target-dn-equal-to';
const CERTIFICATE_OPTIONS = [
  {
    option: 'certificate-fingerprint',
    attribute: 'ds-certificate-fingerprint',
    comparable: (text: string) => text.replaceAll(':', '').toLowerCase(),
  },
  {
    option: 'certificate-subject-dn',
    attribute: 'ds-certificate-subject-dn',
    comparable: (text: string) => Dn.parse(text).toString().toLowerCase(),
  },
] as const;

/** Gives an application rights to a mail server. */
export async function grant(invocation: Invocation, world: World): Promise<ExitCode> {
  const application = applicationOf(invocation);
  const name = invocation.value('mail-server');
  if (name === undefined) throw new UsageError('Name the mail server: --mail-server NAME.');
  const directory = await openDirectory(invocation, world);
  try {
    const mailServer = await find(directory, below(Container.mailServers, name));
    if (mailServer === undefined)
      throw new CommandError(`There is no mail server ${JSON.stringify(name)}.`, ExitCode.noSuchObject);
    const account = below(Container.rootDns, application);
    const known = await find(directory, account);
    const own = await policiesFor(directory, account);
    const present = own.find((entry) => isAbout(entry, mailServer.dn));
    const policy = policyOf(
      present?.dn ?? policyDn(application, mailServer.dn),
      mailServer.dn,
      account,
      invocation,
    );
    const certificates = known === undefined ? [] : certificateSteps(known, invocation);
    const steps = [...certificates, ...policySteps(policy, present)];
    const told = await giveAll(directory, steps, known === undefined ? account : undefined, invocation);
    const done = steps.length === 0 ? 'has these rights already' : 'has the rights now';
    const read = invocation.has('read-password') ? 'read with its password' : 'read';
    const rights = policy
      .values('ds-cfg-permission')
      .map((one) => (one === 'read' ? read : one))
      .join(', ');
    world.stdout.write(`${account} ${done}: ${rights} on ${mailServer.dn}.${told}\n`);
    return ExitCode.success;
  } finally {
    await directory.close();
  }
}

/** Takes the rights back, and the account where no other policy is for it. */
export async function revoke(invocation: Invocation, world: World): Promise<ExitCode> {
  const application = applicationOf(invocation);
  const name = invocation.value('mail-server');
  const directory = await openDirectory(invocation, world);
  try {
    const account = below(Container.rootDns, application);
    const own = await policiesFor(directory, account);
    const only = name === undefined ? undefined : below(Container.mailServers, name);
    const taken = own.filter((entry) => only === undefined || isAbout(entry, only));
    const isThere = (await find(directory, account)) !== undefined;
    const isLast = taken.length === own.length && isThere;
    const deleted = [...taken.map(({ dn }) => dn), ...(isLast ? [account] : [])];
    if (deleted.length > 0)
      await directory.changeAll(
        deleted.map((dn) => ({ change: { type: 'delete', dn }, assertion: undefined })),
      );
    const nothing = isThere
      ? `no access control policy is for ${account} alone`
      : `there is no account ${account}, and no access control policy for it`;
    const what =
      deleted.length === 0 ? `There is nothing to revoke: ${nothing}.` : `Deleted: ${deleted.join('; ')}.`;
    world.stdout.write(`${what}\n`);
    return ExitCode.success;
  } finally {
    await directory.close();
  }
}

function applicationOf({ operands }: Invocation): string {
  const [application, ...others] = operands;
  if (application !== undefined && application !== '' && others.length === 0) return application;
  throw new UsageError('Name the application: confdit grant APP --mail-server NAME.');
}

function below(container: string, name: string): Dn {
  if (name.includes('=')) return Dn.parse(name);
  return Dn.parse(container).child([{ type: 'cn', value: name }]);
}

function policyDn(application: string, mailServer: Dn): Dn {
  return Dn.parse(Container.accessControlHandler).child([
    { type: 'cn', value: `${application} on ${mailServer.name}` },
  ]);
}

/** Returns true if the policy is about this entry and no other. */
function isAbout(policy: Entry, dn: Dn): boolean {
  return namesOnly(policy.values(TARGET_KEY), dn);
}

/** Returns true for the values of a policy that mean this entry and no other. */
function namesOnly([text = '', ...others]: readonly string[], dn: Dn): boolean {
  if (others.length > 0) return false;
  const named = dnOfPattern(text);
  return text === nameInPolicy(dn) || (named !== undefined && isSame(named, dn));
}

function nameInPolicy(dn: Dn): string {
  return escapeExpression(patternOfDn(dn));
}

function isSame(one: Dn, other: Dn): boolean {
  return one.toString().toLowerCase() === other.toString().toLowerCase();
}

async function find(directory: Directory, dn: Dn): Promise<Entry | undefined> {
  const parent = dn.parent?.toString() ?? '';
  const entries = await directory.search({ base: parent, scope: 'one', attributes: ['*'] });
  return entries.find((entry) => isSame(entry.dn, dn));
}

async function policiesFor(directory: Directory, account: Dn): Promise<readonly Entry[]> {
  const all = await directory.search({ base: Container.accessControlHandler, scope: 'one' });
  return all.filter((entry) => namesOnly(entry.values(USER_KEY), account));
}

function policyOf(dn: Dn, mailServer: Dn, account: Dn, invocation: Invocation): Entry {
  const sends = invocation.has('send');
  const readsPassword = invocation.has('read-password');
  const reads = readsPassword || invocation.has('read') || !sends;
  const attributes = ['*', '+', ...(readsPassword ? ['ds-cfg-auth-password'] : [])];
  const all: Readonly<Record<string, readonly string[]>> = {
    objectClass: ['top', 'ds-cfg-global-access-control-policy'],
    cn: [dn.name],
    'ds-cfg-permission': [...(reads ? ['read'] : []), ...(sends ? ['verify', 'send'] : [])],
    'ds-cfg-allowed-attribute': reads ? attributes : [],
    'ds-cfg-allowed-control': reads ? ['PersistentSearch', 'SyncRequest'] : [],
    [USER_KEY]: [nameInPolicy(account)],
    [TARGET_KEY]: [nameInPolicy(mailServer)],
  };
  return withValues(dn, all);
}

function withValues(dn: Dn, all: Readonly<Record<string, readonly string[]>>): Entry {
  return Entry.of(dn, Object.fromEntries(Object.entries(all).filter(([, values]) => values.length > 0)));
}

/** Returns what makes the policy as it should be; nothing if it is. */
function policySteps(policy: Entry, present: Entry | undefined): readonly DirectoryStep[] {
  if (present === undefined) return [{ change: { type: 'add', entry: policy }, assertion: undefined }];
  const keys = new Set([...policy.attributes, ...present.attributes].map(({ key }) => key));
  const modifications = [...keys]
    .filter((key) => key.startsWith('ds-cfg-') && textOf(policy, key) !== textOf(present, key))
    .map((key) => ({ operation: 'replace', attribute: new Attribute(key, policy.values(key)) }) as const);
  if (modifications.length === 0) return [];
  return [{ change: { type: 'modify', dn: policy.dn, modifications }, assertion: undefined }];
}

function textOf(entry: Entry, key: string): string {
  return JSON.stringify(entry.values(key).toSorted());
}

/** Returns what gives an account that is there the certificate of the command; nothing if it has it. */
function certificateSteps(account: Entry, invocation: Invocation): readonly DirectoryStep[] {
  const modifications = CERTIFICATE_OPTIONS.flatMap(({ option, attribute, comparable }) => {
    const given = invocation.value(option);
    const stored = account.values(attribute).map(comparable);
    if (given === undefined || stored.includes(comparable(given))) return [];
    return [{ operation: 'add', attribute: new Attribute(attribute, [given]) } as const];
  });
  if (modifications.length === 0) return [];
  return [{ change: { type: 'modify', dn: account.dn, modifications }, assertion: undefined }];
}

/** Makes the account and the policy. Resolves to what there is to say of a new account. */
async function giveAll(
  directory: Directory,
  steps: readonly DirectoryStep[],
  account: Dn | undefined,
  invocation: Invocation,
): Promise<string> {
  if (account === undefined) {
    if (steps.length > 0) await directory.changeAll(steps);
    return '';
  }
  const fingerprint = invocation.value('certificate-fingerprint');
  const subject = invocation.value('certificate-subject-dn');
  const path = fingerprint === undefined && subject === undefined ? pinPath(account, invocation) : undefined;
  const password = randomBytes(PASSWORD_OCTETS).toString('base64url');
  if (path !== undefined) await writeNew(path, password);
  const entry = withValues(account, {
    objectClass: ['top', 'person', 'ds-cfg-root-dn-user'],
    cn: [account.name],
    sn: [account.name],
    userPassword: path === undefined ? [] : [password],
    'ds-certificate-fingerprint': fingerprint === undefined ? [] : [fingerprint],
    'ds-certificate-subject-dn': subject === undefined ? [] : [subject],
  });
  try {
    await directory.changeAll([{ change: { type: 'add', entry }, assertion: undefined }, ...steps]);
  } catch (error) {
    // A password that nobody has is of no use.
    if (path !== undefined) await rm(path, { force: true });
    throw error;
  }
  return path === undefined ? '' : ` Its password is in ${path}.`;
}

function pinPath(account: Dn, invocation: Invocation): string {
  return invocation.value('password-file') ?? `${account.name.replaceAll(/[^\w.-]/g, '_')}.pin`;
}

async function writeNew(path: string, password: string): Promise<void> {
  try {
    // Without a line end: `ldapsearch -y` takes the whole file for the password.
    await writeFile(path, password, { flag: 'wx', mode: FILE_MODE, flush: true });
  } catch (error) {
    const reason = errorCode(error) === 'EEXIST' ? 'it exists already' : reasonOf(error);
    throw new CommandError(
      `The password cannot be written to the new file ${path}: ${reason}. Name another with --password-file.`,
      ExitCode.failed,
    );
  }
}
