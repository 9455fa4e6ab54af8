import { describe, expect, it } from 'vitest';
import { FIRST_MESSAGE_ID, LAST_MESSAGE_ID, operations, prepareRequests } from '../../bench/requests.ts';
import { integer } from '../support/ber-bytes.ts';

const target = { container: 'cn=Mail Servers,cn=config', bindDn: 'cn=admin', password: 'secret' };

describe('prepareRequests', () => {
  it.each(operations)('marks the two octets of the id in every %s request', (operation) => {
    for (const { bytes, idOffset } of prepareRequests(operation, target, 300).requests) {
      expect([...bytes.subarray(idOffset - 2, idOffset + 2)]).toEqual([0x02, 0x02, 0x01, 0x00]);
    }
  });

  it('marks the number in the value of a modify and nowhere else', () => {
    for (const { bytes, numberOffset } of prepareRequests('modify', target, 10).requests) {
      expect(bytes.toString('latin1', numberOffset, numberOffset + 20)).toBe('10000000.example.com');
    }
    expect(prepareRequests('base', target, 1).requests[0]?.numberOffset).toBe(-1);
  });

  it('uses ids that all take two octets in their shortest form', () => {
    expect([integer(FIRST_MESSAGE_ID).length, integer(LAST_MESSAGE_ID).length]).toEqual([4, 4]);
  });
});
