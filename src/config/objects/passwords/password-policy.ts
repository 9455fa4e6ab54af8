// A password policy: what new passwords must be like, how they are stored, how long they are valid, and when an account is
// locked.

import { defineObject } from '../../object-definition.ts';
import { opendjAttribute, opendjClass, ownAttribute } from '../../object-identifiers.ts';
import { property } from '../../property-definition.ts';
import { boolean } from '../../types/boolean.ts';
import { reference } from '../../types/dn.ts';
import { duration } from '../../types/duration.ts';
import { enumeration } from '../../types/enumeration.ts';
import { fixedValue } from '../../types/fixed-value.ts';
import { integer } from '../../types/integer.ts';
import { javaClassProperty } from '../properties/java-class-property.ts';
import { Container } from '../properties/places.ts';

/** OpenDJ's limit: 2^31 - 1 seconds. */
const DURATION_MS_MAX = 2_147_483_647_000;
/** The costs N of scrypt that can be chosen; each takes twice the time and memory of the one before. */
const SCRYPT_COSTS = ['16384', '32768', '65536', '131072'] as const;

const LAST_LOGIN = 'ds-pwp-last-login-time';
/** Date patterns of Java that PingDS's documentation uses. */
export const LAST_LOGIN_FORMATS = [
  "yyyyMMddHHmmss'Z'",
  'yyyyMMddHHmmss',
  "yyyyMMddHHmmss.SSS'Z'",
  "yyyyMMddHHmm'Z'",
  'yyyyMMdd',
] as const;
/** A change of a password computes a hash for each. */
const HISTORY_MAX = 50;
const age = duration({ lowestMs: 0, highestMs: DURATION_MS_MAX });

export const passwordPolicy = defineObject({
  kind: 'password-policy',
  friendlyName: 'Password Policy',
  friendlyPluralName: 'Password Policies',
  synopsis:
    'What the passwords of accounts must be like, how they are stored, how long they are valid, and when accounts are locked.',
  description:
    'An account of the configuration has the policy that its ds-pwp-password-policy-dn names, or else the ' +
    'default-password-policy of the global configuration. An entry of a memory backend has a policy only if it names one.',
  objectClass: { name: 'ds-cfg-password-policy', oid: opendjClass(61) },
  location: { under: Container.passwordPolicies },
  properties: [
    property({
      name: 'password-attribute',
      oid: opendjAttribute(151),
      type: fixedValue({
        words: ['userPassword'],
        problem: 'is not supported: passwords of accounts are values of userPassword',
      }),
      default: ['userPassword'],
      synopsis: 'The attribute that holds passwords; always userPassword.',
    }),
    property({
      name: 'default-password-storage-scheme',
      oid: opendjAttribute(137),
      type: fixedValue({
        words: ['SCRYPT'],
        problem: 'is not supported: new passwords are stored as hashes of scrypt, with keys for SCRAM',
      }),
      multiValuedAttribute: true,
      default: ['SCRYPT'],
      synopsis: 'How new passwords are hashed; always scrypt. scrypt-cost says how slowly.',
    }),
    property({
      name: 'scrypt-cost',
      oid: ownAttribute(300),
      type: enumeration(SCRYPT_COSTS),
      default: ['16384'],
      advanced: true,
      synopsis: 'The cost N of scrypt (RFC 7914) for new passwords; a login costs as much.',
      description:
        'r is 8 and p is 5: 16384 takes 16 MiB of memory, 131072 takes 128 MiB and eight times as long. Every login computes ' +
        'as much as that of the account with the slowest hashes, so that the time says nothing about a name.',
    }),
    property({
      name: 'password-validator',
      oid: opendjAttribute(154),
      type: reference('password-validator'),
      multiValued: true,
      synopsis: 'The validators that a new password must pass, all of them.',
      default: { behaviour: 'Every password of 1 to 1024 characters is accepted.' },
    }),
    property({
      name: 'skip-validation-for-administrators',
      oid: opendjAttribute(160),
      type: boolean(),
      default: ['false'],
      advanced: true,
      synopsis: 'Whether validators are not asked when somebody else sets the password of an account.',
    }),
    property({
      name: 'allow-pre-encoded-passwords',
      oid: opendjAttribute(135),
      type: boolean(),
      default: ['true'],
      advanced: true,
      synopsis:
        'Whether a hash may be written in place of a password; validators cannot see what it was made of.',
    }),
    property({
      name: 'lockout-failure-count',
      oid: opendjAttribute(146),
      type: integer({ lowest: 0, highest: 1000, unit: 'failed logins' }),
      default: ['0'],
      synopsis: 'How many logins with wrong passwords lock the account; 0 never locks it.',
      description:
        'A locked account refuses the right password too, and only then says why. Anybody who can reach the server can lock an ' +
        'account so. lockout-failure-count of the global configuration is another matter: it refuses addresses, not accounts.',
    }),
    property({
      name: 'lockout-duration',
      oid: opendjAttribute(145),
      type: duration({ lowestMs: 0, highestMs: DURATION_MS_MAX }),
      default: ['0 s'],
      synopsis: 'How long a locked account stays locked; 0 s until its password is set again.',
    }),
    property({
      name: 'lockout-failure-expiration-interval',
      oid: opendjAttribute(147),
      type: duration({ lowestMs: 0, highestMs: DURATION_MS_MAX }),
      default: ['0 s'],
      synopsis: 'How long a failed login counts; 0 s until a login succeeds.',
    }),
    property({
      name: 'min-password-age',
      oid: opendjAttribute(150),
      type: age,
      default: ['0 s'],
      synopsis: 'How long the owner of an account must keep a new password; 0 s for no time.',
      description:
        'Whoever may set the passwords of others is not bound by it, nor is an account that must change its password.',
    }),
    property({
      name: 'max-password-age',
      oid: opendjAttribute(148),
      type: age,
      default: ['0 s'],
      synopsis: 'How long a password is valid; 0 s for ever.',
      description:
        'The time begins with pwdChangedTime, or with the creation of the entry where there is none. An account ' +
        'whose password has expired logs in as often as grace-login-count says, and then only has its password set by somebody else.',
    }),
    property({
      name: 'password-expiration-warning-interval',
      oid: opendjAttribute(152),
      type: age,
      default: ['5 d'],
      synopsis: 'How long before a password expires logins are warned; 0 s never.',
    }),
    property({
      name: 'grace-login-count',
      oid: opendjAttribute(141),
      type: integer({ lowest: 0, highest: 1000, unit: 'logins' }),
      default: ['0'],
      synopsis: 'How many times an account may log in with its expired password, to change it.',
    }),
    property({
      name: 'force-change-on-add',
      oid: opendjAttribute(167),
      type: boolean(),
      default: ['false'],
      synopsis: 'Whether a new account can do nothing but change its password.',
    }),
    property({
      name: 'force-change-on-reset',
      oid: opendjAttribute(140),
      type: boolean(),
      default: ['false'],
      synopsis: 'Whether an account can do nothing but change its password after somebody else has set it.',
    }),
    property({
      name: 'max-password-reset-age',
      oid: opendjAttribute(149),
      type: age,
      default: ['0 s'],
      synopsis:
        'How long an account may wait before it changes a password that somebody else has set; 0 s for ever. Afterwards it is locked.',
      description:
        'It counts for accounts that must change their password (force-change-on-add, force-change-on-reset). The time begins ' +
        'with pwdChangedTime. Another password, set by somebody else, gives the account as much time again.',
    }),
    property({
      name: 'allow-user-password-changes',
      oid: opendjAttribute(136),
      type: boolean(),
      default: ['true'],
      synopsis: 'Whether the owner of an account may change its password; if not, only others may set it.',
    }),
    property({
      name: 'password-change-requires-current-password',
      oid: opendjAttribute(157),
      type: boolean(),
      default: ['false'],
      synopsis: 'Whether the owner of an account must give its current password to change it.',
      description:
        'In Password Modify (ldappasswd -a) or as a value that the same modify deletes. If it is false, only accounts with ' +
        'password-reset or privilege-change can change their password by their login alone. An administrator that logs in on the local ' +
        'socket is not asked for it.',
    }),
    property({
      name: 'password-history-count',
      oid: opendjAttribute(374),
      type: integer({ lowest: 0, highest: HISTORY_MAX, unit: 'passwords' }),
      default: ['0'],
      synopsis:
        'How many earlier passwords cannot be chosen again; 0 for none, unless password-history-duration says so.',
      description:
        'A new password is compared with the hash of each of them, which takes as long as as many logins.',
    }),
    property({
      name: 'password-history-duration',
      oid: opendjAttribute(375),
      type: age,
      default: ['0 s'],
      synopsis:
        'How long an earlier password cannot be chosen again; 0 s for any time that password-history-count allows.',
      description: `The last ${HISTORY_MAX} passwords are known at most.`,
    }),
    property({
      name: 'idle-lockout-interval',
      oid: opendjAttribute(142),
      type: age,
      default: ['0 s'],
      synopsis:
        'How long an account may go without a login; 0 s for ever. Afterwards its password must be set by somebody else.',
      description:
        'The time begins with the last login, or with pwdChangedTime if that is later. Logins are counted from when the policy ' +
        'says so.',
    }),
    property({
      name: 'last-login-time-attribute',
      oid: opendjAttribute(143),
      type: fixedValue({
        words: [LAST_LOGIN],
        problem: `is not supported: the time of the last login is shown as ${LAST_LOGIN}`,
      }),
      synopsis: `Whether the time of the last login is kept; it is shown as ${LAST_LOGIN}.`,
      default: { behaviour: 'The time is kept only if idle-lockout-interval needs it, and not shown.' },
    }),
    property({
      name: 'last-login-time-format',
      oid: opendjAttribute(144),
      type: enumeration(LAST_LOGIN_FORMATS),
      default: ["yyyyMMddHHmmss'Z'"],
      synopsis: 'How the time of the last login is written, in UTC.',
    }),
    property({
      name: 'account-status-notification-handler',
      oid: opendjAttribute(133),
      type: reference('account-status-notification-handler'),
      multiValued: true,
      synopsis: 'The handlers that hear of what becomes of the accounts.',
      default: { behaviour: 'Nobody hears of it.' },
    }),
    property({
      name: 'require-secure-authentication',
      oid: opendjAttribute(158),
      type: boolean(),
      default: ['false'],
      synopsis: 'Whether the account logs in with its password over TLS or the local socket only.',
    }),
    property({
      name: 'require-secure-password-changes',
      oid: opendjAttribute(159),
      type: boolean(),
      default: ['false'],
      synopsis: 'Whether the password of the account is set over TLS or the local socket only.',
    }),
    javaClassProperty('org.opends.server.core.PasswordPolicyFactory'),
  ],
  constraints: [
    {
      properties: ['allow-user-password-changes', 'force-change-on-add', 'force-change-on-reset'],
      check({ allowUserPasswordChanges, forceChangeOnAdd, forceChangeOnReset }) {
        if (allowUserPasswordChanges || !(forceChangeOnAdd || forceChangeOnReset)) return undefined;
        const forcing = forceChangeOnReset ? 'force-change-on-reset' : 'force-change-on-add';
        return {
          property: 'allow-user-password-changes',
          problem: `keeps the owners of accounts from changing a password that ${forcing} makes them change`,
          advice: `Set ${forcing} to false, or allow-user-password-changes to true.`,
        };
      },
    },
  ],
  enabledTargets: [
    {
      property: 'password-validator',
      condition: 'the password policy names it',
      properties: [],
      holds: () => true,
    },
  ],
});
