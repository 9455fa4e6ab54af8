// The commands of a server: making an instance, starting it, and seeing what it does.

import type { Command, CommandRun } from '../command.ts';
import { INSTANCE_OPTION, INSTANCE_OPTIONS } from '../commands/instance-options.ts';
import { CONNECTION_OPTIONS } from '../connection/connection-options.ts';
import type { OpenDirectory } from '../connection/directory.ts';
import { JSON_OPTION } from '../output-options.ts';

export const initCommand: Command = {
  name: 'init',
  group: 'The server',
  synopsis: 'Creates an instance folder with keys, a configuration and a password, and starts nothing.',
  description:
    'The first start does the same. With init the configuration can be written before anything listens: every command\n' +
    'that has the option --offline works on the new folder. Environment: CONFDIT_INSTANCE, CONFDIT_ADMIN_PASSWORD,\n' +
    'CONFDIT_ADMIN_PASSWORD_FILE, CONFDIT_CERTIFICATE_NAMES, CONFDIT_MASTER_KEY_FILE.',
  options: [
    ...INSTANCE_OPTIONS,
    {
      name: 'master-key',
      value: 'FILE',
      synopsis:
        'a copy of this master key becomes that of the instance, such as for encrypted exports of another one',
    },
    { name: 'quiet', short: 'Q', synopsis: 'print nothing but problems' },
    JSON_OPTION,
  ],
  run: async (...typed) => (await import('../commands/init.ts')).init(...typed),
};

/** @param start serves until the process is interrupted; only the process itself can. */
export function startCommand(start: CommandRun): Command {
  return {
    name: 'start',
    group: 'The server',
    synopsis: 'Starts the server and serves until it is interrupted.',
    description:
      'Environment: LDAP_PORT, LDAPS_PORT, LDAPI_PATH, LDAP_LISTEN_ADDRESS, CONFDIT_INSTANCE, CONFDIT_ADMIN_PASSWORD, ' +
      'CONFDIT_ADMIN_PASSWORD_FILE, CONFDIT_CERTIFICATE_NAMES ' +
      '(first start only),\nCONFDIT_MASTER_KEY_FILE, CONFDIT_ENVCONFIG_DIRS, CONFDIT_ACCESS_LOG (on or off), in a cluster those of confdit cluster; and every variable that an ' +
      'expression of the configuration names.',
    options: [
      ...INSTANCE_OPTIONS,
      {
        name: 'last-known-good',
        synopsis:
          'go back to the configuration of the last good start, as a change that is journaled like others',
      },
      {
        name: 'accept-edit',
        synopsis: 'accept an edit of config.ldif that deletes entries, or that may as well be damage',
      },
    ],
    run: start,
  };
}

const INTERVAL_SECONDS = 2;

/** Declares `status`. */
export function statusCommand(open: OpenDirectory): Command {
  return {
    name: 'status',
    group: 'The server',
    synopsis: 'Shows listeners, mail servers, pending changes, problems and the last changes.',
    description:
      'With --watch it is shown again and again until Ctrl-C is pressed; small bars show how many messages each mail server\n' +
      'has sent, and how many have failed, between the last looks. With --json each look is a line.',
    options: [
      { name: 'watch', synopsis: 'look again and again' },
      {
        name: 'interval',
        value: 'SECONDS',
        synopsis: `seconds between two looks (default: ${INTERVAL_SECONDS})`,
      },
      JSON_OPTION,
      ...CONNECTION_OPTIONS,
    ],
    run: async (invocation, world) => {
      const { showStatus } = await import('../status/status.ts');
      const interval = invocation.value('interval') ?? String(INTERVAL_SECONDS);
      return showStatus(invocation, world, { open, interval, now: () => new Date() });
    },
  };
}

export const watchCommand: Command = {
  name: 'watch',
  group: 'The server',
  synopsis: 'Reports changes as they are made, and by whom, until Ctrl-C is pressed.',
  description:
    'Each change is a line as history has it; with --json it is a JSON object in one line. The account needs the\n' +
    'privileges config-read and changelog-read. In a cluster it goes on at another server when its own is lost, and misses nothing.',
  options: [
    {
      name: 'otherServer',
      value: 'HOST:PORT',
      repeatable: true,
      synopsis: 'another server of the cluster, to go on at when the one before is lost',
    },
    {
      name: 'baseDN',
      short: 'b',
      value: 'DN',
      synopsis: 'only this entry and all below it (default: cn=config)',
    },
    { name: 'changes', short: 'c', synopsis: 'the changes themselves, as LDIF' },
    { name: 'count', value: 'COUNT', synopsis: 'end after this number of changes' },
    JSON_OPTION,
    ...CONNECTION_OPTIONS,
  ],
  run: async (...typed) => (await import('../commands/watch.ts')).watch(...typed),
};

export const reloadCommand: Command = {
  name: 'reload',
  group: 'The server',
  synopsis: 'Makes the server read expression files, files, key stores and trust stores again.',
  description:
    'Either everything is valid and takes effect, or nothing changes, all problems are listed, and the exit code is not 0.\n' +
    'The signal SIGHUP does the same, and so does an entry of class ds-task-reload below cn=Scheduled Tasks,cn=tasks.',
  options: [INSTANCE_OPTION, JSON_OPTION, ...CONNECTION_OPTIONS],
  run: async (...typed) => (await import('../commands/reload.ts')).reload(...typed),
};

export const resolveCommand: Command = {
  name: 'resolve',
  group: 'The server',
  synopsis: 'Prints the effective values and the source of each, or what does not resolve.',
  description:
    'Without FILE, the running server is asked. With --offline the files of the instance are read, whether its server\n' +
    'runs or not. With FILE... LDIF files are read on top of them: their entries replace those of the instance, and a file\n' +
    'with the entry cn=config replaces the whole configuration. FILE may be a folder, or - for standard input.\n' +
    'Expressions are resolved from the environment of this command. When something does not resolve, or is not valid,\n' +
    'all problems are listed and the exit code is not 0. Secrets are shown as ***.',
  operands: '[FILE...]',
  options: [
    ...INSTANCE_OPTIONS,
    { name: 'offline', synopsis: 'read the files of the instance instead of asking its server' },
    JSON_OPTION,
    ...CONNECTION_OPTIONS,
  ],
  run: async (...typed) => (await import('../commands/resolve.ts')).resolve(...typed),
};
