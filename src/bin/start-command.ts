// `confdit start`: the server.

import type { Command } from '../cli/command.ts';
import { INSTANCE_OPTIONS, instanceOf } from '../cli/commands/instance-options.ts';

export const startCommand: Command = {
  name: 'start',
  group: 'The server',
  synopsis: 'Starts the server and serves until it is interrupted.',
  description:
    'Environment: LDAP_PORT, LDAPS_PORT, LDAPI_PATH, LDAP_LISTEN_ADDRESS, CONFDIT_INSTANCE, CONFDIT_ADMIN_PASSWORD, ' +
    'CONFDIT_ADMIN_PASSWORD_FILE, CONFDIT_CERTIFICATE_NAMES ' +
    '(first start only),\nCONFDIT_ENVCONFIG_DIRS, CONFDIT_ACCESS_LOG (on or off); and every variable that an ' +
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
      synopsis: 'take an edit of config.ldif that deletes entries, or that may as well be damage',
    },
  ],
  run: async (invocation, world) => {
    // The server is half of the program, and no other command needs it.
    const { start } = await import('./start.ts');
    const choice = {
      ...instanceOf(invocation, world),
      isLastKnownGood: invocation.has('last-known-good'),
      acceptsEdit: invocation.has('accept-edit'),
    };
    return start(choice, world);
  },
};
