// A password policy: what new passwords must be like, how they are stored, and when failed logins lock an account.

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

export const passwordPolicy = defineObject({
  kind: 'password-policy',
  friendlyName: 'Password Policy',
  friendlyPluralName: 'Password Policies',
  synopsis:
    'What the passwords of accounts must be like, how they are stored, and when failed logins lock an account.',
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
    javaClassProperty('org.opends.server.core.PasswordPolicyFactory'),
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
