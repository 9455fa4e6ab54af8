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
] as const;
