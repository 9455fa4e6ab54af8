// What a well-behaved server answers to each request that commands and applications send: what the fuzzer of answers spoils.

import { writePagedResults } from '../../../src/codec/paged-results-control.ts';
import { Dn } from '../../../src/ldap/dn.ts';
import { Entry } from '../../../src/ldap/entry.ts';
import {
  type LdapResult,
  RESULT_TYPE,
  type RequestMessage,
  type Response,
  type ResponseMessage,
} from '../../../src/ldap/message.ts';
import { Oid } from '../../../src/ldap/oids.ts';
import { answerOctets } from '../../support/scripted-server.ts';
import type { Random } from '../random.ts';

const ENTRIES: readonly Entry[] = [
  Entry.of(Dn.parse('cn=Main,cn=Mail Servers,cn=effective'), {
    objectClass: ['top', 'ds-cfg-mail-server'],
    cn: 'Main',
    'ds-cfg-enabled': 'true',
    'ds-cfg-smtp-server': 'mail.example.com:587',
    'ds-cfg-auth-username': 'app',
    'ds-cfg-auth-password': 'secret',
    'ds-cfg-use-start-tls': 'true',
    'ds-cfg-trust-manager-provider': 'cn=Blind,cn=Trust Manager Providers,cn=config',
  }),
  Entry.of(Dn.parse('cn=Blind,cn=Trust Manager Providers,cn=effective'), {
    objectClass: ['top', 'ds-cfg-trust-manager-provider', 'ds-cfg-blind-trust-manager-provider'],
    cn: 'Blind',
    'ds-cfg-enabled': 'true',
  }),
  Entry.of(Dn.parse('cn=\\c3\\a4\\,b+l=x\\00,cn=Ä'), { cn: ['ä,b', 'c'], l: 'x\0', 'cn;lang-de': [''] }),
  Entry.of(Dn.root, { objectClass: 'top' }),
];
const TEXTS: readonly string[] = ['', 'The value is wrong.', 'ä\u202e\u001b[31m', 'x'.repeat(3000)];
const CODES: readonly number[] = [
  0, 0, 0, 0, 0, 0, 1, 2, 10, 14, 32, 49, 50, 53, 68, 80, 122, 123, 4096, 0x410e, 31999,
];

/** All the messages that answer a request, in order. */
export function goodAnswers({ id, operation, controls }: RequestMessage, random: Random): Buffer[] {
  if (!(operation.type in RESULT_TYPE)) return [];
  const type = RESULT_TYPE[operation.type as keyof typeof RESULT_TYPE];
  const isPaged = controls.some(({ oid }) => oid === Oid.pagedResults);
  const isWatch = controls.some(({ oid }) => oid === Oid.persistentSearch);
  const found: ResponseMessage[] =
    operation.type === 'searchRequest'
      ? ENTRIES.map((entry) => ({ id, operation: { type: 'searchResultEntry', entry }, controls: [] }))
      : [];
  if (found.length > 0 && random.onceIn(8)) {
    found.push({ id, operation: { type: 'searchResultReference', uris: ['ldap://b/cn=c'] }, controls: [] });
    found.push({ id, operation: { type: 'intermediateResponse', oid: '1.2', value: 'x' }, controls: [] });
  }
  if (isWatch && !random.onceIn(10)) return found.map(answerOctets);
  const page = { size: 0, cookie: random.onceIn(3) ? '' : 'more' };
  const answer: ResponseMessage = {
    id,
    operation: finalOf(type, random),
    controls: isPaged ? [{ oid: Oid.pagedResults, criticality: false, value: writePagedResults(page) }] : [],
  };
  return [...found, answer].map(answerOctets);
}

function finalOf(type: (typeof RESULT_TYPE)[keyof typeof RESULT_TYPE], random: Random): Response {
  const result: LdapResult = {
    code: random.pick(CODES),
    matchedDn: '',
    diagnosticMessage: random.pick(TEXTS),
    referrals: undefined,
  };
  if (type === 'bindResponse') return { type, ...result, code: 0, serverSaslCredentials: undefined };
  if (type === 'extendedResponse') return { type, ...result, oid: undefined, value: 'transaction-1' };
  return { type, ...result };
}
