// `confdit verify-mail-server` and `confdit send-test-message`: tasks of a running server, added and waited for.

import { Dn } from '../ldap/dn.ts';
import { type Command, type CommandOption, type Invocation, UsageError, type World } from './command.ts';
import type { OpenDirectory } from './directory.ts';
import { ExitCode } from './exit-code.ts';
import { type FinishedTask, finishTask, type TaskRequest } from './finished-task.ts';
import { formatJson, JSON_OPTION } from './output.ts';
import { whileWorking } from './progress-bar.ts';

export interface MailCommandParts {
  readonly connectionOptions: readonly CommandOption[];
  readonly open: OpenDirectory;
}

const GROUP = 'Mail';
const CONTAINER = 'cn=Mail Servers,cn=config';
const SERVER_OPTION: CommandOption = {
  name: 'server-name',
  value: 'NAME',
  synopsis: 'the mail server: its name below cn=Mail Servers,cn=config, or its DN',
};

export function mailCommands({ connectionOptions, open }: MailCommandParts): readonly Command[] {
  const run =
    (doing: string, request: (invocation: Invocation) => TaskRequest) =>
    async (invocation: Invocation, world: World) => {
      const asked = request(invocation);
      const directory = await open(invocation, world);
      try {
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
        'Nothing is sent. The same as an entry of class ds-task-verify-mail-server below cn=Scheduled Tasks,cn=tasks.',
      options: [SERVER_OPTION, JSON_OPTION, ...connectionOptions],
      run: run('verifying', verifyRequest),
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

function verifyRequest(invocation: Invocation): TaskRequest {
  const name = invocation.value('server-name');
  if (name === undefined) throw new UsageError('Which mail server? Give --server-name.');
  return {
    objectClass: 'ds-task-verify-mail-server',
    attributes: { 'ds-task-mail-server': [dnOf(name)] },
  };
}

function messageRequest(invocation: Invocation): TaskRequest {
  const [name, from, to] = [
    invocation.value('server-name'),
    invocation.value('from'),
    invocation.values('to'),
  ];
  if (from === undefined || to.length === 0) throw new UsageError('Give --from and at least one --to.');
  return {
    objectClass: 'ds-task-send-test-message',
    attributes: {
      ...(name === undefined ? {} : { 'ds-task-mail-server': [dnOf(name)] }),
      'ds-task-mail-sender': [from],
      'ds-task-mail-recipient': to,
    },
  };
}

function dnOf(name: string): string {
  if (name.includes('=')) return name;
  return Dn.parse(CONTAINER)
    .child([{ type: 'cn', value: name }])
    .toString();
}

/** What was found out, line by line; what went wrong goes to standard error. */
function tell({ entry, isSuccessful, lines }: FinishedTask, { stdout, stderr }: World): number {
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

function tellJson({ entry, isSuccessful, lines }: FinishedTask, { stdout }: World): number {
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
