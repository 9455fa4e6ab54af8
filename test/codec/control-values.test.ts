import { describe, expect, it } from 'vitest';
import {
  readAssertion,
  readReadEntry,
  readValuesFilter,
  writeAssertion,
  writeReadEntryResult,
} from '../../src/codec/entry-controls.ts';
import {
  readCancel,
  readEndTransaction,
  writeEndTransaction,
  writeTransactionResult,
} from '../../src/codec/extended-value.ts';
import { readListView, writeListViewResult } from '../../src/codec/list-view-control.ts';
import { readPagedResults, writePagedResults } from '../../src/codec/paged-results-control.ts';
import {
  readPersistentSearch,
  writeEntryChange,
  writePersistentSearch,
} from '../../src/codec/persistent-search-control.ts';
import { readSortKeys, writeSortResult } from '../../src/codec/sort-control.ts';
import {
  readSyncRequest,
  writeSyncDone,
  writeSyncInfo,
  writeSyncState,
} from '../../src/codec/sync-control.ts';
import { Dn } from '../../src/ldap/dn.ts';
import { Entry } from '../../src/ldap/entry.ts';
import { octetsFromText, textFromOctets } from '../../src/ldap/octets.ts';
import {
  readEntryChange,
  readListViewResult,
  readReadEntryResult,
  readSortResult,
  readSyncDone,
  readSyncInfo,
  readSyncState,
  readTransactionResult,
  writeCancel,
  writeListView,
  writeReadEntry,
  writeSortKeys,
  writeSyncRequest,
  writeValuesFilter,
} from '../support/control-values.ts';

const ID = '01234567-89ab-cdef-fedc-ba9876543210';
const ID_HEX = '0123456789abcdeffedcba9876543210';

interface Sample<Value> {
  readonly title: string;
  readonly value: Value;
  readonly hex: string;
  read(text: string | undefined): Value;
  write(value: Value): string;
}

function sample<Value>(
  title: string,
  value: Value,
  hex: string,
  read: Sample<Value>['read'],
  write: Sample<Value>['write'],
): Sample<unknown> {
  return { title, value, hex: hex.replaceAll(' ', ''), read, write: (one) => write(one as Value) };
}

const SAMPLES: readonly Sample<unknown>[] = [
  sample('a page', { size: 5, cookie: 'ab' }, '3007 020105 04026162', readPagedResults, writePagedResults),
  sample(
    'sort keys',
    [
      { attribute: 'cn', rule: '1.2', isReverse: true },
      { attribute: 'sn', rule: undefined, isReverse: false },
    ],
    '3014 300c 0402636e 8003312e32 8101ff 3004 0402736e',
    readSortKeys,
    writeSortKeys,
  ),
  sample(
    'a sort that went well',
    { code: 0, attribute: undefined },
    '3003 0a0100',
    readSortResult,
    writeSortResult,
  ),
  sample(
    'a sort that did not',
    { code: 18, attribute: 'cn' },
    '3007 0a0112 8002636e',
    readSortResult,
    writeSortResult,
  ),
  sample(
    'a window by offset',
    {
      beforeCount: 1,
      afterCount: 2,
      target: { type: 'offset', offset: 3, contentCount: 4 },
      contextId: undefined,
    },
    '300e 020101 020102 a006 020103 020104',
    readListView,
    writeListView,
  ),
  sample(
    'a window by value',
    { beforeCount: 0, afterCount: 9, target: { type: 'value', value: 'b' }, contextId: 'x' },
    '300c 020100 020109 810162 040178',
    readListView,
    writeListView,
  ),
  sample(
    'the place of a window',
    { targetPosition: 3, contentCount: 10, code: 0, contextId: undefined },
    '3009 020103 02010a 0a0100',
    readListViewResult,
    writeListViewResult,
  ),
  sample(
    'a persistent search',
    { changeTypes: 15, changesOnly: true, returnNotifications: false },
    '3009 02010f 0101ff 010100',
    readPersistentSearch,
    writePersistentSearch,
  ),
  sample(
    'an entry change',
    { changeType: 8, previousDn: 'cn=a', changeNumber: 300 },
    '300d 0a0108 0404636e3d61 0202012c',
    readEntryChange,
    writeEntryChange,
  ),
  sample(
    'a sync request',
    { mode: 'refreshAndPersist', cookie: 'c', reloadHint: true },
    '3009 0a0103 040163 0101ff',
    readSyncRequest,
    writeSyncRequest,
  ),
  sample(
    'a first sync request',
    { mode: 'refreshOnly', cookie: undefined, reloadHint: false },
    '3003 0a0101',
    readSyncRequest,
    writeSyncRequest,
  ),
  sample(
    'the state of an entry',
    { state: 'modify', id: ID, cookie: 'c' },
    `3018 0a0102 0410${ID_HEX} 040163`,
    readSyncState,
    writeSyncState,
  ),
  sample(
    'the end of a refresh',
    { cookie: 'c', refreshDeletes: true },
    '3006 040163 0101ff',
    readSyncDone,
    writeSyncDone,
  ),
  sample('a new cookie', { type: 'newCookie', cookie: 'c' }, '800163', readSyncInfo, writeSyncInfo),
  sample(
    'the end of the delete phase',
    { type: 'refreshDelete', cookie: 'c', refreshDone: true },
    'a103 040163',
    readSyncInfo,
    writeSyncInfo,
  ),
  sample(
    'a present phase that goes on',
    { type: 'refreshPresent', cookie: undefined, refreshDone: false },
    'a203 010100',
    readSyncInfo,
    writeSyncInfo,
  ),
  sample(
    'a set of identifiers',
    { type: 'idSet', cookie: undefined, refreshDeletes: true, ids: [ID] },
    `a317 0101ff 3112 0410${ID_HEX}`,
    readSyncInfo,
    writeSyncInfo,
  ),
  sample(
    'an assertion',
    { type: 'present', attribute: 'cn' },
    '8702636e',
    (text) => readAssertion(text),
    writeAssertion,
  ),
  sample(
    'a values filter',
    [{ type: 'equalityMatch', attribute: 'cn', value: 'a' }],
    '3009 a307 0402636e 040161',
    (text) => readValuesFilter(text),
    writeValuesFilter,
  ),
  sample('the attributes of a read', ['cn', '+'], '3007 0402636e 04012b', readReadEntry, writeReadEntry),
  sample(
    'the abort of a transaction',
    { isCommit: false, id: 't' },
    '3006 010100 040174',
    readEndTransaction,
    writeEndTransaction,
  ),
  sample(
    'the commit of a transaction',
    { isCommit: true, id: 't' },
    '3003 040174',
    readEndTransaction,
    writeEndTransaction,
  ),
  sample(
    'a transaction that failed',
    { failedMessageId: 7, controls: [] },
    '3003 020107',
    readTransactionResult,
    writeTransactionResult,
  ),
  sample(
    'what a transaction returns',
    {
      failedMessageId: undefined,
      controls: [{ messageId: 2, controls: [{ oid: '1.2', criticality: false, value: 'v' }] }],
    },
    '3013 3011 300f 020102 300a 3008 0403312e32 040176',
    readTransactionResult,
    writeTransactionResult,
  ),
  sample('a cancel', 300, '3004 0202012c', readCancel, writeCancel),
];

describe('the values of controls and extended operations', () => {
  it.each(SAMPLES)('$title is written as its RFC has it', ({ value, hex, write }) => {
    expect(Buffer.from(octetsFromText(write(value))).toString('hex')).toBe(hex);
  });

  it.each(SAMPLES)('$title is read as it was written', ({ value, hex, read }) => {
    expect(read(textFromOctets(Buffer.from(hex, 'hex')))).toEqual(value);
  });

  it.each(SAMPLES)('$title is a protocol error when it is missing, cut short or goes on', ({ hex, read }) => {
    const octets = Buffer.from(hex, 'hex');
    const refusal = expect.objectContaining({ code: 2 });
    expect(() => read(undefined)).toThrow(refusal);
    expect(() => read(textFromOctets(Buffer.concat([octets, Buffer.of(5, 0)])))).toThrow(refusal);
    for (let end = 0; end < octets.length; end++) {
      expect(() => read(textFromOctets(octets.subarray(0, end)))).toThrow(refusal);
    }
  });

  it('an entry that was read comes back', () => {
    const entry = Entry.of(Dn.parse('cn=a'), { cn: 'a', 'cn;lang-de': ['ä', '\uDCFF'] });
    const read = readReadEntryResult(writeReadEntryResult(entry));
    expect(read.dn.toString()).toBe('cn=a');
    expect(read.values('cn;lang-de')).toEqual(['ä', '\uDCFF']);
  });

  it('a values filter has simple items only', () => {
    const not = { type: 'not', filter: { type: 'present', attribute: 'cn' } } as const;
    const value = writeValuesFilter([not]);
    expect(() => readValuesFilter(value)).toThrow(expect.objectContaining({ code: 2 }));
  });
});
