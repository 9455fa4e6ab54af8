import { describe, expect, it } from 'vitest';
import { BerError, frameLength } from '../../src/codec/ber-reader.ts';
import { readEndTransaction } from '../../src/codec/extended-value.ts';
import { DEFAULT_FILTER_LIMITS } from '../../src/codec/filter-ber.ts';
import { formatFilter } from '../../src/codec/filter-text.ts';
import { readRequestMessage, readResponseMessage } from '../../src/codec/message-ber.ts';
import { textFromOctets } from '../../src/ldap/octets.ts';
import { ResultCode } from '../../src/ldap/result-code.ts';
import {
  addRequest,
  andFilter,
  attribute,
  bindRequest,
  boolean,
  control,
  deleteRequest,
  enumerated,
  integer,
  message,
  modifyRequest,
  notFilter,
  octets,
  orFilter,
  type Part,
  presentFilter,
  searchRequest,
  sequence,
  set,
  tlv,
} from '../support/ber-bytes.ts';
import { elementsOf } from '../support/ber-element.ts';
import { requestSamples, responseSamples } from './sample-messages.ts';

const TRAILING = [tlv(0x8f, Buffer.from('later')), sequence(integer(1), octets('x')), tlv(0x9e)];

function read(bytes: Buffer) {
  return readRequestMessage(bytes, 0, bytes.length);
}

function hex(text: string): Buffer {
  return Buffer.from(text.replaceAll(' ', ''), 'hex');
}

/** The code a request is answered with whose bytes are well-formed and whose content is not. */
function refusalOf(operation: Part, controls: readonly Part[] = []): { id: number; code: number } {
  const { id, operation: found } = read(message(7, operation, controls));
  if (found.type !== 'invalidRequest') throw new Error(`it was read as a ${found.type}`);
  return { id, code: found.error.code };
}

describe('elements of a later version of the protocol', () => {
  const extensible = (sample: { title: string }) =>
    !/^search result reference|^delete|^abandon|^unbind/.test(sample.title);

  it.each(requestSamples.filter(extensible))('$title: are skipped at the end of the request', (sample) => {
    expect(read(withTrailing(sample.bytes))).toEqual(sample.message);
  });

  it.each(responseSamples.filter(extensible))('$title: are skipped at the end of the response', (sample) => {
    const bytes = withTrailing(sample.bytes);
    const { id, operation } = readResponseMessage(bytes, 0, bytes.length);
    expect({ id, type: operation.type }).toEqual({
      id: sample.message.id,
      type: sample.message.operation.type,
    });
  });

  it('are skipped inside of attributes, changes and controls', () => {
    const name = sequence(octets('cn'), set(octets('a')), ...TRAILING);
    const add = tlv(0x68, octets('cn=a'), sequence(name, attribute('sn', ['b'])));
    const modify = tlv(0x66, octets('cn=a'), sequence(sequence(enumerated(2), name, ...TRAILING)));
    const odd = sequence(octets('1.2'), boolean(true), octets('v'), ...TRAILING);
    expect(read(message(1, add)).operation).toEqual(
      read(
        message(
          1,
          addRequest('cn=a', [
            ['cn', ['a']],
            ['sn', ['b']],
          ]),
        ),
      ).operation,
    );
    expect(read(message(1, modify)).operation).toEqual(
      read(message(1, modifyRequest('cn=a', [[2, 'cn', ['a']]]))).operation,
    );
    expect(read(message(1, deleteRequest('cn=a'), [odd, control('1.3')])).controls).toEqual([
      { oid: '1.2', criticality: true, value: 'v' },
      { oid: '1.3', criticality: false, value: undefined },
    ]);
  });

  it.each(['8f', '8f 02 00', '8f 80', '1f 00', '9f 01 00', '8f 85 00 00 00 00 00', '8f 84 ff ff ff ff'])(
    'must be well-formed: %s is refused',
    (trailing) => {
      const bind = tlv(0x60, integer(3), octets(''), octets('', 0x80), hex(trailing));
      expect(() => read(message(1, bind))).toThrow(BerError);
      expect(() => read(sequence(integer(1), bindRequest('', ''), hex(trailing)))).toThrow(BerError);
    },
  );
});

describe('the frame of a message', () => {
  const octetsMax = 64 * 1024;
  const frame = (bytes: Buffer) => frameLength(bytes, 0, bytes.length, octetsMax);

  it.each([
    ['an indefinite length', '30 80 02 01 01'],
    ['a length of four octets that is far too large', '30 84 ff ff ff ff 02 01 01'],
    ['a length of two gibibytes', '30 84 80 00 00 00'],
    ['a length of five octets', '30 85 00 00 00 00 05'],
    ['a length of 127 octets', '30 ff'],
    ['another tag than that of a SEQUENCE', '31 05 02 01 01 42 00'],
    ['a TLS record', '16 03 01 02 00 01 00 01 fc 03 03'],
    ['a line of HTTP', '47 45 54 20 2f 20 48 54 54 50'],
    ['zeros', '00 00 00 00'],
  ])('with %s is refused at once', (_, bytes) => {
    expect(() => frame(hex(bytes))).toThrow(BerError);
  });

  it('may be as long as is allowed, and no longer', () => {
    const longest = octetsMax - 5;
    expect(frame(hex(`30 83 ${longest.toString(16).padStart(6, '0')}`))).toBe(octetsMax);
    expect(() => frame(hex(`30 83 ${(longest + 1).toString(16).padStart(6, '0')}`))).toThrow(BerError);
  });

  it('may have a length that is longer than needed, as some clients write it', () => {
    const bytes = hex('30 84 00 00 00 0b 02 01 02 4a 84 00 00 00 02 63 6e');
    expect(frame(bytes)).toBe(bytes.length);
    expect(read(bytes)).toMatchObject({ id: 2, operation: { type: 'deleteRequest', dn: 'cn' } });
  });
});

describe('what clients write otherwise than X.690 or RFC 4511 have it, and can be meant in one way only,', () => {
  it.each([
    ['the message ID 0, with which eldap begins', '30 09 02 01 00 4a 04 63 6e 3d 61', 0],
    ['a message ID with a superfluous octet', '30 0a 02 02 00 01 4a 04 63 6e 3d 61', 1],
    ['a message ID in four octets', '30 0c 02 04 00 00 00 7f 4a 04 63 6e 3d 61', 127],
  ])('is read: %s', (_, bytes, id) => {
    expect(read(hex(bytes))).toEqual({ id, operation: { type: 'deleteRequest', dn: 'cn=a' }, controls: [] });
  });

  it('is read: numbers and choices in four octets', () => {
    const four = (value: number, tag: number) => tlv(tag, Buffer.from([0, 0, 0, value]));
    const search = tlv(
      0x63,
      ...[octets('cn=a'), four(2, 0x0a), four(3, 0x0a), four(5, 0x02), four(200, 0x02), boolean(false)],
      ...[presentFilter('cn'), sequence()],
    );
    expect(read(message(1, search)).operation).toMatchObject({
      scope: 2,
      derefAliases: 3,
      sizeLimit: 5,
      timeLimit: 200,
    });
    const bind = tlv(0x60, four(3, 0x02), octets(''), octets('', 0x80));
    expect(read(message(1, bind)).operation).toMatchObject({ version: 3 });
  });

  it('is read: the identifier of a transaction with the tag that it came with (UnboundID)', () => {
    for (const tag of [0x04, 0x8b]) {
      const value = textFromOctets(sequence(boolean(true), octets('one', tag)));
      expect(readEndTransaction(value)).toEqual({ isCommit: true, id: 'one' });
    }
    const other = textFromOctets(sequence(octets('one', 0x8a)));
    expect(() => readEndTransaction(other)).toThrow('0x8a');
  });

  it('is read: controls that are there and are none, inside of a bind too (go-ldap)', () => {
    const none = tlv(0xa0);
    const bind = tlv(0x60, integer(3), octets('cn=a'), octets('x', 0x80), none);
    expect(read(message(1, bind)).operation).toMatchObject({ name: 'cn=a' });
    expect(read(sequence(integer(1), bindRequest('cn=a', 'x'), none))).toMatchObject({ controls: [] });
  });

  it('is read: an unbind with a value', () => {
    expect(read(sequence(integer(1), tlv(0x42, hex('05 00')))).operation.type).toBe('unbindRequest');
  });
});

describe('bytes that are no message end the connection', () => {
  const bind = (...parts: readonly Part[]) => message(1, tlv(0x60, ...parts));
  it.each([
    ['a negative message id', message(-1, deleteRequest('cn=a'))],
    ['a message id of 2^31', sequence(hex('02 05 00 80 00 00 00'), deleteRequest('cn=a'))],
    ['a message id whose sign bit is set', sequence(hex('02 04 80 00 00 01'), deleteRequest('cn=a'))],
    ['a message id of five octets', sequence(hex('02 05 00 00 00 00 01'), deleteRequest('cn=a'))],
    ['an empty message id', sequence(hex('02 00'), deleteRequest('cn=a'))],
    ['a message id that is an octet string', sequence(octets('1'), deleteRequest('cn=a'))],
    ['no message id', sequence()],
    ['no operation', sequence(integer(1))],
    ['an operation nobody knows', message(1, tlv(0x7f, octets('x')))],
    ['a tag of several octets', message(1, hex('7f 81 01 00'))],
    ['the operation of a response', message(1, tlv(0x61, enumerated(0), octets(''), octets('')))],
    ['a primitive operation that must be constructed', message(1, tlv(0x43, octets('x')))],
    ['an empty integer', bind(hex('02 00'), octets(''), octets('', 0x80))],
    ['an integer of five octets', bind(hex('02 05 00 00 00 00 03'), octets(''), octets('', 0x80))],
    ['a name of the wrong type', bind(integer(3), integer(3), octets('', 0x80))],
    ['a constructed octet string', bind(integer(3), tlv(0x24, octets('cn=a')), octets('', 0x80))],
    ['an indefinite length inside', bind(integer(3), hex('04 80 61 00 00'), octets('', 0x80))],
    ['a length inside that is too long', bind(integer(3), hex('04 84 ff ff ff ff 61'))],
    ['a length inside that reaches out of its frame', bind(integer(3), hex('04 7f 61'))],
    ['an operation that ends early', bind(integer(3))],
    ['a boolean of two octets', message(1, tlv(0x6c, octets('a'), octets('b'), hex('01 02 ff ff')))],
    ['a boolean of none', message(1, tlv(0x6c, octets('a'), octets('b'), hex('01 00')))],
    ['a filter of no kind', message(1, searchRequest('', { filter: octets('cn') }))],
    ['an empty not', message(1, searchRequest('', { filter: tlv(0xa2) }))],
    [
      'a set that is a sequence',
      message(1, tlv(0x68, octets('a'), sequence(sequence(octets('a'), sequence())))),
    ],
    ['a control that is none', message(1, deleteRequest(''), [octets('1.2')])],
    ['a control without an OID', message(1, deleteRequest(''), [sequence(boolean(true))])],
  ])('%s', (_, bytes) => {
    expect(() => read(bytes)).toThrow(BerError);
  });

  it('an abandon of no possible message', () => {
    expect(() => read(message(1, integer(-5, 0x50)))).toThrow(
      expect.objectContaining({ code: ResultCode.protocolError }),
    );
  });
});

describe('a request that is well-formed and makes no sense is answered', () => {
  const search = (options: Parameters<typeof searchRequest>[1]) => searchRequest('cn=config', options);
  const substrings = (...parts: readonly Part[]) =>
    search({ filter: tlv(0xa4, octets('cn'), sequence(...parts)) });
  const [initial, any, final] = [0x80, 0x81, 0x82].map((tag) => octets('x', tag));
  const [noInitial, noAny, noFinal] = [0x80, 0x81, 0x82].map((tag) => octets('', tag));
  const parts = (...list: readonly (Buffer | undefined)[]) =>
    substrings(...list.filter((one) => one !== undefined));

  it.each([
    ['an unknown scope', search({ scope: 7 })],
    ['an unknown way to dereference', search({ dereference: 4 })],
    ['a negative size limit', search({ sizeLimit: -1 })],
    ['a negative time limit', search({ timeLimitSeconds: -1 })],
    ['an unknown kind of change', modifyRequest('cn=a', [[4, 'cn', ['x']]])],
    ['version 0', bindRequest('', '', 0)],
    ['version 128', bindRequest('', '', 128)],
    [
      'a negative version with superfluous octets',
      tlv(0x60, hex('02 02 ff 80'), octets(''), octets('', 0x80)),
    ],
  ])('%s: protocolError', (_, operation) => {
    expect(refusalOf(operation)).toEqual({ id: 7, code: ResultCode.protocolError });
  });

  it.each([
    ['no substring', parts(), '(cn=**)'],
    ['an empty first substring', parts(noInitial), '(cn=**)'],
    ['an empty substring', parts(initial, noAny, final), '(cn=x**x)'],
    ['an empty last substring', parts(noFinal), '(cn=**)'],
    ['two first substrings', parts(initial, initial), '(cn=**)'],
    ['two last substrings', parts(final, final), '(cn=**)'],
    ['a first substring behind others', parts(any, initial), '(cn=**)'],
    ['a substring behind the last', parts(final, any), '(cn=**)'],
    ['a kind of substring that is not known', parts(initial, octets('x', 0x83)), '(cn=**)'],
    ['an extensible match of nothing', search({ filter: tlv(0xa9, octets('x', 0x83)) }), '(:=x)'],
  ])('%s: is read, for it is Undefined', (_, operation, text) => {
    const { operation: found } = read(message(7, operation));
    if (found.type !== 'searchRequest') throw new Error(`it was read as a ${found.type}`);
    expect(formatFilter(found.filter)).toBe(text);
  });

  it('a kind of authentication that is neither simple nor SASL: authMethodNotSupported', () => {
    for (const choice of [octets('ticket', 0x81), tlv(0xa0, octets('password'))]) {
      const bind = tlv(0x60, integer(3), octets('cn=a'), choice);
      expect(refusalOf(bind)).toEqual({ id: 7, code: ResultCode.authMethodNotSupported });
    }
  });

  it.each(['65 controls', '10000 controls'])('%s: adminLimitExceeded', (title) => {
    const controls = Array.from({ length: Number.parseInt(title, 10) }, (_, index) =>
      control(`1.2.${index}`),
    );
    expect(refusalOf(deleteRequest('cn=a'), controls)).toEqual({
      id: 7,
      code: ResultCode.adminLimitExceeded,
    });
  });

  it('64 controls are read', () => {
    const controls = Array.from({ length: 64 }, (_, index) => control(`1.2.${index}`));
    expect(read(message(1, deleteRequest('cn=a'), controls)).controls).toHaveLength(64);
  });
});

describe('filters', () => {
  const { depthMax, partsMax } = DEFAULT_FILTER_LIMITS;
  const leaf = presentFilter('cn');
  const searchFor = (filter: Part) => searchRequest('', { filter });

  it.each([
    ['and', 0xa0],
    ['or', 0xa1],
    ['not', 0xa2],
  ])('nested with %s: as deep as allowed, and no deeper', (_, tag) => {
    expect(read(message(1, searchFor(nested(tag, depthMax - 1, leaf)))).operation.type).toBe('searchRequest');
    for (const depth of [depthMax, 1000, 100_000]) {
      expect(refusalOf(searchFor(nested(tag, depth, leaf))).code).toBe(ResultCode.adminLimitExceeded);
    }
  });

  it('of as many parts as allowed, and no more', () => {
    const most = andFilter(...Array<Buffer>(partsMax - 1).fill(leaf));
    expect(read(message(1, searchFor(most))).operation.type).toBe('searchRequest');
    const many = Array<Buffer>(partsMax / 2).fill(leaf);
    const tooMany = orFilter(andFilter(...many), notFilter(orFilter(...many)));
    expect(refusalOf(searchFor(tooMany)).code).toBe(ResultCode.adminLimitExceeded);
  });

  it.each([0x8a, 0xaf])('of a choice that is not known (%i) are about nothing that is known', (tag) => {
    const filter = orFilter(tlv(tag, octets('cn')), leaf);
    expect(read(message(1, searchFor(filter))).operation).toMatchObject({
      filter: { type: 'or', filters: [{ type: 'present', attribute: '' }, { attribute: 'cn' }] },
    });
  });

  it('take any boolean but zero as true', () => {
    const match = tlv(0xa9, octets('cn', 0x82), octets('x', 0x83), Buffer.from([0x84, 1, 1]));
    expect(read(message(1, searchFor(match))).operation).toMatchObject({ filter: { dnAttributes: true } });
  });
});

/** A filter inside of so many others, without copying at every level. */
function nested(tag: number, depth: number, leaf: Buffer): Buffer {
  const headers: Buffer[] = [];
  let size = leaf.length;
  for (let level = 0; level < depth; level++) {
    const header = Buffer.from([tag, 0x84, 0, 0, 0, 0]);
    header.writeUInt32BE(size, 2);
    headers.push(header);
    size += header.length;
  }
  return Buffer.concat([...headers.reverse(), leaf]);
}

/** The message with elements added at the end of its operation and at its own end. */
function withTrailing(bytes: Buffer): Buffer {
  const [whole] = elementsOf(bytes);
  const [id, operation, ...controls] = elementsOf(whole?.content ?? bytes);
  if (id === undefined || operation === undefined) throw new Error('no message');
  return sequence(
    tlv(id.tag, id.content),
    tlv(operation.tag, operation.content, ...TRAILING),
    ...controls.map(({ tag, content }) => tlv(tag, content)),
    ...TRAILING,
  );
}
