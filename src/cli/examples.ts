// Examples of command lines, as they can be typed into a shell: help and the manual page show them, and a test runs them
// all. Those of one object stand in an order in which they can be run one after the other.

const WITHOUT_OBJECTS: ReadonlyMap<string, readonly string[]> = new Map([
  ['init', ['confdit init', 'confdit init --instance /tmp/confdit/trial --json']],
  [
    'start',
    ['confdit start', 'confdit start --instance /tmp/confdit/trial --define smtp.host=mail.example.com:587'],
  ],
  ['status', ['confdit status', 'confdit status --watch', 'confdit status --json']],
  ['watch', ['confdit watch', 'confdit watch --baseDN "cn=Mail Servers,cn=config" --json']],
  ['reload', ['confdit reload', 'confdit reload --json']],
  ['resolve', ['confdit resolve', 'confdit resolve --offline mail.ldif', 'confdit resolve --json']],
  [
    'plan',
    [
      'confdit plan mail.ldif',
      'confdit plan --prune "cn=Mail Servers,cn=config" --detailed-exitcode mail.ldif',
      'confdit plan --json mail.ldif',
    ],
  ],
  ['apply', ['confdit apply --no-prompt mail.ldif', 'confdit apply --no-prompt --json mail.ldif']],
  [
    'edit',
    [
      'confdit edit "cn=From file,cn=Mail Servers,cn=config"',
      'confdit edit "cn=LDAP,cn=Connection Handlers,cn=config"',
    ],
  ],
  [
    'validate',
    ['confdit validate mail.ldif', 'confdit validate --define smtp.host=localhost --format github mail.ldif'],
  ],
  ['fmt', ['confdit fmt mail.ldif', 'confdit fmt --check mail.ldif', 'confdit fmt < mail.ldif']],
  [
    'import-ldif',
    [
      'confdit import-ldif --dry-run --replace-existing mail.ldif',
      'confdit import-ldif --replace-existing mail.ldif',
      'confdit import-ldif --replace-existing - < mail.ldif',
    ],
  ],
  [
    'export-ldif',
    [
      'confdit export-ldif --ldifFile exported.ldif',
      'confdit export-ldif --baseDN "cn=Mail Servers,cn=config"',
      'confdit export-ldif --offline --filter "(objectClass=ds-cfg-mail-server)"',
    ],
  ],
  ['export', ['confdit export --format yaml', 'confdit export --format json --output exported.json']],
  ['convert', ['confdit convert --to yaml mail.ldif', 'confdit convert --to json mail.ldif']],
  ['history', ['confdit history', 'confdit history --limit 5 --changes', 'confdit history --offline --json']],
  ['diff', ['confdit diff 1', 'confdit diff 1 2']],
  ['rollback', ['confdit rollback --to 1 --dry-run', 'confdit rollback --to 1 --no-prompt']],
  [
    'check',
    ['confdit check --instance /tmp/confdit/trial', 'confdit check --instance /tmp/confdit/trial --json'],
  ],
  [
    'repair',
    [
      'confdit repair --instance /tmp/confdit/trial',
      'confdit repair --instance /tmp/confdit/trial --no-prompt',
    ],
  ],
  ['backup', ['confdit backup backup.tar', 'confdit backup --instance /tmp/confdit/trial trial.tar']],
  [
    'cluster',
    [
      'confdit cluster init --instance /tmp/confdit/trial',
      'confdit cluster join --instance /tmp/confdit/second --master-key master.key',
      'confdit cluster export --instance /tmp/confdit/alone --master-key master.key',
    ],
  ],
  [
    'rotate-key',
    [
      'confdit rotate-key --instance /tmp/confdit/trial',
      'confdit rotate-key --master --instance /tmp/confdit/trial',
    ],
  ],
  [
    'restore',
    ['confdit restore --verify-only backup.tar', 'confdit restore --instance /tmp/confdit/trial trial.tar'],
  ],
  [
    'grant',
    [
      'confdit grant newsletter --mail-server Relay --read-password --send',
      'confdit grant billing --mail-server Relay --read --password-file billing.pin',
    ],
  ],
  [
    'access',
    [
      'confdit access --who newsletter --entry "cn=Relay,cn=Mail Servers,cn=config"',
      'confdit access --who "cn=newsletter,cn=Root DNs,cn=config" --entry "cn=Relay,cn=Mail Servers,cn=config" --json',
    ],
  ],
  [
    'disable-account',
    ['confdit disable-account newsletter', 'confdit disable-account "cn=billing,cn=Root DNs,cn=config"'],
  ],
  ['enable-account', ['confdit enable-account newsletter', 'confdit enable-account billing']],
  ['unlock-account', ['confdit unlock-account newsletter', 'confdit unlock-account admin']],
  [
    'get-password-policy-state',
    ['confdit get-password-policy-state newsletter', 'confdit get-password-policy-state --json billing'],
  ],
  ['revoke', ['confdit revoke newsletter --mail-server Relay', 'confdit revoke billing']],
  [
    'verify-mail-server',
    [
      'confdit verify-mail-server --server-name Relay',
      'confdit verify-mail-server --server-name Relay --set use-ssl:true --set use-start-tls:false --set smtp-server:smtp.example.com:465',
    ],
  ],
  [
    'send-test-message',
    [
      'confdit send-test-message --from confdit@example.com --to admin@example.com',
      'confdit send-test-message --server-name Relay --from confdit@example.com --to admin@example.com --json',
    ],
  ],
  [
    'encode-password',
    [
      'confdit encode-password --clearPassword:file password.txt',
      'confdit encode-password < password.txt',
      'confdit encode-password --json < password.txt',
    ],
  ],
  ['completion', ['confdit completion bash', 'confdit completion zsh', 'confdit completion fish']],
  ['menu', ['confdit menu', 'confdit menu --commandFilePath commands.txt']],
  [
    'list-properties',
    [
      'confdit list-properties --category mail-server',
      'confdit list-properties --category mail-server --property use-ssl',
      'confdit list-properties --advanced --json',
    ],
  ],
  [
    'dsconfig',
    [
      'confdit dsconfig list-mail-servers --trustAll',
      'confdit dsconfig --batchFilePath batch.txt --trustAll --no-prompt',
      'confdit dsconfig --help-security',
    ],
  ],
]);

/** Material of the examples of a family; `second` is another object. */
interface FamilyExamples {
  readonly plural: string;
  /** The option that names an object, with its value; undefined where there is one object only. */
  readonly named?: readonly [option: string, name: string, second: string];
  readonly create: readonly [string, string];
  readonly property: string;
  readonly set: readonly [string, string];
}

const FAMILIES: Readonly<Record<string, FamilyExamples>> = {
  'mail-server': {
    plural: 'mail-servers',
    named: ['server-name', 'Relay', '"Second relay"'],
    create: [
      '--set enabled:true --set smtp-server:smtp.example.com:587 --set use-start-tls:true',
      `--set enabled:false --set 'smtp-server:$<smtp.host|mail.example.net:587>' --set auth-username:me --set 'auth-password:$<file:config/smtp.pin>'`,
    ],
    property: 'smtp-server',
    set: ['--set priority:10', '--add smtp-property:mail.smtp.timeout=5000 --reset priority'],
  },
  'global-configuration': {
    plural: '',
    create: ['', ''],
    property: 'mail-lifetime',
    set: ['--set "mail-lifetime:3 d"', '--reset mail-lifetime'],
  },
  'connection-handler': {
    plural: 'connection-handlers',
    named: ['handler-name', '"Second LDAP"', '"Second LDAPS"'],
    create: [
      '--type ldap --set enabled:false --set listen-port:2389',
      '--type ldap --set enabled:false --set listen-port:2636 --set use-ssl:true --set "key-manager-provider:Default Key Manager"',
    ],
    property: 'listen-port',
    set: ['--set listen-port:3389', '--set listen-address:127.0.0.1'],
  },
  'key-manager-provider': {
    plural: 'key-manager-providers',
    named: ['provider-name', '"Other keys"', 'Spare'],
    create: [
      '--type pem --set enabled:true --set pem-directory:config/keys',
      '--type pem --set enabled:false --set pem-directory:config/keys',
    ],
    property: 'pem-directory',
    set: ['--set enabled:false', '--set pem-directory:config/keys'],
  },
  'trust-manager-provider': {
    plural: 'trust-manager-providers',
    named: ['provider-name', 'Everybody', '"Own authorities"'],
    create: [
      '--type blind --set enabled:true',
      '--type pem --set enabled:true --set pem-directory:config/keys',
    ],
    property: 'enabled',
    set: ['--set enabled:false', '--set enabled:true'],
  },
  backend: {
    plural: 'backends',
    named: ['backend-name', 'Example', 'Trial'],
    create: [
      '--type memory --set enabled:true --set base-dn:dc=example,dc=com',
      '--type memory --set enabled:false --set base-dn:dc=trial',
    ],
    property: 'base-dn',
    set: ['--set enabled:false', '--set base-dn:dc=example,dc=net'],
  },
  'alert-handler': {
    plural: 'alert-handlers',
    named: ['handler-name', 'Mail', '"Second mail"'],
    create: [
      '--type smtp --set enabled:true --set sender-address:confdit@example.com --set recipient-address:admin@example.com --set "message-subject:%%alert-type%%" --set "message-body:%%alert-message%%"',
      '--type smtp --set enabled:false --set sender-address:confdit@example.com --set recipient-address:a@example.com --set recipient-address:b@example.com --set "message-subject:%%alert-type%%" --set "message-body:%%alert-message%%"',
    ],
    property: 'recipient-address',
    set: ['--add recipient-address:boss@example.com', '--set enabled:false'],
  },
  'account-status-notification-handler': {
    plural: 'account-status-notification-handlers',
    named: ['handler-name', 'Log', '"Log of resets"'],
    create: [
      '--type error-log --set enabled:true --set account-status-notification-type:account-permanently-locked --set account-status-notification-type:account-unlocked',
      '--type error-log --set enabled:false --set account-status-notification-type:password-reset',
    ],
    property: 'account-status-notification-type',
    set: ['--add account-status-notification-type:password-expired', '--set enabled:false'],
  },
  'global-access-control-policy': {
    plural: 'global-access-control-policies',
    named: ['policy-name', 'Newsletter', '"Mail team"'],
    create: [
      '--set permission:read --set permission:send --set "allowed-attribute:*" --set "user-dn-equal-to:cn=Monitor,cn=Root DNs,cn=config" --set "request-target-dn-equal-to:cn=Main,cn=Mail Servers,cn=config"',
      '--set permission:read --set permission:write --set "allowed-attribute:*" --set "request-target-dn-equal-to:*,cn=Mail Servers,cn=config" --set connection-minimum-ssf:128',
    ],
    property: 'permission',
    set: ['--add permission:verify', '--set connection-minimum-ssf:128'],
  },
  'secret-source': {
    plural: 'secret-sources',
    named: ['source-name', 'Vault', '"Second vault"'],
    create: [
      `--set base-url:https://vault.example.com:8200 --set preset:kv-v2 --set 'allowed-path:mail/*' --set 'token:$<file:config/smtp.pin>'`,
      '--set base-url:https://secrets.example.com --set token-header:X-API-Key',
    ],
    property: 'allowed-path',
    set: ['--add allowed-path:alerts/main', '--set "request-timeout:5 s"'],
  },
  'password-validator': {
    plural: 'password-validators',
    named: ['validator-name', '"At least 12 characters"', '"No names"'],
    create: [
      '--type length-based --set enabled:true --set min-password-length:12',
      '--type attribute-value --set enabled:true --set match-attribute:cn',
    ],
    property: 'enabled',
    set: ['--set min-password-length:16', '--set enabled:true'],
  },
  'password-policy': {
    plural: 'password-policies',
    named: ['policy-name', 'Strict', '"No validators"'],
    create: [
      '--set "password-validator:At least 8 characters" --set "password-validator:Common passwords"',
      '--set allow-pre-encoded-passwords:false',
    ],
    property: 'password-validator',
    set: ['--set scrypt-cost:32768', '--remove "password-validator:Common passwords"'],
  },
  'root-dn-user': {
    plural: 'root-dn-users',
    named: ['user-name', 'Monitor', 'Reader'],
    create: [
      '--set privilege:monitor-read --set "password:a long password 1"',
      '--set privilege:config-read --set privilege:monitor-read',
    ],
    property: 'privilege',
    set: ['--add privilege:config-read', '--set privilege:monitor-read'],
  },
};

/** All examples, by the names of commands, in an order in which they can be run. */
export function allExamples(): ReadonlyMap<string, readonly string[]> {
  return new Map([
    ...Object.entries(FAMILIES).flatMap(([name, family]) => familyExamples(name, family)),
    ...WITHOUT_OBJECTS,
  ]);
}

/** Command lines that a shell takes; none for a command that is not known. */
export function examplesOf(command: string): readonly string[] {
  return allExamples().get(command) ?? [];
}

function familyExamples(
  kind: string,
  { plural, named, create, property, set }: FamilyExamples,
): readonly (readonly [string, readonly string[]])[] {
  const one = named === undefined ? '' : ` --${named[0]} ${named[1]}`;
  const other = named === undefined ? '' : ` --${named[0]} ${named[2]}`;
  const get = `confdit get-${kind}-prop${one}`;
  const reading = [`get-${kind}-prop`, [get, `${get} --property ${property} --json`]] as const;
  const changing = [
    `set-${kind}-prop`,
    set.map((words) => `confdit set-${kind}-prop${one} ${words}`),
  ] as const;
  if (named === undefined) return [reading, changing];
  return [
    [
      `create-${kind}`,
      [`confdit create-${kind}${one} ${create[0]}`, `confdit create-${kind}${other} ${create[1]}`],
    ],
    [`list-${plural}`, [`confdit list-${plural}`, `confdit list-${plural} --property ${property} --json`]],
    reading,
    changing,
    [
      `rename-${kind}`,
      [
        `confdit rename-${kind} ${named[2]} "Another name"`,
        `confdit rename-${kind} "Another name" ${named[2]}`,
      ],
    ],
    [
      `delete-${kind}`,
      [`confdit delete-${kind}${one} --no-prompt`, `confdit delete-${kind}${other} --force -n`],
    ],
  ];
}
