// One of every kind of message, as the value the codec has for it and as bytes built by hand: what all tests of the
// codec go through. The bytes come from `ber-bytes` alone.

import { Dn } from '../../src/ldap/dn.ts';
import { Attribute, Entry } from '../../src/ldap/entry.ts';
import type { LdapResult, RequestMessage, ResponseMessage, ResultType } from '../../src/ldap/message.ts';
import {
  abandonRequest,
  addRequest,
  andFilter,
  attribute,
  bindRequest,
  boolean,
  changeKinds,
  compareRequest,
  control,
  deleteRequest,
  enumerated,
  equalityFilter,
  extendedRequest,
  message,
  modifyDnRequest,
  modifyRequest,
  notFilter,
  octets,
  orFilter,
  presentFilter,
  saslBindRequest,
  searchRequest,
  sequence,
  tlv,
  unbindRequest,
} from '../support/ber-bytes.ts';

interface Sample<Message> {
  readonly title: string;
  readonly message: Message;
  readonly bytes: Buffer;
}

type Operation = RequestMessage['operation'];
type Controls = RequestMessage['controls'];

const SECRET_OCTETS = Buffer.from([0x00, 0xff, 0x80, 0xc3, 0x28]);
const SECRET_TEXT = '\0\uDCFF\uDC80\uDCC3(';

function request(title: string, operation: Operation, bytes: Buffer): Sample<RequestMessage> {
  return { title, message: { id: 1, operation, controls: [] }, bytes: message(1, bytes) };
}

function withControls(id: number, controls: Controls, bytes: readonly Buffer[]): Sample<RequestMessage> {
  const operation = { type: 'deleteRequest', dn: 'cn=a' } as const;
  return {
    title: `delete with id ${id} and ${controls.length} controls`,
    message: { id, operation, controls },
    bytes: message(id, deleteRequest('cn=a'), bytes),
  };
}

const search = {
  type: 'searchRequest',
  base: 'cn=config',
  scope: 2,
  derefAliases: 3,
  sizeLimit: 1000,
  timeLimit: 60,
  typesOnly: true,
  attributes: ['cn', '+', '1.1'],
} as const;

function searchFor(
  title: string,
  filter: Extract<Operation, { type: 'searchRequest' }>['filter'],
  bytes: Buffer,
) {
  return request(
    title,
    { ...search, filter },
    searchRequest('cn=config', {
      scope: 2,
      dereference: 3,
      sizeLimit: 1000,
      timeLimitSeconds: 60,
      typesOnly: true,
      filter: bytes,
      attributes: ['cn', '+', '1.1'],
    }),
  );
}

const part = (tag: number, text: string) => octets(text, tag);

const searches: readonly Sample<RequestMessage>[] = [
  searchFor('search, present', { type: 'present', attribute: 'cn' }, presentFilter('cn')),
  searchFor(
    'search, equality',
    { type: 'equalityMatch', attribute: 'cn', value: SECRET_TEXT },
    equalityFilter('cn', SECRET_OCTETS),
  ),
  searchFor(
    'search, greater or equal',
    { type: 'greaterOrEqual', attribute: 'a', value: '1' },
    tlv(0xa5, octets('a'), octets('1')),
  ),
  searchFor(
    'search, less or equal',
    { type: 'lessOrEqual', attribute: 'a', value: '' },
    tlv(0xa6, octets('a'), octets('')),
  ),
  searchFor(
    'search, approximate',
    { type: 'approxMatch', attribute: 'a', value: 'ä' },
    tlv(0xa8, octets('a'), octets('ä')),
  ),
  searchFor(
    'search, substrings',
    { type: 'substrings', attribute: 'cn', initial: 'a', any: ['b', 'c'], final: 'd' },
    tlv(0xa4, octets('cn'), sequence(part(0x80, 'a'), part(0x81, 'b'), part(0x81, 'c'), part(0x82, 'd'))),
  ),
  searchFor(
    'search, substrings with one part',
    { type: 'substrings', attribute: 'cn', initial: undefined, any: ['b'], final: undefined },
    tlv(0xa4, octets('cn'), sequence(part(0x81, 'b'))),
  ),
  searchFor(
    'search, extensible',
    { type: 'extensibleMatch', rule: '2.5.13.2', attribute: 'cn', value: 'x', dnAttributes: true },
    tlv(0xa9, part(0x81, '2.5.13.2'), part(0x82, 'cn'), part(0x83, 'x'), boolean(true, 0x84)),
  ),
  searchFor(
    'search, extensible with a rule only',
    { type: 'extensibleMatch', rule: 'r', attribute: undefined, value: '', dnAttributes: false },
    tlv(0xa9, part(0x81, 'r'), part(0x83, '')),
  ),
  searchFor(
    'search, and, or, not',
    {
      type: 'and',
      filters: [
        { type: 'or', filters: [] },
        { type: 'not', filter: { type: 'and', filters: [] } },
        { type: 'present', attribute: 'sn' },
      ],
    },
    andFilter(orFilter(), notFilter(andFilter()), presentFilter('sn')),
  ),
];

const changes: readonly Sample<RequestMessage>[] = [
  request(
    'modify',
    {
      type: 'modifyRequest',
      dn: 'cn=a,cn=config',
      modifications: [
        { operation: 'add', attribute: new Attribute('cn;lang-de', ['ä', SECRET_TEXT]) },
        { operation: 'delete', attribute: new Attribute('sn', []) },
        { operation: 'replace', attribute: new Attribute('sn', ['']) },
        { operation: 'increment', attribute: new Attribute('n', ['-1']) },
      ],
    },
    modifyRequest('cn=a,cn=config', [
      [changeKinds.add, 'cn;lang-de', ['ä', SECRET_OCTETS]],
      [changeKinds.delete, 'sn', []],
      [changeKinds.replace, 'sn', ['']],
      [changeKinds.increment, 'n', ['-1']],
    ]),
  ),
  request(
    'add',
    {
      type: 'addRequest',
      dn: 'cn=ä',
      attributes: [new Attribute('objectClass', ['top', 'person']), new Attribute('sn', ['x'])],
    },
    addRequest('cn=ä', [
      ['objectClass', ['top', 'person']],
      ['sn', ['x']],
    ]),
  ),
  request('delete', { type: 'deleteRequest', dn: '' }, deleteRequest('')),
  request(
    'modify DN',
    { type: 'modifyDnRequest', dn: 'cn=a', newRdn: 'cn=b', deleteOldRdn: true, newSuperior: undefined },
    modifyDnRequest('cn=a', 'cn=b', true),
  ),
  request(
    'modify DN with a new superior',
    { type: 'modifyDnRequest', dn: 'cn=a', newRdn: 'cn=b', deleteOldRdn: false, newSuperior: '' },
    modifyDnRequest('cn=a', 'cn=b', false, ''),
  ),
];

const others: readonly Sample<RequestMessage>[] = [
  request(
    'simple bind',
    {
      type: 'bindRequest',
      version: 3,
      name: 'cn=a',
      authentication: { type: 'simple', password: SECRET_TEXT },
    },
    tlv(0x60, Buffer.from([2, 1, 3]), octets('cn=a'), octets(SECRET_OCTETS, 0x80)),
  ),
  request(
    'anonymous bind of version 2',
    { type: 'bindRequest', version: 2, name: '', authentication: { type: 'simple', password: '' } },
    bindRequest('', '', 2),
  ),
  request(
    'SASL bind',
    {
      type: 'bindRequest',
      version: 3,
      name: '',
      authentication: { type: 'sasl', mechanism: 'PLAIN', credentials: '\0a\0b' },
    },
    saslBindRequest('PLAIN', '\0a\0b'),
  ),
  request(
    'SASL bind without credentials',
    {
      type: 'bindRequest',
      version: 3,
      name: 'cn=a',
      authentication: { type: 'sasl', mechanism: 'EXTERNAL', credentials: undefined },
    },
    saslBindRequest('EXTERNAL', undefined, 'cn=a'),
  ),
  request('unbind', { type: 'unbindRequest' }, unbindRequest()),
  request(
    'compare',
    { type: 'compareRequest', dn: 'a', attribute: 'b', value: 'c' },
    compareRequest('a', 'b', 'c'),
  ),
  request('abandon', { type: 'abandonRequest', messageId: 0x7fffffff }, abandonRequest(0x7fffffff)),
  request('extended', { type: 'extendedRequest', oid: '1.2', value: undefined }, extendedRequest('1.2')),
  request(
    'extended with a value',
    { type: 'extendedRequest', oid: '1.2', value: SECRET_TEXT },
    extendedRequest('1.2', SECRET_OCTETS),
  ),
  withControls(
    0x7fffffff,
    [
      { oid: '1.2.3', criticality: true, value: undefined },
      { oid: '1.2.4', criticality: false, value: SECRET_TEXT },
    ],
    [control('1.2.3', true), control('1.2.4', false, SECRET_OCTETS)],
  ),
  withControls(128, [{ oid: '', criticality: true, value: '' }], [control('', true, '')]),
];

export const requestSamples: readonly Sample<RequestMessage>[] = [...searches, ...changes, ...others];

const SUCCESS: LdapResult = { code: 0, matchedDn: '', diagnosticMessage: '', referrals: undefined };
const REFUSAL: LdapResult = {
  code: 32,
  matchedDn: 'cn=config',
  diagnosticMessage: 'größer',
  referrals: ['ldap://a/', 'ldap://b/'],
};

function response(
  title: string,
  operation: ResponseMessage['operation'],
  bytes: Buffer,
): Sample<ResponseMessage> {
  return { title, message: { id: 300, operation, controls: [] }, bytes: message(300, bytes) };
}

const RESULT_TAGS: Record<Exclude<ResultType, 'bindResponse' | 'extendedResponse'>, number> = {
  searchResultDone: 0x65,
  modifyResponse: 0x67,
  addResponse: 0x69,
  deleteResponse: 0x6b,
  modifyDnResponse: 0x6d,
  compareResponse: 0x6f,
};

function resultBytes(
  tag: number,
  { code, matchedDn, diagnosticMessage, referrals }: LdapResult,
  ...more: Buffer[]
) {
  const urls = referrals === undefined ? [] : [tlv(0xa3, ...referrals.map((url) => octets(url)))];
  return tlv(tag, enumerated(code), octets(matchedDn), octets(diagnosticMessage), ...urls, ...more);
}

function results(): Sample<ResponseMessage>[] {
  return Object.entries(RESULT_TAGS).map(([type, tag]) =>
    response(type, { type: type as keyof typeof RESULT_TAGS, ...REFUSAL }, resultBytes(tag, REFUSAL)),
  );
}

export const responseSamples: readonly Sample<ResponseMessage>[] = [
  ...results(),
  response(
    'bind response',
    { type: 'bindResponse', ...SUCCESS, serverSaslCredentials: undefined },
    resultBytes(0x61, SUCCESS),
  ),
  response(
    'bind response with credentials',
    { type: 'bindResponse', ...REFUSAL, serverSaslCredentials: SECRET_TEXT },
    resultBytes(0x61, REFUSAL, octets(SECRET_OCTETS, 0x87)),
  ),
  response(
    'extended response',
    { type: 'extendedResponse', ...SUCCESS, oid: '1.2', value: SECRET_TEXT },
    resultBytes(0x78, SUCCESS, octets('1.2', 0x8a), octets(SECRET_OCTETS, 0x8b)),
  ),
  response(
    'extended response with nothing',
    { type: 'extendedResponse', ...SUCCESS, oid: undefined, value: undefined },
    resultBytes(0x78, SUCCESS),
  ),
  response(
    'search result entry',
    {
      type: 'searchResultEntry',
      entry: new Entry(Dn.parse('cn=ä,cn=config'), [
        new Attribute('cn', ['ä', SECRET_TEXT]),
        new Attribute('sn', []),
      ]),
    },
    tlv(0x64, octets('cn=ä,cn=config'), sequence(attribute('cn', ['ä', SECRET_OCTETS]), attribute('sn', []))),
  ),
  response(
    'search result reference',
    { type: 'searchResultReference', uris: ['ldap://a/', 'ldap://b/'] },
    tlv(0x73, octets('ldap://a/'), octets('ldap://b/')),
  ),
  response(
    'intermediate response',
    { type: 'intermediateResponse', oid: '1.2', value: 'v' },
    tlv(0x79, octets('1.2', 0x80), octets('v', 0x81)),
  ),
  {
    title: 'notice of disconnection',
    message: {
      id: 0,
      operation: {
        type: 'extendedResponse',
        ...SUCCESS,
        code: 2,
        oid: '1.3.6.1.4.1.1466.20036',
        value: undefined,
      },
      controls: [{ oid: '1.2', criticality: false, value: 'x' }],
    },
    bytes: message(0, resultBytes(0x78, { ...SUCCESS, code: 2 }, octets('1.3.6.1.4.1.1466.20036', 0x8a)), [
      control('1.2', false, 'x'),
    ]),
  },
];
