// `confdit verify-mail-server` and `confdit send-test-message`: tasks of a running server, added and waited for.

import { formatChange } from '../../codec/ldif-writer.ts';
import type { ObjectDefinition } from '../../config/object-definition.ts';
import type { Change } from '../../ldap/change.ts';
import { Dn } from '../../ldap/dn.ts';
import type { Entry } from '../../ldap/entry.ts';
import { LdapError } from '../../ldap/ldap-error.ts';
import { CommandError, type Invocation, UsageError, type World } from '../command.ts';
import type { Directory, OpenDirectory } from '../connection/directory.ts';
import { asksForEdits } from '../dsconfig/edit-options.ts';
import { FAMILIES } from '../dsconfig/families.ts';
import { newEntry } from '../dsconfig/new-entry.ts';
import {
  modificationsOf,
  type PropertyEdits,
  problemsOfMissing,
  readEdits,
  refuse,
} from '../dsconfig/property-edit.ts';
import { adviseOnSecrets } from '../dsconfig/typed-secrets.ts';
import { ExitCode } from '../exit-code.ts';
import { tellJson, tellList, tellOutcome } from './mail-outcome.ts';
import { type NamedRequest, runMailTasks } from './mail-tasks.ts';

export interface MailCommandParts {
  readonly open: OpenDirectory;
  /** True if a person types the commands: then advice may be given. */
  readonly isTyped: boolean;
}

/** Made when the words are found to be right, with what is on the server. */
type MakeRequests = (directory: Directory) => Promise<Asked>;

interface Asked {
  readonly requests: readonly NamedRequest[];
  /** Mail servers that nobody asks about because they are not enabled. */
  readonly notEnabled?: readonly string[];
  /** True if each is reported under its name. */
  readonly isList?: boolean;
}

const KIND = 'mail-server';
const CONTAINER = 'cn=Mail Servers,cn=config';
const IN_FORCE = 'cn=Mail Servers,cn=effective';

/** Verifies the mail servers that were named, or all that are enabled. */
export async function verifyMailServers(
  invocation: Invocation,
  world: World,
  { open, isTyped }: MailCommandParts,
): Promise<ExitCode> {
  const makeRequests = verifyRequests(invocation, world, isTyped);
  return runTasks('verifying', makeRequests, invocation, world, open);
}

/** Sends a test message. */
export async function sendTestMessage(
  invocation: Invocation,
  world: World,
  { open }: MailCommandParts,
): Promise<ExitCode> {
  return runTasks('sending', messageRequest(invocation), invocation, world, open);
}

async function runTasks(
  doing: string,
  makeRequests: MakeRequests,
  invocation: Invocation,
  world: World,
  open: OpenDirectory,
): Promise<ExitCode> {
  const directory = await open(invocation, world);
  try {
    const { requests, notEnabled = [], isList = false } = await makeRequests(directory);
    const outcomes = await runMailTasks(directory, requests, { doing, world });
    if (isList) return tellList({ outcomes, notEnabled }, world, invocation.has('json'));
    const [first] = outcomes;
    if (first === undefined || first.outcome instanceof CommandError) return ExitCode.failed;
    return invocation.has('json') ? tellJson(first.outcome, world) : tellOutcome(first.outcome, world);
  } finally {
    await directory.close();
  }
}

function verifyRequests(invocation: Invocation, world: World, isTyped: boolean): MakeRequests {
  const names = [...new Set([...invocation.values('server-name'), ...invocation.operands])];
  const isAll = invocation.has('all');
  if (isAll && names.length > 0) throw new UsageError('Give --all or names, not both.');
  if (!isAll && names.length === 0) throw new UsageError('Which mail server? Give --server-name, or --all.');
  const family = FAMILIES.find((one) => one.name === KIND);
  const asksForOther = family !== undefined && asksForEdits(invocation);
  const [name = ''] = names;
  if (asksForOther && (isAll || names.length > 1))
    throw new UsageError('Values that are not stored are for one mail server. Give one --server-name.');
  if (isAll) return allRequests;
  if (!asksForOther)
    return async () => ({ requests: names.map((one) => verifyRequest(one)), isList: names.length > 1 });
  const edits = readEdits(invocation, family.definition);
  refuse(edits.problems);
  if (isTyped) adviseOnSecrets(invocation, family, world);
  return async (directory) => {
    const change = await changeOf(dnOf(name), family.definition, edits, directory);
    return { requests: [verifyRequest(name, formatChange(change))] };
  };
}

function verifyRequest(name: string, change?: string): NamedRequest {
  const attributes = {
    'ds-task-mail-server': [dnOf(name).toString()],
    ...(change === undefined ? {} : { 'ds-task-mail-change': [change] }),
  };
  return { name, request: { objectClass: 'ds-task-verify-mail-server', attributes } };
}

/** Those that are enabled; whether one is, an expression may say. */
async function allRequests(directory: Directory): Promise<Asked> {
  const found = await directory.search({
    base: IN_FORCE,
    scope: 'one',
    attributes: ['ds-cfg-enabled'],
  });
  const isEnabled = (entry: Entry) => entry.first('ds-cfg-enabled')?.toLowerCase() === 'true';
  const names = (entries: readonly Entry[]) => entries.map(({ dn }) => dn.name).toSorted();
  const enabled = names(found.filter(isEnabled));
  if (enabled.length === 0)
    throw new CommandError('No mail server is enabled, so there is none to verify.', ExitCode.failed);
  const notEnabled = names(found.filter((entry) => !isEnabled(entry)));
  const inContainer = (name: string) =>
    Dn.parse(CONTAINER)
      .child([{ type: 'cn', value: name }])
      .toString();
  const requests = enabled.map((name) => ({ ...verifyRequest(inContainer(name)), name }));
  return { requests, notEnabled, isList: true };
}

/** Returns the change that would make the mail server so, whether or not there is one of this name. */
async function changeOf(
  dn: Dn,
  kind: ObjectDefinition,
  edits: PropertyEdits,
  directory: Directory,
): Promise<Change> {
  const stored = await directory
    .search({ base: dn.toString(), scope: 'base', attributes: ['1.1'] })
    .catch((error: unknown) => {
      if (error instanceof CommandError && error.exitCode === ExitCode.noSuchObject) return [];
      throw error;
    });
  if (stored.length > 0) return { type: 'modify', dn, modifications: modificationsOf(edits) };
  const isSetOnly = edits.edits.every(({ set }) => set.length > 0);
  const problems = [...(isSetOnly ? [] : ['A new one takes --set only.']), ...problemsOfMissing(edits, kind)];
  if (problems.length === 0) return { type: 'add', entry: newEntry(dn, kind, edits) };
  const missing = `${dn}: there is no such ${kind.friendlyName}, and this is not enough for a new one.`;
  throw new CommandError([missing, ...problems].join('\n'), ExitCode.noSuchObject);
}

function messageRequest(invocation: Invocation): MakeRequests {
  const [name, from, to] = [
    invocation.value('server-name'),
    invocation.value('from'),
    invocation.values('to'),
  ];
  if (from === undefined || to.length === 0) throw new UsageError('Give --from and at least one --to.');
  const attributes = {
    ...(name === undefined ? {} : { 'ds-task-mail-server': [dnOf(name).toString()] }),
    'ds-task-mail-sender': [from],
    'ds-task-mail-recipient': to,
  };
  const request = { objectClass: 'ds-task-send-test-message', attributes };
  return async () => ({ requests: [{ name: name ?? '', request }] });
}

/**
 * Returns the DN of a mail server. A text that is the DN of an entry of the container is a DN; any other is a name, also
 * with a "=" in it.
 */
function dnOf(text: string): Dn {
  const written = text.includes('=') ? parsed(text) : undefined;
  if (written?.parent?.toString().toLowerCase() === CONTAINER.toLowerCase()) return written;
  return Dn.parse(CONTAINER).child([{ type: 'cn', value: text }]);
}

function parsed(text: string): Dn | undefined {
  try {
    return Dn.parse(text);
  } catch (error) {
    if (error instanceof LdapError) return undefined;
    throw error;
  }
}
