// `confdit verify-mail-server` and `confdit send-test-message`: tasks of a running server, added and waited for.

import { formatChange } from '../codec/ldif-writer.ts';
import type { ObjectDefinition } from '../config/object-definition.ts';
import type { Change } from '../ldap/change.ts';
import { Dn } from '../ldap/dn.ts';
import { LdapError } from '../ldap/ldap-error.ts';
import {
  type Command,
  CommandError,
  type CommandOption,
  type Invocation,
  UsageError,
  type World,
} from './command.ts';
import type { Directory, OpenDirectory } from './directory.ts';
import { newEntry } from './dsconfig/new-entry.ts';
import type { ObjectFamily } from './dsconfig/object-family.ts';
import {
  asksForEdits,
  EDIT_OPTIONS,
  modificationsOf,
  type PropertyEdits,
  problemsOfMissing,
  readEdits,
  refuse,
} from './dsconfig/property-edit.ts';
import { adviseOnSecrets } from './dsconfig/typed-secrets.ts';
import { ExitCode } from './exit-code.ts';
import { type FinishedTask, finishTask, type TaskRequest } from './finished-task.ts';
import { formatJson, JSON_OPTION } from './output.ts';
import { whileWorking } from './progress-bar.ts';

export interface MailCommandParts {
  /** Mail servers are one of them. */
  readonly families: readonly ObjectFamily[];
  /** Whether a person types the commands: then advice may be given. */
  readonly isTyped: boolean;
  readonly connectionOptions: readonly CommandOption[];
  readonly open: OpenDirectory;
}

/** Made when the words are found to be right, with what is on the server. */
type MakeRequest = (directory: Directory) => Promise<TaskRequest>;

const GROUP = 'Mail';
const KIND = 'mail-server';
const CONTAINER = 'cn=Mail Servers,cn=config';
const SERVER_OPTION: CommandOption = {
  name: 'server-name',
  value: 'NAME',
  synopsis: 'the mail server: its name below cn=Mail Servers,cn=config, or its DN',
};

export function mailCommands(parts: MailCommandParts): readonly Command[] {
  const { connectionOptions, open } = parts;
  const run =
    (doing: string, request: (invocation: Invocation, world: World) => MakeRequest) =>
    async (invocation: Invocation, world: World) => {
      const makeRequest = request(invocation, world);
      const directory = await open(invocation, world);
      try {
        const asked = await makeRequest(directory);
        const finished = await whileWorking(world.stderr, doing, finishTask(directory, asked));
        return invocation.has('json') ? tellJson(finished, world) : tell(finished, world);
      } finally {
        await directory.close();
      }
    };
  return [
    {
      name: 'verify-mail-server',
      group: GROUP,
      synopsis: 'Connects to a mail server, makes TLS and logs in, and tells what to change when that fails.',
      description:
        'Nothing is sent. With --set and its like it is verified as it would be with these values, also where there is no\n' +
        'mail server of this name yet; nothing is stored.\n' +
        'The same as an entry of class ds-task-verify-mail-server below cn=Scheduled Tasks,cn=tasks.',
      options: [SERVER_OPTION, ...EDIT_OPTIONS, JSON_OPTION, ...connectionOptions],
      run: run('verifying', (invocation, world) => verifyRequest(invocation, world, parts)),
    },
    {
      name: 'send-test-message',
      group: GROUP,
      synopsis: 'Hands a short message to a mail server, or to the first enabled one that takes it.',
      description:
        'The same as an entry of class ds-task-send-test-message below cn=Scheduled Tasks,cn=tasks.',
      options: [
        SERVER_OPTION,
        { name: 'from', value: 'ADDRESS', synopsis: 'the address that the message is from' },
        { name: 'to', value: 'ADDRESS', repeatable: true, synopsis: 'an address that the message is for' },
        JSON_OPTION,
        ...connectionOptions,
      ],
      run: run('sending', messageRequest),
    },
  ];
}

function verifyRequest(
  invocation: Invocation,
  world: World,
  { families, isTyped }: MailCommandParts,
): MakeRequest {
  const name = invocation.value('server-name');
  if (name === undefined) throw new UsageError('Which mail server? Give --server-name.');
  const dn = dnOf(name);
  const request = { objectClass: 'ds-task-verify-mail-server' };
  const server = { 'ds-task-mail-server': [dn.toString()] };
  const family = families.find((one) => one.name === KIND);
  if (family === undefined || !asksForEdits(invocation)) {
    return async () => ({ ...request, attributes: server });
  }
  const edits = readEdits(invocation, family.definition);
  refuse(edits.problems);
  if (isTyped) adviseOnSecrets(invocation, family, world);
  return async (directory) => {
    const change = await changeOf(dn, family.definition, edits, directory);
    return { ...request, attributes: { ...server, 'ds-task-mail-change': [formatChange(change)] } };
  };
}

/** What would make the mail server so, whether or not there is one of this name. */
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

function messageRequest(invocation: Invocation): MakeRequest {
  const [name, from, to] = [
    invocation.value('server-name'),
    invocation.value('from'),
    invocation.values('to'),
  ];
  if (from === undefined || to.length === 0) throw new UsageError('Give --from and at least one --to.');
  return async () => ({
    objectClass: 'ds-task-send-test-message',
    attributes: {
      ...(name === undefined ? {} : { 'ds-task-mail-server': [dnOf(name).toString()] }),
      'ds-task-mail-sender': [from],
      'ds-task-mail-recipient': to,
    },
  });
}

/** What names an entry of the container is a DN; anything else is a name, also with a "=" in it. */
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

/** What was found out, line by line; what went wrong goes to standard error. */
function tell({ entry, isSuccessful, lines }: FinishedTask, { stdout, stderr }: World): ExitCode {
  const show = (title: string, attribute: string) => {
    for (const value of numbered(entry.values(attribute))) stdout.write(`${title.padEnd(12)} ${value}\n`);
  };
  show('step', 'ds-task-mail-step');
  show('protocol', 'ds-task-mail-tls-protocol');
  show('cipher', 'ds-task-mail-tls-cipher');
  show('certificate', 'ds-task-mail-certificate');
  show('capability', 'ds-task-mail-capability');
  for (const { severity, message } of lines) {
    // That it began and ended is seen without being told.
    if (message.startsWith('The task ')) continue;
    (severity === 'INFORMATION' ? stdout : stderr).write(`${message}\n`);
  }
  return isSuccessful ? ExitCode.success : ExitCode.failed;
}

function tellJson({ entry, isSuccessful, lines }: FinishedTask, { stdout }: World): ExitCode {
  const values = (attribute: string) => numbered(entry.values(attribute));
  stdout.write(
    formatJson({
      successful: isSuccessful,
      steps: values('ds-task-mail-step'),
      protocol: entry.first('ds-task-mail-tls-protocol'),
      cipher: entry.first('ds-task-mail-tls-cipher'),
      certificates: values('ds-task-mail-certificate'),
      capabilities: values('ds-task-mail-capability'),
      messages: lines,
    }),
  );
  return isSuccessful ? ExitCode.success : ExitCode.failed;
}

/** Values of an attribute have no order of their own: those that begin with a number are put into it. */
function numbered(values: readonly string[]): readonly string[] {
  return values.toSorted((one, other) => Number.parseInt(one, 10) - Number.parseInt(other, 10) || 0);
}
