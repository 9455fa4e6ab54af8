// What decides about passwords and access, for the catalogue: validators, password policies, access control policies.

/** Lists of values that an attribute may be set to. */
type Choices = readonly (readonly string[])[];

const VALIDATORS = 'cn=Password Validators,cn=config';
const POLICIES = 'cn=Password Policies,cn=config';
const NOTIFICATIONS = 'cn=Account Status Notification Handlers,cn=config';
const ACCESS = 'cn=Access Control Handler,cn=config';

const enabled = { 'ds-cfg-enabled': ['true'] };
const number: Choices = [['2'], ['5'], ['$<oracle.number|3>']];
const names: Choices = [
  ['**,cn=config'],
  ['cn=One,cn=Mail Servers,cn=config'],
  ['cn=*,cn=Root DNs,cn=config'],
  [],
];
const policies: Choices = [
  [`cn=Default Password Policy,${POLICIES}`],
  [`cn=Strict,${POLICIES}`],
  [`cn=nobody,${POLICIES}`],
  [],
];

export const ACCOUNT_PLACES = [
  {
    kind: 'attribute-value-password-validator',
    under: VALIDATORS,
    names: ['Names'],
    initial: enabled,
  },
  {
    kind: 'character-set-password-validator',
    under: VALIDATORS,
    names: ['Sets'],
    initial: { ...enabled, 'ds-cfg-allow-unclassified-characters': ['true'] },
  },
  { kind: 'dictionary-password-validator', under: VALIDATORS, names: ['Words'], initial: enabled },
  { kind: 'length-based-password-validator', under: VALIDATORS, names: ['Length'], initial: enabled },
  {
    kind: 'repeated-characters-password-validator',
    under: VALIDATORS,
    names: ['Repeated'],
    initial: { ...enabled, 'ds-cfg-max-consecutive-length': ['3'] },
  },
  {
    kind: 'similarity-based-password-validator',
    under: VALIDATORS,
    names: ['Similar'],
    initial: { ...enabled, 'ds-cfg-min-password-difference': ['1'] },
  },
  {
    kind: 'unique-characters-password-validator',
    under: VALIDATORS,
    names: ['Unique'],
    initial: { ...enabled, 'ds-cfg-min-unique-characters': ['4'] },
  },
  {
    kind: 'error-log-account-status-notification-handler',
    under: NOTIFICATIONS,
    names: ['Log'],
    initial: { ...enabled, 'ds-cfg-account-status-notification-type': ['account-unlocked'] },
  },
  {
    kind: 'smtp-account-status-notification-handler',
    under: NOTIFICATIONS,
    names: ['Letters'],
    initial: {
      ...enabled,
      'ds-cfg-sender-address': ['one@example.com'],
      'ds-cfg-recipient-address': ['two@example.com'],
      'ds-cfg-message-template-file': ['account-unlocked:oracle/words.txt'],
    },
  },
  { kind: 'password-policy', under: POLICIES, names: ['Strict'], initial: {} },
  { kind: 'global-access-control-policy', under: ACCESS, names: ['Grants'], initial: {} },
] as const;

/** By attribute. */
export const ACCOUNT_CHOICES: Readonly<Record<string, Choices>> = {
  'ds-cfg-match-attribute': [['cn'], ['sn', 'cn'], []],
  'ds-cfg-character-set': [['1:abc'], ['0:123', '2:xyz'], []],
  'ds-cfg-character-set-ranges': [['1:a-z'], ['0:0-9', '1:a-z'], []],
  'ds-cfg-dictionary-file': [['oracle/words.txt'], []],
  'ds-cfg-min-substring-length': number,
  'ds-cfg-min-character-sets': [['0'], ['1'], []],
  'ds-cfg-max-consecutive-length': number,
  'ds-cfg-min-password-difference': number,
  'ds-cfg-min-unique-characters': number,
  'ds-cfg-min-password-length': [['1'], ['6'], ['20'], []],
  'ds-cfg-max-password-length': [['0'], ['64'], []],
  'ds-cfg-account-status-notification-handler': [
    [`cn=Log,${NOTIFICATIONS}`],
    [`cn=Letters,${NOTIFICATIONS}`, `cn=Log,${NOTIFICATIONS}`],
    [],
  ],
  'ds-cfg-account-status-notification-type': [
    ['password-reset'],
    ['account-disabled', 'account-enabled'],
    [],
  ],
  'ds-cfg-email-address-attribute-type': [['mail'], ['userPassword'], []],
  'ds-cfg-message-template-file': [
    ['password-reset:oracle/words.txt'],
    ['password-reset:oracle/none.txt'],
    ['account-unlocked:oracle/words.txt', 'password-changed:oracle/words.txt'],
  ],
  'ds-cfg-scrypt-cost': [['16384'], ['32768'], []],
  'ds-cfg-password-validator': [
    [`cn=Length,${VALIDATORS}`],
    [`cn=Length,${VALIDATORS}`, `cn=Sets,${VALIDATORS}`],
    [`cn=Unique,${VALIDATORS}`, `cn=Repeated,${VALIDATORS}`, `cn=Words,${VALIDATORS}`],
    [],
  ],
  'ds-cfg-default-password-policy': policies,
  'ds-pwp-password-policy-dn': policies,
  'ds-pwp-account-expiration-time': [['20990101000000Z'], ['20980101000000.5Z'], []],
  'ds-cfg-permission': [['read'], ['read', 'write'], ['verify', 'send'], []],
  'ds-cfg-allowed-attribute': [['*'], ['cn', 'ds-cfg-enabled'], ['*', '+'], ['@ds-cfg-mail-server'], []],
  'ds-cfg-allowed-attribute-exception': [['ds-cfg-priority'], []],
  'ds-cfg-allowed-control': [['NoOp'], ['Assertion', 'PreRead'], []],
  'ds-cfg-allowed-extended-operation': [['WhoAmI'], []],
  'ds-cfg-user-dn-equal-to': names,
  'ds-cfg-user-dn-not-equal-to': names,
  'ds-cfg-request-target-dn-equal-to': names,
  'ds-cfg-request-target-dn-not-equal-to': names,
  'ds-cfg-connection-minimum-ssf': [['0'], ['128'], []],
  'ds-cfg-connection-port-equal-to': [['{port1}'], []],
  'ds-cfg-connection-protocol-equal-to': [['ldap'], ['ldaps', 'ldap'], []],
};

/** Of handlers of notifications, whose subjects have a type. */
const NOTIFICATION_CHOICES: Readonly<Record<string, Choices>> = {
  'ds-cfg-message-subject': [['password-reset:A password'], []],
};

/** A failed login locks on the live server only: the fresh one has seen none. The one who compares goes on logging in. */
const HARMLESS_POLICIES: Readonly<Record<string, readonly (readonly string[])[]>> = {
  'ds-cfg-lockout-failure-count': [['0'], []],
  'ds-cfg-max-password-age': [['0 s'], ['20000 d'], []],
  'ds-cfg-idle-lockout-interval': [['0 s'], ['20000 d'], []],
  'ds-cfg-force-change-on-add': [['false'], []],
  'ds-cfg-force-change-on-reset': [['false'], []],
  'ds-cfg-require-secure-authentication': [['false'], []],
  'ds-cfg-require-secure-password-changes': [['false'], []],
  'ds-cfg-last-login-time-format': [['yyyyMMdd'], ["yyyyMMddHHmm'Z'"], []],
};

/** By kind and attribute. */
export const KIND_CHOICES = {
  'password-policy': HARMLESS_POLICIES,
  'smtp-account-status-notification-handler': NOTIFICATION_CHOICES,
};
