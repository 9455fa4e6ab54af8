/**
 * What the benchmark asks: the operations, the entries they touch, and the requests as prepared bytes.
 *
 * A prepared request is complete but for its message id and, in a modify, a number in the new value; both always take the same
 * number of octets, so that the load generator patches them in place and encodes nothing while it measures.
 */
import {
  addRequest,
  bindRequest,
  changeKinds,
  compareRequest,
  deleteRequest,
  equalityFilter,
  message,
  modifyRequest,
  scopes,
  searchRequest,
} from '../test/support/ber-bytes.ts';

/** Message ids run through a range in which all of them take two octets. */
export const FIRST_MESSAGE_ID = 0x0100;
export const LAST_MESSAGE_ID = 0x7fff;

/** Digits of the number in the value that a modify writes. */
export const NUMBER_DIGITS = 8;
const FIRST_NUMBER = '10000000';

export const operations = [
  'base',
  'equality',
  'subtree',
  'compare',
  'bind',
  'modify',
  'add',
  'addTrustManager',
  'addReferring',
  'refusedDelete',
] as const;
export type Operation = (typeof operations)[number];

/** Where the mail servers stand and who may change them; equal in shape and length on every server measured. */
export interface Target {
  readonly container: string;
  readonly bindDn: string;
  readonly password: string;
}

/** One request: its bytes, where the two octets of the id stand, and where the number of a modify stands (or -1). */
export interface PreparedRequest {
  readonly bytes: Buffer;
  readonly idOffset: number;
  readonly numberOffset: number;
}

/** The requests of one operation and the answer that each of them must get. */
export interface PreparedRequests {
  readonly requests: readonly PreparedRequest[];
  readonly expectedCode: number;
  readonly entriesPerAnswer: number;
}

/** Prepares `operation` on the mail servers 1 to `count`. */
export function prepareRequests(operation: Operation, target: Target, count: number): PreparedRequests {
  const isForEach = operation !== 'bind' && operation !== 'subtree';
  const requests: PreparedRequest[] = [];
  for (let number = 1; number <= (isForEach ? count : 1); number += 1) {
    requests.push(prepare(encodeOperation(operation, target, number), operation === 'modify'));
  }
  return {
    requests,
    expectedCode: { compare: 6, refusedDelete: 53 }[operation as string] ?? 0,
    entriesPerAnswer: { base: 1, equality: 1, subtree: count + 1 }[operation as string] ?? 0,
  };
}

function encodeOperation(operation: Operation, target: Target, number: number): Buffer {
  const dn = `cn=${mailServerName(number)},${target.container}`;
  switch (operation) {
    case 'base':
      return searchRequest(dn);
    case 'equality':
      return searchRequest(target.container, {
        scope: scopes.subtree,
        filter: equalityFilter('ds-cfg-smtp-server', smtpServer(number)),
      });
    case 'subtree':
      return searchRequest(target.container, { scope: scopes.subtree });
    case 'compare':
      return compareRequest(dn, 'ds-cfg-smtp-server', smtpServer(number));
    case 'bind':
      return bindRequest(target.bindDn, target.password);
    case 'modify':
      return modifyRequest(dn, [[changeKinds.replace, 'ds-cfg-smtp-property', [smtpProperty]]]);
    case 'add':
      return addRequest(dn, mailServerAttributes(number));
    case 'addTrustManager':
      return addRequest(trustManagerDn(number), trustManagerAttributes);
    case 'addReferring':
      return addRequest(dn, referringAttributes(number));
    case 'refusedDelete':
      return deleteRequest(trustManagerDn(number));
  }
}

function prepare(operation: Buffer, hasNumber: boolean): PreparedRequest {
  const bytes = message(FIRST_MESSAGE_ID, operation);
  const idOffset = bytes.length - operation.length - 2;
  return { bytes, idOffset, numberOffset: hasNumber ? bytes.indexOf(FIRST_NUMBER) : -1 };
}

/** A mail server as the benchmark adds it. */
export function mailServerAttributes(number: number): [name: string, values: string[]][] {
  return [
    ['objectClass', ['top', 'ds-cfg-mail-server']],
    ['cn', [mailServerName(number)]],
    ['ds-cfg-enabled', ['TRUE']],
    ['ds-cfg-smtp-server', [smtpServer(number)]],
    ['ds-cfg-smtp-property', [smtpProperty]],
  ];
}

/** The part of the address that referring mail servers leave to an expression. */
export const HOST_TOKEN = 'bench.host';
const REFERRED = 50;

/** Refers to one of 50 trust managers, and has a value that a reload can change. */
function referringAttributes(number: number): [name: string, values: string[]][] {
  return [
    ...mailServerAttributes(number).filter(([name]) => name !== 'ds-cfg-smtp-server'),
    ['ds-cfg-smtp-server', [`$<${HOST_TOKEN}|smtp.example.com>:2525`]],
    ['ds-cfg-trust-manager-provider', [trustManagerDn((number % REFERRED) + 1)]],
  ];
}

const trustManagerAttributes: [name: string, values: string[]][] = [
  ['objectClass', ['top', 'ds-cfg-trust-manager-provider', 'ds-cfg-blind-trust-manager-provider']],
  ['ds-cfg-enabled', ['TRUE']],
];

function trustManagerDn(number: number): string {
  return `cn=trust ${digits(number)},cn=Trust Manager Providers,cn=config`;
}

/** Present from the start, so that a modify never changes the size of an entry; no server has an index for it. */
const smtpProperty = `mail.smtp.localhost=client-${FIRST_NUMBER}.example.com`;

/** The name of the mail server with this number: `mail 0001`. */
export function mailServerName(number: number): string {
  return `mail ${digits(number)}`;
}

function smtpServer(number: number): string {
  return `smtp${digits(number)}.example.com:587`;
}

function digits(number: number): string {
  return String(number).padStart(4, '0');
}
