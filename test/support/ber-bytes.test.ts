import { describe, expect, it } from 'vitest';
import {
  bindRequest,
  control,
  extendedRequest,
  integer,
  message,
  octets,
  tlv,
  unbindRequest,
} from './ber-bytes.ts';

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

describe('ber-bytes', () => {
  it.each([
    [0, '020100'],
    [1, '020101'],
    [127, '02017f'],
    [128, '02020080'],
    [256, '02020100'],
    [32_767, '02027fff'],
    [32_768, '0203008000'],
    [2_147_483_647, '02047fffffff'],
    [-1, '0201ff'],
    [-128, '020180'],
    [-129, '0202ff7f'],
    [-32_768, '02028000'],
  ])('writes the integer %i as %s', (value, expected) => {
    expect(hex(integer(value))).toBe(expected);
  });

  it.each([
    [0, '0400'],
    [127, '047f'],
    [128, '048180'],
    [255, '0481ff'],
    [256, '04820100'],
    [65_536, '0483010000'],
  ])('writes a length of %i', (length, head) => {
    expect(hex(tlv(4, Buffer.alloc(length))).slice(0, head.length)).toBe(head);
  });

  it('writes text as UTF-8', () => {
    expect(hex(octets('ä€'))).toBe('0405c3a4e282ac');
  });

  it('writes whole messages as other clients do', () => {
    expect(hex(message(1, bindRequest('cn=a', 'pw')))).toBe('3012020101600d0201030404636e3d6180027077');
    expect(hex(message(2, unbindRequest()))).toBe('30050201024200');
    expect(hex(message(3, extendedRequest('1.2'), [control('1.3', true)]))).toBe(
      '301602010377058003312e32a00a30080403312e330101ff',
    );
  });
});
