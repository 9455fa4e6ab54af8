// A global access control policy: what some accounts may do with some entries, beside what their privileges allow. Names and
// meaning are those of PingDS; `verify` and `send` are permissions of our own. src/access/ decides by it.

import { defineObject } from '../object-definition.ts';
import { forgerockAttribute, ownAttribute, ownClass } from '../object-identifiers.ts';
import { property } from '../property-definition.ts';
import { addressMask } from '../types/address-mask.ts';
import { attributeList } from '../types/attribute-list.ts';
import { boolean } from '../types/boolean.ts';
import { dnPattern } from '../types/dn-pattern.ts';
import { enumeration } from '../types/enumeration.ts';
import { integer } from '../types/integer.ts';
import { controlName, extendedOperationName } from '../types/protocol-name.ts';
import { Container } from './properties/places.ts';

export const PERMISSIONS = ['read', 'write', 'verify', 'send'] as const;

export type Permission = (typeof PERMISSIONS)[number];

/** Names of the protocols of connections. */
export const CONNECTION_PROTOCOLS = ['ldap', 'ldaps', 'ldapi'] as const;

const grants = [
  property({
    name: 'permission',
    oid: ownAttribute(250),
    type: enumeration(PERMISSIONS),
    multiValued: true,
    synopsis: 'What the policy allows on the entries that it is about.',
    description:
      'read searches and compares; write adds, deletes, modifies and renames; verify tries whether a mail server can be used, ' +
      'and send has it send a test message. read and write are about the attributes in allowed-attribute. Policies only add: ' +
      'what one of them allows is allowed, whatever others say.',
    default: { behaviour: 'The policy allows nothing on entries.' },
  }),
  property({
    name: 'allowed-attribute',
    oid: ownAttribute(251),
    type: attributeList(),
    multiValued: true,
    synopsis: 'The attributes that read and write are about.',
    description:
      'The name of an attribute stands for its subtypes too. Passwords and other secrets are never among those that *, +, ' +
      '@class or a supertype stand for: only their own names allow them.',
    default: { behaviour: 'The policy allows no attributes: what may be read is that the entries exist.' },
  }),
  property({
    name: 'allowed-attribute-exception',
    oid: ownAttribute(252),
    type: attributeList(),
    multiValued: true,
    synopsis: 'Attributes that are taken out of allowed-attribute, in this policy only.',
    default: { behaviour: 'Nothing is taken out.' },
  }),
  property({
    name: 'allowed-control',
    oid: ownAttribute(253),
    type: controlName(),
    multiValued: true,
    synopsis:
      'The controls that requests may have which are allowed by policies only, whatever entries they are about.',
    default: { behaviour: 'The policy allows no controls.' },
  }),
  property({
    name: 'allowed-extended-operation',
    oid: ownAttribute(254),
    type: extendedOperationName(),
    multiValued: true,
    synopsis: 'The extended operations that are allowed beside those that everybody may use.',
    description:
      'Differences is the one that needs it: it shows what has changed of what the account may read. The others are allowed ' +
      'without a policy, and may be named.',
    default: { behaviour: 'The policy allows no extended operations.' },
  }),
];

const accounts = [
  property({
    name: 'authentication-required',
    oid: forgerockAttribute(119),
    type: boolean(),
    synopsis: 'Whether the policy is only for clients that have logged in.',
    default: ['true'],
  }),
  property({
    name: 'user-dn-equal-to',
    oid: forgerockAttribute(36),
    type: dnPattern(),
    multiValued: true,
    synopsis: 'The accounts that the policy is for.',
    default: { behaviour: 'The policy is for all accounts.' },
  }),
  property({
    name: 'user-dn-not-equal-to',
    oid: forgerockAttribute(37),
    type: dnPattern(),
    multiValued: true,
    synopsis: 'Accounts that the policy is not for, even if user-dn-equal-to names them.',
    default: { behaviour: 'No account is left out.' },
  }),
];

const connections = [
  property({
    name: 'connection-client-address-equal-to',
    oid: forgerockAttribute(32),
    type: addressMask(),
    multiValued: true,
    synopsis: 'The addresses that clients connect from to whom the policy applies.',
    default: { behaviour: 'The policy applies to clients from everywhere.' },
  }),
  property({
    name: 'connection-client-address-not-equal-to',
    oid: forgerockAttribute(33),
    type: addressMask(),
    multiValued: true,
    synopsis: 'Addresses of clients to whom the policy does not apply.',
    default: { behaviour: 'No address is left out.' },
  }),
  property({
    name: 'connection-minimum-ssf',
    oid: ownAttribute(255),
    type: integer({ lowest: 0, highest: 1024 }),
    synopsis: 'The least strength of the protection of the connection, in bits of the key.',
    description:
      '128 asks for TLS with keys of 128 bits. A connection in clear text has 0, one on the local socket 71.',
    default: ['0'],
  }),
  property({
    name: 'connection-port-equal-to',
    oid: forgerockAttribute(35),
    type: integer({ lowest: 1, highest: 65535 }),
    multiValued: true,
    synopsis: 'The ports of this server that clients connect to to whom the policy applies.',
    default: { behaviour: 'The policy applies on all ports.' },
  }),
  property({
    name: 'connection-protocol-equal-to',
    oid: forgerockAttribute(34),
    type: enumeration(CONNECTION_PROTOCOLS),
    multiValued: true,
    synopsis: 'The protocols of the connections that the policy applies to.',
    default: { behaviour: 'The policy applies to all connections.' },
  }),
];

const targets = [
  property({
    name: 'request-target-dn-equal-to',
    oid: forgerockAttribute(40),
    type: dnPattern(),
    multiValued: true,
    synopsis: 'The entries that the policy is about.',
    description:
      'An entry below cn=config stands for its twins below cn=effective and cn=monitor too. A whole subtree needs two values: ' +
      'its base, and ** above it.',
    default: { behaviour: 'The policy is about all entries.' },
  }),
  property({
    name: 'request-target-dn-not-equal-to',
    oid: forgerockAttribute(41),
    type: dnPattern(),
    multiValued: true,
    synopsis: 'Entries that the policy is not about, even if request-target-dn-equal-to names them.',
    default: { behaviour: 'No entry is left out.' },
  }),
  property({
    name: 'request-target-dn-equal-to-user-dn',
    oid: ownAttribute(256),
    type: boolean(),
    synopsis: 'Whether the policy is only about the entry of the account itself.',
    default: ['false'],
  }),
];

export const globalAccessControlPolicy = defineObject({
  kind: 'global-access-control-policy',
  friendlyName: 'Global Access Control Policy',
  friendlyPluralName: 'Global Access Control Policies',
  synopsis: 'What some accounts may do with some entries, beside what their privileges allow.',
  description:
    'A policy allows what it names and forbids nothing. All policies count whose accounts, connections and entries fit; there ' +
    'is no order. An account with privileges needs none: config-read, config-write and secret-read mean everything.',
  objectClass: { name: 'ds-cfg-global-access-control-policy', oid: ownClass(50) },
  location: { under: Container.accessControlHandler },
  properties: [...grants, ...accounts, ...connections, ...targets],
});
