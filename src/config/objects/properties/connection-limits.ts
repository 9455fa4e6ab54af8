// Limits of a connection handler that keep one client from harming others.

import { opendjAttribute, ownAttribute } from '../../object-identifiers.ts';
import { property } from '../../property-definition.ts';
import { duration } from '../../types/duration.ts';
import { listenAddress } from '../../types/host-port.ts';
import { integer } from '../../types/integer.ts';
import { size } from '../../types/size.ts';

/** Change that takes effect when the connection handler restarts. */
export const handlerRestart = {
  kind: 'component-restart',
  note: 'Disable the connection handler and enable it again for a change to take effect.',
} as const;

/** Of handlers that listen on a network. */
export const listenAddresses = property({
  name: 'listen-address',
  oid: opendjAttribute(41),
  type: listenAddress(),
  multiValued: true,
  default: ['127.0.0.1'],
  synopsis: 'The addresses of this machine that connections are accepted on.',
  adminAction: handlerRestart,
});

export const maxConnections = property({
  name: 'max-connections',
  oid: ownAttribute(7),
  type: integer({ lowest: 1, highest: 1_000_000, unit: 'connections' }),
  default: ['1000'],
  advanced: true,
  synopsis: 'How many connections may be open at a time.',
  description:
    'When all are taken, the oldest LDAP connection on which nobody has logged in is closed for a new one; where everybody ' +
    'has logged in, and for HTTP, the new one is refused.',
  adminAction: handlerRestart,
});

export const acceptBacklog = property({
  name: 'accept-backlog',
  oid: opendjAttribute(118),
  type: integer({ lowest: 1, highest: 65_535, unit: 'connections' }),
  default: ['128'],
  advanced: true,
  synopsis: 'How many connections the operating system keeps waiting until they are accepted.',
  adminAction: handlerRestart,
});

export const connectionLimits = [
  property({
    name: 'max-request-size',
    oid: opendjAttribute(48),
    type: size({ lowestBytes: 1024, highestBytes: 2 ** 31 - 1 }),
    default: ['5 MB'],
    advanced: true,
    synopsis: 'The largest request a client that has logged in may send.',
    adminAction: handlerRestart,
  }),
  property({
    name: 'max-request-size-before-bind',
    oid: ownAttribute(6),
    type: size({ lowestBytes: 1024, highestBytes: 2 ** 31 - 1 }),
    default: ['64 KiB'],
    advanced: true,
    synopsis: 'The largest request a client may send before it has logged in.',
    adminAction: handlerRestart,
  }),
  maxConnections,
  property({
    name: 'max-pending-requests',
    oid: ownAttribute(8),
    type: integer({ lowest: 1, highest: 100_000, unit: 'requests' }),
    default: ['1000'],
    advanced: true,
    synopsis: 'How many unanswered requests one connection may have before nothing more is read from it.',
    adminAction: handlerRestart,
  }),
  property({
    name: 'max-pending-answer-size',
    oid: ownAttribute(9),
    type: size({ lowestBytes: 64 * 1024, highestBytes: 2 ** 31 - 1 }),
    default: ['4 MiB'],
    advanced: true,
    synopsis: 'How much a client may leave unread before nothing more is read from its connection.',
    adminAction: handlerRestart,
  }),
  property({
    name: 'max-pending-answer-size-before-bind',
    oid: ownAttribute(176),
    type: size({ lowestBytes: 1024, highestBytes: 2 ** 31 - 1 }),
    default: ['64 KiB'],
    advanced: true,
    synopsis:
      'How much a client may leave unread before it has logged in, until nothing more is read from its connection.',
    adminAction: handlerRestart,
  }),
  property({
    name: 'max-filter-depth',
    oid: ownAttribute(171),
    type: integer({ lowest: 1, highest: 1000, unit: 'levels' }),
    default: ['64'],
    advanced: true,
    synopsis: 'How deep the filter of a search may be nested; a deeper one is refused.',
    adminAction: handlerRestart,
  }),
  property({
    name: 'max-filter-size',
    oid: ownAttribute(172),
    type: integer({ lowest: 1, highest: 1_000_000, unit: 'parts' }),
    default: ['4096'],
    advanced: true,
    synopsis:
      'How many parts the filter of a search may have, counted over all levels; a larger one is refused.',
    adminAction: handlerRestart,
  }),
  property({
    name: 'max-search-results',
    oid: ownAttribute(173),
    type: integer({ lowest: 1, highest: 2 ** 31 - 1, unit: 'entries' }),
    default: ['1000000'],
    advanced: true,
    synopsis: 'How many entries a search returns at most, whatever it asks for.',
    adminAction: handlerRestart,
  }),
  property({
    name: 'search-time-limit',
    oid: ownAttribute(174),
    type: duration({ lowestMs: 1000, highestMs: 2_147_000_000 }),
    default: ['1 m'],
    advanced: true,
    synopsis: 'How long a search may take, whatever it asks for.',
    adminAction: handlerRestart,
  }),
  property({
    name: 'idle-time-limit',
    oid: opendjAttribute(393),
    type: duration({ lowestMs: 1000, highestMs: 2_147_000_000, allowUnlimited: true }),
    default: ['1 h'],
    advanced: true,
    synopsis: 'How long a connection may be silent before it is closed.',
    adminAction: handlerRestart,
  }),
  property({
    name: 'time-limit-before-bind',
    oid: ownAttribute(177),
    type: duration({ lowestMs: 100, highestMs: 2_147_000_000, allowUnlimited: true }),
    default: ['1 m'],
    advanced: true,
    synopsis: 'How long a connection may be open while nobody has logged in on it, before it is closed.',
    description:
      'It counts from the end of the TLS handshake, or from the moment when the client bound anonymously after it had been ' +
      'logged in. Where anonymous clients stay connected allow more time, or unlimited.',
    adminAction: handlerRestart,
  }),
  property({
    name: 'max-blocked-read-time-limit',
    oid: ownAttribute(178),
    type: duration({ lowestMs: 100, highestMs: 2_147_000_000 }),
    default: ['2 m'],
    advanced: true,
    synopsis: 'How long the rest of a request may take to come, before its connection is closed.',
    description: 'For clients that send large requests over slow lines allow more time.',
    adminAction: handlerRestart,
  }),
  property({
    name: 'max-blocked-write-time-limit',
    oid: opendjAttribute(412),
    type: duration({ lowestMs: 100, highestMs: 2_147_000_000 }),
    default: ['2 m'],
    advanced: true,
    synopsis: 'How long an answer may wait for a client that does not read, before its connection is closed.',
    description:
      'All that waits must be taken within this time: a client that reads a few bytes now and then cannot keep its ' +
      'answers in memory for ever. For clients behind slow lines allow more time, or a smaller max-pending-answer-size.',
    adminAction: handlerRestart,
  }),
  acceptBacklog,
] as const;
