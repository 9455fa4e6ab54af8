// The rooms of src/ and what each may import: the one place where the import table is data.
//
// A new arrow is a changed line here and in ARCHITECTURE.md; `(types)` lets in `import type` and nothing that runs.
// A room may only import rooms that stand above it.

export const EVERYTHING = 'everything';

export const ROOMS: ReadonlyMap<string, readonly string[]> = new Map([
  ['ldap', []],
  ['time', []],
  ['files', ['time']],
  ['codec', ['ldap', 'files']],
  ['schema', ['ldap', 'codec', 'files']],
  ['directory', ['ldap', 'codec', 'schema']],
  ['store', ['ldap', 'codec', 'files']],
  ['etcd', ['time', 'files']],
  ['cluster', ['ldap', 'time', 'files', 'codec', 'store', 'etcd']],
  ['expression', ['files']],
  ['config', ['ldap', 'files', 'schema', 'expression']],
  ['access', ['ldap', 'schema', 'directory', 'config']],
  ['policy', ['config (types)']],
  ['trust', ['config (types)', 'files']],
  ['secrets', ['time', 'config (types)', 'trust', 'files']],
  ['mail', ['time', 'config (types)', 'trust', 'files']],
  ['runtime', ['ldap', 'time', 'files', 'config', 'policy', 'trust', 'mail']],
  ['backend', ['ldap', 'schema', 'directory', 'config', 'access', 'trust', 'runtime (types)']],
  [
    'configuration',
    [
      ...['ldap', 'time', 'files', 'schema', 'directory', 'store', 'expression', 'config', 'mail'],
      ...['policy', 'access', 'runtime', 'backend'],
    ],
  ],
  [
    'history',
    [
      ...['ldap', 'files (types)', 'schema', 'directory', 'store', 'config (types)', 'access', 'runtime'],
      ...['backend', 'configuration'],
    ],
  ],
  [
    'memory',
    [
      'ldap',
      'files',
      'schema',
      'directory',
      'store (types)',
      'config',
      'runtime',
      'backend',
      'configuration',
    ],
  ],
  [
    'tasks',
    [
      ...['ldap', 'files', 'schema', 'directory', 'store (types)', 'config', 'mail', 'runtime', 'backend'],
      ...['configuration', 'memory'],
    ],
  ],
  [
    'monitor',
    [
      ...['ldap', 'files (types)', 'schema', 'directory', 'store (types)', 'config (types)', 'trust (types)'],
      ...['mail (types)', 'runtime', 'backend', 'configuration (types)', 'tasks (types)', 'cluster (types)'],
    ],
  ],
  [
    'operations',
    [
      ...['ldap', 'files (types)', 'codec', 'directory', 'config', 'policy', 'access (types)'],
      ...['runtime', 'backend'],
      'history (types)',
    ],
  ],
  [
    'server',
    [
      'ldap',
      'time',
      'files',
      'codec',
      'directory (types)',
      'config (types)',
      'runtime',
      'monitor (types)',
      'operations',
    ],
  ],
  ['http', ['files', 'config (types)', 'runtime', 'monitor (types)', 'operations (types)', 'server']],
  ['ldap-client', ['ldap', 'time', 'files', 'codec']],
  ['client', ['ldap', 'time', 'files', 'config', 'trust', 'mail', 'ldap-client']],
  [
    'instance',
    [
      ...['ldap', 'files', 'codec', 'schema', 'store', 'expression', 'config', 'policy', 'trust'],
      ...[
        'secrets',
        'mail (types)',
        'runtime',
        'backend (types)',
        'configuration',
        'history',
        'tasks (types)',
        'operations',
      ],
    ],
  ],
  [
    'cli',
    [
      ...['ldap', 'time', 'files', 'codec', 'schema', 'directory', 'store', 'expression', 'config', 'trust'],
      ...['access', 'runtime', 'backend', 'configuration', 'history (types)', 'operations (types)'],
      ...['ldap-client', 'instance', 'cluster'],
    ],
  ],
  ['bin', [EVERYTHING]],
]);
