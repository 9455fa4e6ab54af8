// An administrator or a service account: an entry of an ordinary class (person) with an auxiliary class, as in
// OpenDJ. Its privileges are in the entry; none are inherited.

import { defineObject } from '../object-definition.ts';
import { opendjAttribute, opendjClass } from '../object-identifiers.ts';
import { property } from '../property-definition.ts';
import { boolean } from '../types/boolean.ts';
import { certificateFingerprint } from '../types/certificate-fingerprint.ts';
import { dn, reference } from '../types/dn.ts';
import { enumeration } from '../types/enumeration.ts';
import { generalizedTime } from '../types/generalized-time.ts';
import { password } from '../types/password.ts';
import { foreignAccountProperties } from './properties/foreign-account-properties.ts';
import { Container } from './properties/places.ts';

/** PingDS's privileges that apply here, and `secret-read`, which is our own. */
export const PRIVILEGES = [
  'bypass-acl',
  'changelog-read',
  'config-read',
  'config-write',
  'monitor-read',
  'password-reset',
  'privilege-change',
  'proxied-auth',
  'secret-read',
  'server-restart',
  'server-shutdown',
] as const;

export type Privilege = (typeof PRIVILEGES)[number];

export const rootDnUser = defineObject({
  kind: 'root-dn-user',
  friendlyName: 'Root DN User',
  friendlyPluralName: 'Root DN Users',
  synopsis: 'An account that may log in to this server, with the privileges written in it.',
  objectClass: { name: 'ds-cfg-root-dn-user', oid: opendjClass(40), kind: 'auxiliary' },
  location: { under: Container.rootDns },
  properties: [
    property({
      name: 'alternate-bind-dn',
      oid: opendjAttribute(13),
      type: dn(),
      multiValued: true,
      synopsis: 'Further names that the account may log in with.',
      default: { behaviour: 'The account logs in with its DN only.' },
      allowed: 'A distinguished name that no other account logs in with',
    }),
    property({
      name: 'privilege',
      attribute: 'ds-privilege-name',
      oid: opendjAttribute(260),
      type: enumeration(PRIVILEGES),
      multiValued: true,
      operationalAttribute: true,
      synopsis: 'What the account may do.',
      description:
        'config-read reads cn=config and cn=effective, config-write (with config-read) changes cn=config, secret-read ' +
        'shows passwords and keys that are stars otherwise. privilege-change changes what decides who may log in, and as ' +
        'whom: accounts with their names, passwords, certificates and privileges, and whom connection handlers trust. ' +
        'password-reset sets the passwords of accounts that have no privilege the one who sets them lacks. ' +
        'proxied-auth acts for other accounts. changelog-read reads cn=changelog. bypass-acl changes the entries of memory backends. ' +
        'monitor-read reads cn=monitor. server-restart and server-shutdown have no meaning yet. A change takes effect at once, also for those who ' +
        'are logged in.',
      default: { behaviour: 'The account may do nothing that needs a privilege.' },
    }),
    property({
      name: 'password',
      attribute: 'userPassword',
      type: password(),
      multiValued: true,
      synopsis: 'The password of the account; only a hash and the keys of SCRAM are kept.',
      default: { behaviour: 'Nobody can log in to the account with a password.' },
    }),
    property({
      name: 'certificate-subject-dn',
      attribute: 'ds-certificate-subject-dn',
      oid: opendjAttribute(266),
      type: dn(),
      multiValued: true,
      synopsis: 'The names in the certificates that the account logs in with by SASL EXTERNAL.',
      default: {
        behaviour:
          'No subject is taken for the account, not even its own DN: certificates are listed by fingerprint, or none are.',
      },
      allowed:
        'The distinguished name that a certificate is for, the most specific part first; the DN of the account itself may be named',
    }),
    property({
      name: 'certificate-fingerprint',
      attribute: 'ds-certificate-fingerprint',
      oid: opendjAttribute(268),
      type: certificateFingerprint(),
      multiValued: true,
      synopsis:
        'The SHA-256 fingerprints of the certificates that the account logs in with by SASL EXTERNAL.',
      default: { behaviour: 'Certificates are recognised by certificate-subject-dn, or not at all.' },
    }),
    property({
      name: 'account-disabled',
      attribute: 'ds-pwp-account-disabled',
      oid: opendjAttribute(166),
      type: boolean(),
      operationalAttribute: true,
      default: ['false'],
      synopsis: 'Whether nobody may log in to the account. Its present logins end at once.',
    }),
    property({
      name: 'account-expiration-time',
      attribute: 'ds-pwp-account-expiration-time',
      oid: opendjAttribute(237),
      type: generalizedTime(),
      operationalAttribute: true,
      synopsis:
        'From when on nobody may log in to the account. Those who have logged in before stay logged in.',
      default: { behaviour: 'The account does not expire.' },
    }),
    property({
      name: 'password-policy-dn',
      attribute: 'ds-pwp-password-policy-dn',
      oid: opendjAttribute(244),
      type: reference('password-policy'),
      multiValuedAttribute: true,
      operationalAttribute: true,
      synopsis: 'The password policy of the account.',
      default: { behaviour: 'The account has the default-password-policy of the global configuration.' },
    }),
    ...foreignAccountProperties,
  ],
});
