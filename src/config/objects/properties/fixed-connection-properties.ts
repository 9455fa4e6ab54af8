// Properties of OpenDJ's and PingDS's connection handlers that have one possible value here. That value is accepted,
// so that their LDIF can be added unchanged.

import { opendjAttribute } from '../../object-identifiers.ts';
import { property } from '../../property-definition.ts';
import { fixedValue } from '../../types/fixed-value.ts';

const switchType = (word: 'true' | 'false', problem: string) =>
  fixedValue({ words: [word], syntax: 'boolean', problem });

export const fixedHttpProperties = [
  property({
    name: 'allow-tcp-reuse-address',
    oid: opendjAttribute(7),
    type: switchType(
      'true',
      'is not supported: a server that was stopped must be able to start again at once',
    ),
    default: ['true'],
    advanced: true,
    synopsis: 'Whether the port can be used again right after the server was stopped; always.',
  }),
  property({
    name: 'keep-stats',
    oid: opendjAttribute(34),
    type: switchType('true', 'is not supported: counting costs next to nothing, and cn=monitor shows it'),
    default: ['true'],
    synopsis: 'Whether connections and operations are counted; always.',
  }),
  property({
    name: 'use-tcp-keep-alive',
    oid: opendjAttribute(105),
    type: switchType('true', 'is not supported: a client that vanished would be waited for without end'),
    default: ['true'],
    advanced: true,
    synopsis: 'Whether the operating system looks after clients that have been silent for long; always.',
  }),
  property({
    name: 'use-tcp-no-delay',
    oid: opendjAttribute(106),
    type: switchType(
      'true',
      'is not supported: an answer that waits for more to be sent makes every client slow',
    ),
    default: ['true'],
    advanced: true,
    synopsis: 'Whether answers are sent without waiting for more; always.',
  }),
] as const;

export const fixedLdapProperties = [
  property({
    name: 'allow-ldap-v2',
    oid: opendjAttribute(5),
    type: switchType('false', 'is not supported: only version 3 of LDAP is spoken'),
    default: ['false'],
    advanced: true,
    synopsis: 'Whether clients may speak LDAP version 2; never.',
  }),
  ...fixedHttpProperties,
] as const;
