// The command for several servers that share one configuration through etcd.

import type { Command } from '../command.ts';
import { INSTANCE_OPTIONS } from '../commands/instance-options.ts';

export const clusterCommand: Command = {
  name: 'cluster',
  group: 'Safety',
  operands: '<init|join|leave|export|forget|check> [SERVER]',
  operandValues: ['init', 'join', 'leave', 'export', 'forget', 'check'],
  synopsis: 'Makes an instance, whose server is down, one of a cluster in etcd, or one of its own again.',
  description:
    'init begins a cluster with the configuration of the instance. join makes a new instance from the cluster; it needs the\n' +
    'master key of the cluster. leave makes the instance one of its own, with what it has. export makes a new instance of its\n' +
    'own from what the cluster has; it needs the master key too. forget takes a server out that does not come back: its\n' +
    'name or id follows. check compares an instance with its cluster, and says what to do if they do not fit together. See docs/cluster.md.\n' +
    'Environment: CONFDIT_ETCD, CONFDIT_ETCD_PREFIX, CONFDIT_ETCD_CA_FILE, CONFDIT_ETCD_CERT_FILE, CONFDIT_ETCD_KEY_FILE,\n' +
    'CONFDIT_ETCD_USER, CONFDIT_ETCD_PASSWORD_FILE, CONFDIT_MASTER_KEY_FILE.',
  options: [
    ...INSTANCE_OPTIONS,
    {
      name: 'master-key',
      value: 'FILE',
      synopsis:
        'with join: a copy of this master key of another server becomes that of the instance; with export: the key to read with',
    },
  ],
  run: async (...typed) => (await import('../commands/cluster.ts')).cluster(...typed),
};
