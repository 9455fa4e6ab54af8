// Operational attributes that this server computes from the rest of the configuration.

import { forgerockAttribute, opendjAttribute, ownAttribute } from './object-identifiers.ts';
import type { BaseSyntaxName } from './property-type.ts';

export interface OperationalAttribute {
  readonly name: string;
  readonly oid: string;
  readonly syntax: BaseSyntaxName;
  readonly multiValued: boolean;
  /** True for hashes of passwords: like userPassword, they are shown as stars without secret-read. */
  readonly isSecret?: true;
  /** One sentence. */
  readonly synopsis: string;
}

/** Maximum number of names that are listed. The count includes all. */
export const USED_BY_NAMES_MAX = 100;

export const usedBy: OperationalAttribute = {
  name: 'ds-cfg-used-by',
  oid: ownAttribute(38),
  syntax: 'dn',
  multiValued: true,
  synopsis: `The objects that refer to this one; of many, the first ${USED_BY_NAMES_MAX}.`,
};

export const usedByCount: OperationalAttribute = {
  name: 'ds-cfg-used-by-count',
  oid: ownAttribute(39),
  syntax: 'integer',
  multiValued: false,
  synopsis: 'How many objects refer to this one.',
};

export const pendingChange: OperationalAttribute = {
  name: 'ds-cfg-pending-change',
  oid: ownAttribute(60),
  syntax: 'directoryString',
  multiValued: true,
  synopsis:
    'For each property that is stored and not yet effective: the effective value, what to do, and when it was changed.',
};

export const valueOrigin: OperationalAttribute = {
  name: 'ds-cfg-value-origin',
  oid: ownAttribute(61),
  syntax: 'directoryString',
  multiValued: true,
  synopsis:
    'Below cn=effective, where the value of each property comes from: written, default, or for each expression the ' +
    'environment variable, definition or file that gave it.',
};

const IN_BEHERA_DRAFT = '1.3.6.1.4.1.42.2.27.8.1';

/** Attributes that a change of a password leaves in the entry. */
export const PasswordState = {
  changedTime: {
    name: 'pwdChangedTime',
    oid: `${IN_BEHERA_DRAFT}.16`,
    syntax: 'generalizedTime',
    multiValued: false,
    synopsis: 'When the password of the account was set last.',
  },
  history: {
    name: 'pwdHistory',
    oid: `${IN_BEHERA_DRAFT}.20`,
    syntax: 'octetString',
    multiValued: true,
    isSecret: true,
    synopsis: 'Hashes of earlier passwords of the account, which cannot be chosen again.',
  },
  reset: {
    name: 'pwdReset',
    oid: `${IN_BEHERA_DRAFT}.22`,
    syntax: 'boolean',
    multiValued: false,
    synopsis: 'Whether the account can do nothing but change its password, because somebody else has set it.',
  },
} as const satisfies Readonly<Record<string, OperationalAttribute>>;

/** Attributes that follow from logins and the password policy; no entry has them. */
export const AccountState = {
  lockedTime: {
    name: 'pwdAccountLockedTime',
    oid: `${IN_BEHERA_DRAFT}.17`,
    syntax: 'generalizedTime',
    multiValued: false,
    synopsis: 'When failed logins have locked the account. Deleting it unlocks the account.',
  },
  failureTime: {
    name: 'pwdFailureTime',
    oid: `${IN_BEHERA_DRAFT}.19`,
    syntax: 'generalizedTime',
    multiValued: true,
    synopsis: 'When logins with a wrong password have failed since the last one that succeeded.',
  },
  graceUseTime: {
    name: 'pwdGraceUseTime',
    oid: `${IN_BEHERA_DRAFT}.21`,
    syntax: 'generalizedTime',
    multiValued: true,
    synopsis: 'When the account has logged in with its expired password.',
  },
  policy: {
    name: 'pwdPolicySubentry',
    oid: `${IN_BEHERA_DRAFT}.23`,
    syntax: 'dn',
    multiValued: false,
    synopsis: 'The password policy that the account has.',
  },
  lastLoginTime: {
    name: 'ds-pwp-last-login-time',
    oid: opendjAttribute(162),
    syntax: 'directoryString',
    multiValued: false,
    synopsis: 'When the account has logged in last, in the form that its password policy says.',
  },
  warnedTime: {
    name: 'ds-pwp-warned-time',
    oid: opendjAttribute(165),
    syntax: 'generalizedTime',
    multiValued: false,
    synopsis: 'When a login was first warned that the password expires.',
  },
  passwordExpirationTime: {
    name: 'ds-pwp-password-expiration-time',
    oid: forgerockAttribute(60),
    syntax: 'generalizedTime',
    multiValued: false,
    synopsis: 'When the password of the account expires.',
  },
} as const satisfies Readonly<Record<string, OperationalAttribute>>;

export const operationalAttributes: readonly OperationalAttribute[] = [
  usedBy,
  usedByCount,
  pendingChange,
  valueOrigin,
  ...Object.values(PasswordState),
  ...Object.values(AccountState),
];
