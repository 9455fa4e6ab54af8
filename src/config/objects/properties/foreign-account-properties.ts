// Further properties of administrators in PingDS and OpenDJ: limits.

import { opendjAttribute } from '../../object-identifiers.ts';
import { fixed } from './foreign-property.ts';

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
] as const;
