// The commands that try mail servers out: tasks of a running server, added and waited for.

import type { Command, CommandOption } from '../command.ts';
import { CONNECTION_OPTIONS } from '../connection/connection-options.ts';
import type { OpenDirectory } from '../connection/directory.ts';
import { EDIT_OPTIONS } from '../dsconfig/edit-options.ts';
import { JSON_OPTION } from '../output-options.ts';

const GROUP = 'Mail';
const SERVER_OPTION: CommandOption = {
  name: 'server-name',
  value: 'NAME',
  synopsis: 'the mail server: its name below cn=Mail Servers,cn=config, or its DN',
};

/** @param isTyped whether a person types the commands: then advice may be given. */
export function mailCommands(open: OpenDirectory, isTyped: boolean): readonly Command[] {
  return [
    {
      name: 'verify-mail-server',
      group: GROUP,
      operands: '[NAME...]',
      synopsis:
        'Connects to a mail server, makes TLS and logs in, and reports what to change when that fails.',
      description:
        'Nothing is sent. Several names, or --all, verify several mail servers; the exit code is 1 when one of them cannot\n' +
        'be used. confdit status shows the outcome. With --set, --add, --remove and --reset one mail server is verified\n' +
        'with these values, also when no mail server has this name yet; nothing is stored. Each step may take 30 s, or\n' +
        'what mail.smtp.timeout says if that is more.\n' +
        'An entry of class ds-task-verify-mail-server below cn=Scheduled Tasks,cn=tasks does the same.',
      options: [
        { ...SERVER_OPTION, repeatable: true },
        { name: 'all', synopsis: 'verify every mail server that is enabled' },
        ...EDIT_OPTIONS,
        JSON_OPTION,
        ...CONNECTION_OPTIONS,
      ],
      run: async (...typed) =>
        (await import('../mail/mail-commands.ts')).verifyMailServers(...typed, { open, isTyped }),
    },
    {
      name: 'send-test-message',
      group: GROUP,
      synopsis:
        'Sends a short message through a mail server, or through the first enabled one that accepts it.',
      description:
        'An entry of class ds-task-send-test-message below cn=Scheduled Tasks,cn=tasks does the same.',
      options: [
        SERVER_OPTION,
        { name: 'from', value: 'ADDRESS', synopsis: 'the address that the message is from' },
        { name: 'to', value: 'ADDRESS', repeatable: true, synopsis: 'an address that the message is for' },
        JSON_OPTION,
        ...CONNECTION_OPTIONS,
      ],
      run: async (...typed) =>
        (await import('../mail/mail-commands.ts')).sendTestMessage(...typed, { open, isTyped }),
    },
  ];
}
