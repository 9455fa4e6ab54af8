// The commands that give applications their rights.

import type { Command } from '../command.ts';
import { INSTANCE_OPTIONS } from '../commands/instance-options.ts';
import { CONNECTION_OPTIONS } from '../connection/connection-options.ts';
import { JSON_OPTION } from '../output-options.ts';
import { EITHER_OPTIONS } from './tree-options.ts';

const GROUP = 'Access';

const grantCommand: Command = {
  name: 'grant',
  group: GROUP,
  operands: 'APP',
  synopsis: 'Gives an application one mail server: an account, a password in a new file, and a policy.',
  description:
    'The account is cn=APP,cn=Root DNs,cn=config, and the policy cn=APP on NAME,cn=Access Control Handler,cn=config. Both are\n' +
    'made in one transaction. What is there already is left as it is; other rights than before replace those of the policy.\n' +
    'Without --send, --read and --read-password the application may read.',
  options: [
    {
      name: 'mail-server',
      value: 'NAME',
      synopsis: 'the mail server: its name below cn=Mail Servers,cn=config, or its DN',
    },
    { name: 'read', synopsis: 'the application reads the mail server, but not its password' },
    { name: 'read-password', synopsis: 'the application reads the mail server and its password' },
    { name: 'send', synopsis: 'the application verifies the mail server, and sends test messages by it' },
    {
      name: 'password-file',
      value: 'FILE',
      synopsis: 'the new file for the password of the account; APP.pin if absent',
    },
    {
      name: 'certificate-fingerprint',
      value: 'SHA256',
      synopsis: 'the certificate that the application logs in with, in place of a password',
    },
    {
      name: 'certificate-subject-dn',
      value: 'DN',
      synopsis: 'the subject of such a certificate',
    },
    ...EITHER_OPTIONS,
  ],
  run: async (...typed) => (await import('../access/grant.ts')).grant(...typed),
};

const revokeCommand: Command = {
  name: 'revoke',
  group: GROUP,
  operands: 'APP',
  synopsis:
    'Takes back what grant gave: the policies of an application, and its account with the last of them.',
  options: [
    { name: 'mail-server', value: 'NAME', synopsis: 'the only mail server to take back; all if absent' },
    ...EITHER_OPTIONS,
  ],
  run: async (...typed) => (await import('../access/grant.ts')).revoke(...typed),
};

const accessCommand: Command = {
  name: 'access',
  group: GROUP,
  synopsis: 'Shows what an account may do with an entry and each of its attributes, and what decides that.',
  description:
    'Whoever has the privilege config-read may ask about every account, others about themselves only. Policies that ask for\n' +
    'an address, a port or the strength of TLS are asked with those of the connection of this command.',
  options: [
    { name: 'who', value: 'DN', synopsis: 'the account: its DN, a name such as admin, or anonymous' },
    { name: 'entry', value: 'DN', synopsis: 'the entry' },
    ...INSTANCE_OPTIONS,
    ...CONNECTION_OPTIONS,
    JSON_OPTION,
  ],
  run: async (...typed) => (await import('../access/effective-rights.ts')).access(...typed),
};

const NAMED = 'NAME is that below cn=Root DNs,cn=config, or the DN of any account.';

const unlockCommand: Command = {
  name: 'unlock-account',
  group: GROUP,
  operands: 'NAME',
  synopsis: 'Forgets the failed logins of an account, so that it is no longer locked.',
  description: `${NAMED} The account keeps its password.`,
  options: [...INSTANCE_OPTIONS, ...CONNECTION_OPTIONS],
  run: async (...typed) => (await import('../access/accounts.ts')).unlockAccount(...typed),
};

const disableCommand: Command = {
  name: 'disable-account',
  group: GROUP,
  operands: 'NAME',
  synopsis: 'Keeps everybody from logging in to an account, and ends its logins.',
  description: NAMED,
  options: EITHER_OPTIONS,
  run: async (...typed) => (await import('../access/accounts.ts')).disableAccount(...typed),
};

const enableCommand: Command = {
  name: 'enable-account',
  group: GROUP,
  operands: 'NAME',
  synopsis: 'Lets an account log in again that was disabled.',
  description: NAMED,
  options: EITHER_OPTIONS,
  run: async (...typed) => (await import('../access/accounts.ts')).enableAccount(...typed),
};

const stateCommand: Command = {
  name: 'get-password-policy-state',
  group: GROUP,
  operands: 'NAME',
  synopsis: 'Shows the password policy of an account, and whether and for how long it can log in.',
  description: NAMED,
  options: [JSON_OPTION, ...INSTANCE_OPTIONS, ...CONNECTION_OPTIONS],
  run: async (...typed) => (await import('../access/accounts.ts')).getPasswordPolicyState(...typed),
};

export const accessCommands: readonly Command[] = [
  unlockCommand,
  disableCommand,
  enableCommand,
  stateCommand,
  grantCommand,
  revokeCommand,
  accessCommand,
];
