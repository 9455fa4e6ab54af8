// Further properties of administrators in PingDS and OpenDJ: limits, and a password policy.

import { opendjAttribute } from '../../object-identifiers.ts';
import { fixed, refused } from './foreign-property.ts';

const unlimited = <const Name extends string>(name: Name, number: number, what: string) =>
  fixed(name, opendjAttribute(number), {
    operational: `ds-rlim-${name}`,
    words: ['0', '-1'],
    syntax: 'integer',
    problem: 'cannot be honoured: an account has no limits of its own, its connection handler has',
    synopsis: `${what} for this account alone; not limited.`,
  });

export const foreignAccountProperties = [
  unlimited('size-limit', 116, 'How many entries a search returns'),
  unlimited('time-limit', 117, 'How long a search may take'),
  unlimited('lookthrough-limit', 241, 'How many entries a search may look at'),
  unlimited('idle-time-limit', 394, 'How long a connection may be silent'),
  fixed('account-disabled', opendjAttribute(166), {
    operational: 'ds-pwp-account-disabled',
    words: ['false'],
    syntax: 'boolean',
    problem: 'cannot be honoured: to keep somebody from logging in, delete the account or its userPassword',
    synopsis: 'Whether nobody may log in to the account; never.',
  }),
  refused('password-policy-dn', opendjAttribute(244), {
    operational: 'ds-pwp-password-policy-dn',
    multiValuedAttribute: true,
    syntax: 'dn',
    problem: 'names a password policy, and this server has none',
    advice:
      'Leave it out: lockout-failure-count of cn=config and its like limit failed logins, and passwords do not expire.',
    synopsis: 'The password policy of the account in OpenDJ',
  }),
] as const;
