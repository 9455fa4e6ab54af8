// Good messages of every kind: each request, each control, each extended operation, each SASL mechanism, as clients send
// them. What the fuzzer begins with.

import {
  abandonRequest,
  addRequest,
  andFilter,
  bindRequest,
  boolean,
  changeKinds,
  compareRequest,
  control,
  deleteRequest,
  enumerated,
  equalityFilter,
  extendedRequest,
  integer,
  message,
  modifyDnRequest,
  modifyRequest,
  notFilter,
  octets,
  orFilter,
  presentFilter,
  saslBindRequest,
  scopes,
  searchRequest,
  sequence,
  substringsFilter,
  tlv,
  unbindRequest,
} from '../support/ber-bytes.ts';

export const SUFFIX = 'dc=fuzz,dc=example';
const MAIL_SERVERS = 'cn=Mail Servers,cn=config';
const PERSON = `uid=ada,${SUFFIX}`;

/** Requests that only look. */
const READING: readonly Buffer[] = [
  searchRequest(''),
  searchRequest('', { attributes: ['*', '+', 'supportedControl', '1.1'] }),
  searchRequest('cn=schema', { attributes: ['objectClasses', 'attributeTypes', '+'] }),
  searchRequest('cn=config', { scope: scopes.one, attributes: ['cn', '@top'] }),
  searchRequest(MAIL_SERVERS, { scope: scopes.subtree, sizeLimit: 3, timeLimitSeconds: 5, typesOnly: true }),
  searchRequest('cn=effective', {
    scope: scopes.subtree,
    sizeLimit: 5,
    filter: equalityFilter('objectClass', 'top'),
  }),
  searchRequest('cn=monitor', { scope: scopes.subtree, sizeLimit: 5 }),
  searchRequest(SUFFIX, {
    scope: scopes.subtree,
    filter: substringsFilter('cn', [0x80, 'A'], [0x81, 'd'], [0x82, 'e']),
  }),
  searchRequest(SUFFIX, {
    scope: scopes.subtree,
    filter: andFilter(
      orFilter(
        equalityFilter('uid', 'ada'),
        tlv(0xa5, octets('uidNumber'), octets('5')),
        tlv(0xa8, octets('sn'), octets('lov')),
      ),
      notFilter(presentFilter('mail')),
      tlv(
        0xa9,
        octets('caseIgnoreMatch', 0x81),
        octets('cn', 0x82),
        octets('Ada', 0x83),
        boolean(true, 0x84),
      ),
    ),
    attributes: ['cn;lang-fr', 'entryUUID', 'hasSubordinates'],
  }),
  searchRequest(SUFFIX, { scope: scopes.subtree, filter: andFilter() }),
  compareRequest(PERSON, 'sn', 'Lovelace'),
  compareRequest('cn=admin,cn=Root DNs,cn=config', 'userPassword', 'guess'),
  abandonRequest(3),
  extendedRequest('1.3.6.1.4.1.4203.1.11.3'),
  extendedRequest('1.3.6.1.1.8', sequence(integer(2))),
  extendedRequest('1.3.6.1.1.21.1'),
  extendedRequest('1.3.6.1.1.21.3', sequence(boolean(false), octets('1'))),
];

/** Requests that would change something. */
const CHANGING: readonly Buffer[] = [
  addRequest(`cn=Fuzz,${MAIL_SERVERS}`, [
    ['objectClass', ['top', 'ds-cfg-mail-server']],
    ['ds-cfg-enabled', ['true']],
    ['ds-cfg-smtp-server', ['mail.example.com:587', '$<fuzz.host|localhost>:25']],
    ['ds-cfg-smtp-property', ['mail.smtp.timeout=1000']],
    ['ds-cfg-auth-password', ['secret']],
  ]),
  modifyRequest(`cn=Fuzz,${MAIL_SERVERS}`, [
    [changeKinds.replace, 'ds-cfg-smtp-server', ['other.example.com:25']],
    [changeKinds.add, 'ds-cfg-smtp-property', ['mail.smtp.connectiontimeout=5']],
    [changeKinds.delete, 'ds-cfg-auth-password', []],
  ]),
  deleteRequest(`cn=Fuzz,${MAIL_SERVERS}`),
  modifyDnRequest(`cn=Fuzz,${MAIL_SERVERS}`, 'cn=Other', true),
  addRequest(`uid=new,${SUFFIX}`, [
    ['objectClass', ['inetOrgPerson']],
    ['uid', ['new']],
    ['cn', ['New', 'Neu']],
    ['sn', ['New']],
    ['userPassword', ['{CLEAR}x']],
    ['jpegPhoto;x', [Buffer.from([0xff, 0xd8, 0])]],
  ]),
  modifyRequest(PERSON, [
    [changeKinds.add, 'description', ['one', 'two']],
    [changeKinds.increment, 'uidNumber', ['1']],
    [changeKinds.replace, 'cn;lang-de', ['Ada']],
  ]),
  modifyDnRequest(`uid=new,${SUFFIX}`, 'uid=newer', false, SUFFIX),
  modifyDnRequest(`ou=Deep,${SUFFIX}`, 'ou=Deeper', true, `ou=People,${SUFFIX}`),
  deleteRequest(`uid=newer,${SUFFIX}`),
  extendedRequest(
    '1.3.6.1.4.1.4203.1.11.1',
    sequence(octets(PERSON, 0x80), octets('wrong', 0x81), octets('new', 0x82)),
  ),
];

/** Passwords cost a hash each: these come less often. */
export const BINDING: readonly Buffer[] = [
  bindRequest('', ''),
  bindRequest(PERSON, 'wrong'),
  bindRequest(PERSON, ''),
  saslBindRequest('PLAIN', 'dn:x\0uid=ada\0wrong'),
  saslBindRequest('EXTERNAL', ''),
  saslBindRequest('SCRAM-SHA-256', 'n,,n=ada,r=fyko+d2lbbFgONRv9qkxdawL'),
  saslBindRequest(
    'SCRAM-SHA-256',
    'c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=',
  ),
  extendedRequest('1.3.6.1.4.1.1466.20037'),
  unbindRequest(),
].map((operation) => message(1, operation));

const SORT_KEYS = sequence(
  sequence(octets('cn'), octets('caseIgnoreOrderingMatch', 0x80), boolean(true, 0x81)),
);
const PAGE = sequence(integer(2), octets(''));
const READ_ENTRY = sequence(octets('cn'), octets('+'));

const SEARCH_CONTROLS: readonly Buffer[] = [
  control('1.2.840.113556.1.4.319', true, PAGE),
  control('1.2.840.113556.1.4.473', true, SORT_KEYS),
  control(
    '2.16.840.1.113730.3.4.9',
    false,
    sequence(integer(0), integer(2), tlv(0xa0, integer(1), integer(0))),
  ),
  control(
    '2.16.840.1.113730.3.4.9',
    false,
    sequence(integer(1), integer(1), octets('A', 0x81), octets('context')),
  ),
  control('1.2.826.0.1.3344810.2.3', true, sequence(presentFilter('cn'), equalityFilter('sn', 'Lovelace'))),
  control('2.16.840.1.113730.3.4.3', true, sequence(integer(15), boolean(true), boolean(true))),
  control('1.3.6.1.4.1.4203.1.9.1.1', true, sequence(enumerated(1), octets('rid=0'), boolean(false))),
  control('1.3.6.1.4.1.4203.1.9.1.1', true, sequence(enumerated(3))),
  control('1.3.6.1.1.22', true),
  control('2.16.840.1.113730.3.4.2', true),
  control('1.3.6.1.1.12', true, andFilter(presentFilter('objectClass'))),
  control('2.16.840.1.113730.3.4.18', true, 'dn:cn=admin,cn=Root DNs,cn=config'),
  control('1.2.3.4', true, 'unknown'),
];

const CHANGE_CONTROLS: readonly Buffer[] = [
  control('1.3.6.1.1.13.1', true, READ_ENTRY),
  control('1.3.6.1.1.13.2', true, READ_ENTRY),
  control('1.3.6.1.4.1.4203.1.10.2', true),
  control('1.3.6.1.4.1.4203.666.5.2', true),
  control('1.2.840.113556.1.4.805', true),
  control('1.3.6.1.1.21.2', true, '1'),
  control('1.3.6.1.1.12', true, equalityFilter('objectClass', 'top')),
  control('2.16.840.1.113730.3.4.18', true, 'u:nobody'),
];

/** Each request alone, each control on a request that takes it, and two controls together. */
export const GOOD_MESSAGES: readonly Buffer[] = [
  ...[...READING, ...CHANGING].map((operation) => message(1, operation)),
  ...withControls(READING.slice(0, 10), SEARCH_CONTROLS),
  ...withControls(CHANGING, CHANGE_CONTROLS),
];

function withControls(operations: readonly Buffer[], controls: readonly Buffer[]): Buffer[] {
  return controls.flatMap((one, index) => {
    const first = operations[index % operations.length] ?? deleteRequest('');
    const second = operations[(index + 3) % operations.length] ?? first;
    const another = controls[(index + 1) % controls.length] ?? one;
    return [message(1, first, [one]), message(1, second, [one]), message(1, second, [one, another])];
  });
}
