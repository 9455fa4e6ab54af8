// Any message there can be, for property-based tests: texts of every kind and length, nested filters, controls.

import fc from 'fast-check';
import { Attribute } from '../../src/ldap/entry.ts';
import type { Filter } from '../../src/ldap/filter.ts';
import type { RequestMessage, ResponseMessage, ResultType } from '../../src/ldap/message.ts';
import { textFromOctets } from '../../src/ldap/octets.ts';

type Operation = RequestMessage['operation'];
type Response = ResponseMessage['operation'];

/** Octets as text, among them some that are not UTF-8, and lengths around those where the form of a length changes. */
const anyText: fc.Arbitrary<string> = fc.oneof(
  { weight: 4, arbitrary: fc.string({ unit: 'binary', maxLength: 40 }).map(withoutEscapes) },
  { weight: 4, arbitrary: fc.uint8Array({ maxLength: 60 }).map(textFromOctets) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(127, 128, 255, 256, 65_535, 65_536).map((length) => 'ä'.padEnd(length, 'x')),
  },
);

/** `octets.ts` gives these to octets that are not UTF-8, which a string made up at random is not about. */
function withoutEscapes(text: string): string {
  return text.toWellFormed();
}

const optional = fc.option(anyText, { nil: undefined });
const notEmpty = anyText.filter((text) => text !== '');
const messageId = fc.oneof(
  fc.integer({ min: 1, max: 0x7fffffff }),
  fc.constantFrom(1, 127, 128, 255, 32_768, 8_388_608),
);
const number = fc.oneof(fc.integer({ min: 0, max: 0x7fffffff }), fc.constantFrom(0, 127, 128, 0x7fffffff));
const attribute = fc
  .tuple(anyText, fc.array(anyText, { maxLength: 4 }))
  .map(([description, values]) => new Attribute(description, values));

const item: fc.Arbitrary<Filter> = fc.oneof(
  fc.record({ type: fc.constant('present' as const), attribute: anyText }),
  fc.record({
    type: fc.constantFrom('equalityMatch', 'greaterOrEqual', 'lessOrEqual', 'approxMatch'),
    attribute: anyText,
    value: anyText,
  }),
  fc
    .record({
      type: fc.constant('substrings' as const),
      attribute: anyText,
      initial: fc.option(notEmpty, { nil: undefined }),
      any: fc.array(notEmpty, { maxLength: 3 }),
      final: fc.option(notEmpty, { nil: undefined }),
    })
    .filter(({ initial, any, final }) => initial !== undefined || final !== undefined || any.length > 0),
  fc
    .record({
      type: fc.constant('extensibleMatch' as const),
      rule: optional,
      attribute: optional,
      value: anyText,
      dnAttributes: fc.boolean(),
    })
    .filter((match) => match.rule !== undefined || match.attribute !== undefined),
);

const { filter } = fc.letrec<{ filter: Filter }>((tie) => ({
  filter: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    item,
    fc.record({ type: fc.constantFrom('and', 'or'), filters: fc.array(tie('filter'), { maxLength: 4 }) }),
    fc.record({ type: fc.constant('not' as const), filter: tie('filter') }),
  ),
}));

export const anyFilter: fc.Arbitrary<Filter> = filter;

const operation: fc.Arbitrary<Operation> = fc.oneof(
  fc.record({
    type: fc.constant('bindRequest' as const),
    version: fc.integer({ min: 1, max: 127 }),
    name: anyText,
    authentication: fc.oneof(
      fc.record({ type: fc.constant('simple' as const), password: anyText }),
      fc.record({ type: fc.constant('sasl' as const), mechanism: anyText, credentials: optional }),
    ),
  }),
  fc.constant({ type: 'unbindRequest' as const }),
  fc.record({
    type: fc.constant('searchRequest' as const),
    base: anyText,
    scope: fc.constantFrom(0, 1, 2, 3),
    derefAliases: fc.integer({ min: 0, max: 3 }),
    sizeLimit: number,
    timeLimit: number,
    typesOnly: fc.boolean(),
    filter: anyFilter,
    attributes: fc.array(anyText, { maxLength: 4 }),
  }),
  fc.record({
    type: fc.constant('modifyRequest' as const),
    dn: anyText,
    modifications: fc.array(
      fc.record({ operation: fc.constantFrom('add', 'delete', 'replace', 'increment'), attribute }),
      { maxLength: 4 },
    ),
  }),
  fc.record({
    type: fc.constant('addRequest' as const),
    dn: anyText,
    attributes: fc.array(attribute, { maxLength: 4 }),
  }),
  fc.record({ type: fc.constant('deleteRequest' as const), dn: anyText }),
  fc.record({
    type: fc.constant('modifyDnRequest' as const),
    dn: anyText,
    newRdn: anyText,
    deleteOldRdn: fc.boolean(),
    newSuperior: optional,
  }),
  fc.record({
    type: fc.constant('compareRequest' as const),
    dn: anyText,
    attribute: anyText,
    value: anyText,
  }),
  fc.record({ type: fc.constant('abandonRequest' as const), messageId: number }),
  fc.record({ type: fc.constant('extendedRequest' as const), oid: anyText, value: optional }),
);

const result = {
  code: fc.integer({ min: 0, max: 0x7fff }),
  matchedDn: anyText,
  diagnosticMessage: anyText.map(withoutEscapes),
  referrals: fc.option(fc.array(anyText, { maxLength: 3 }), { nil: undefined }),
};

const resultType = fc.constantFrom<Exclude<ResultType, 'bindResponse' | 'extendedResponse'>[]>(
  'searchResultDone',
  'modifyResponse',
  'addResponse',
  'deleteResponse',
  'modifyDnResponse',
  'compareResponse',
);

const response: fc.Arbitrary<Response> = fc.oneof(
  fc.record({ type: resultType, ...result }),
  fc.record({ type: fc.constant('bindResponse' as const), ...result, serverSaslCredentials: optional }),
  fc.record({ type: fc.constant('extendedResponse' as const), ...result, oid: optional, value: optional }),
  fc.record({
    type: fc.constant('searchResultReference' as const),
    uris: fc.array(anyText, { maxLength: 4 }),
  }),
  fc.record({ type: fc.constant('intermediateResponse' as const), oid: optional, value: optional }),
);

const controls = fc.array(fc.record({ oid: anyText, criticality: fc.boolean(), value: optional }), {
  maxLength: 4,
});

export const anyRequest: fc.Arbitrary<RequestMessage> = fc.record({ id: messageId, operation, controls });
export const anyResponse: fc.Arbitrary<ResponseMessage> = fc.record({
  id: number,
  operation: response,
  controls,
});
