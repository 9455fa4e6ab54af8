// The checker of the long runs finds what it is there for: a true history passes, and each false one is reported.

import { describe, expect, it } from 'vitest';
import { checkHistory } from '../support/cluster/check-history.ts';
import type { Attempt, History, LoggedChange, Read, Watching } from '../support/cluster/history.ts';

/** Each moment is a multiple of ten: what is false is put between. */
const at = (moment: number) => moment * 10;

function attempt(change: Omit<LoggedChange, 'number'>, moment: number, more: Partial<Attempt> = {}): Attempt {
  const answered = { invoked: at(moment), answered: at(moment) + 5 };
  return { ...change, server: 0, ...answered, outcome: 'ok', code: 0, text: '', ...more };
}

const ADD_A = { type: 'add', name: 'A', host: 'a1' } as const;
const ADD_B = { type: 'add', name: 'B', host: 'b1' } as const;
const SET_A = { type: 'modify', name: 'A', host: 'a2', expected: 'a1' } as const;
const END_B = { type: 'delete', name: 'B', host: '' } as const;
const REFUSED = { type: 'modify', name: 'A', host: 'a3', expected: 'a1' } as const;
const LOST = { type: 'add', name: 'C', host: 'c1' } as const;
const LOG: readonly LoggedChange[] = [ADD_A, ADD_B, SET_A, END_B].map((change, index) => ({
  ...change,
  number: 11 + index,
}));
const READ: Read = {
  server: 1,
  invoked: at(3),
  answered: at(3) + 4,
  first: 12,
  last: 13,
  name: 'A',
  host: 'a1',
};
const entry = (state: 'add' | 'modify' | 'delete', name: string, host: string, number?: number) =>
  ({ kind: 'entry', state, name, host, number }) as const;
const WATCHINGS: readonly Watching[] = [
  {
    watcher: 0,
    server: 0,
    from: undefined,
    items: [
      entry('add', 'Old', 'o1'),
      entry('add', 'A', 'a1'),
      { kind: 'refreshed', isWhole: false, number: 11 },
      entry('add', 'B', 'b1', 12),
    ],
  },
  {
    watcher: 0,
    server: 1,
    from: 12,
    items: [{ kind: 'refreshed', isWhole: false, number: 12 }, entry('modify', 'A', 'a2', 13)],
  },
  {
    watcher: 0,
    server: 2,
    from: 13,
    items: [
      entry('add', 'Old', 'o1'),
      entry('add', 'A', 'a2'),
      { kind: 'refreshed', isWhole: true, number: 14 },
    ],
  },
];

const TRUE: History = {
  beginning: { number: 10, state: new Map([['Old', 'o1']]) },
  attempts: [
    attempt(ADD_A, 1),
    attempt(ADD_B, 2, { server: 1 }),
    attempt(SET_A, 3, { outcome: 'unknown', answered: Number.POSITIVE_INFINITY }),
    attempt(REFUSED, 4, { outcome: 'refused', code: 16 }),
    attempt(LOST, 5, { outcome: 'unknown' }),
    attempt({ ...LOST, host: 'c2' }, 6, { outcome: 'refused', code: 52 }),
    attempt(END_B, 7, { server: 1 }),
  ],
  reads: [READ, { ...READ, server: 2, first: 10, last: 10, host: undefined }],
  watchings: WATCHINGS,
  logs: [LOG, LOG, LOG],
  ends: [0, 1, 2].map(() => new Map(Object.entries({ Old: 'o1', A: 'a2' }))),
};

/** The log with these changes, and all servers that have followed it. */
function withLog(changes: readonly Omit<LoggedChange, 'number'>[], more: Partial<History> = {}): History {
  const log = changes.map((change, index) => ({ ...change, number: 11 + index }));
  return { ...TRUE, logs: [log, log, log], ...more };
}

function withRead(more: Partial<Read>): History {
  return { ...TRUE, reads: [...TRUE.reads, { ...READ, invoked: at(8), answered: at(8) + 4, ...more }] };
}

function withAttempt(more: Attempt): History {
  return { ...TRUE, attempts: [...TRUE.attempts, more] };
}

/** The watcher as it was, but for the items at one server. */
function withItems(index: number, items: (all: Watching['items']) => Watching['items']): History {
  const watchings = WATCHINGS.map((one, place) =>
    place === index ? { ...one, items: items(one.items) } : one,
  );
  return { ...TRUE, watchings };
}

const FALSE: Readonly<Record<string, readonly [history: History, said: RegExp]>> = {
  'a change that was acknowledged is lost': [
    withLog([ADD_A, SET_A], { ends: TRUE.ends }),
    /"add B b1" at server 1 was acknowledged and is lost/,
  ],
  'a change was made twice': [
    withLog([ADD_A, ADD_B, SET_A, END_B, ADD_B, END_B]),
    /"add B b1" at server 1 is there 2 times/,
  ],
  'a change that was refused is there': [
    withLog([ADD_A, ADD_B, SET_A, END_B, { ...LOST, host: 'c2' }]),
    /"add C c2" at server 0 was refused with 52 .* and is change 15/,
  ],
  'a change is there that nobody asked for': [
    withLog([ADD_A, ADD_B, SET_A, END_B, { ...LOST, name: 'D' }]),
    /Nobody asked for change 15/,
  ],
  'two servers have another order': [
    {
      ...TRUE,
      logs: [
        LOG,
        LOG,
        LOG.map((one, index) => ({ ...(LOG[[1, 0, 2, 3][index] ?? 0] ?? one), number: one.number })),
      ],
    },
    /Change 11 is "add B b1" at server 2, and at server 0 "add A a1"/,
  ],
  'a server lacks the end of the log': [
    { ...TRUE, logs: [LOG, LOG.slice(0, 3), LOG] },
    /The log of server 1 ends at 13/,
  ],
  'a number is missing': [
    { ...TRUE, logs: [LOG, LOG, LOG.filter(({ number }) => number !== 12)] },
    /The log of server 2 has 13 for 12/,
  ],
  'the order is not that of time': [
    withLog([ADD_B, ADD_A, SET_A, END_B]),
    /"add A a1" \(12\) was acknowledged before "add B b1" \(11\) was asked for, and is after it/,
  ],
  'a change does not fit what was there': [
    withLog([ADD_A, ADD_B, { ...SET_A, expected: 'a0' }, END_B]),
    /Change 13 "modify A a0 to a2" does not fit a1/,
  ],
  'a change was refused for nothing': [
    withAttempt(attempt({ ...ADD_B, host: 'b2' }, 9, { outcome: 'refused', code: 68, server: 1 })),
    /"add B b2" was refused with 68 at server 1 .* nothing was against it/,
  ],
  'a server went back in what it shows': [
    withRead({ first: 12, last: 14 }),
    /shows change 12 after it has shown or acknowledged 14/,
  ],
  'a server does not show what it has acknowledged': [
    withRead({ server: 0, first: 10, last: 10, host: undefined, invoked: at(2), answered: at(2) + 4 }),
    /Server 0 shows change 10 after it has shown or acknowledged 11/,
  ],
  'a server shows what was refused': [
    withRead({ first: 14, last: 14, host: 'a3' }),
    /shows A as a3 between the changes 14 and 14; it was a2/,
  ],
  'a server shows what was before': [withRead({ first: 14, last: 14, host: 'a1' }), /shows A as a1/],
  'a server shows a mail server that is gone': [
    withRead({ first: 14, last: 14, name: 'B', host: 'b1' }),
    /shows B as b1 between the changes 14 and 14; it was gone/,
  ],
  'a server has something else in the end': [
    { ...TRUE, ends: [...TRUE.ends.slice(0, 2), new Map(Object.entries({ Old: 'o1', A: 'a1' }))] },
    /In the end A is a1 at server 2; by the log it is a2/,
  ],
  'a watcher missed a change': [
    withItems(0, (items) => items.slice(0, 3)),
    /Watcher 0 at server 1 began with a cookie of 12 after 11/,
  ],
  'a watcher missed a change between two': [
    withItems(1, (items) => [...items, entry('add', 'D', 'd1', 15)]),
    /got "add D d1" with a cookie of 15 after change 13/,
  ],
  'a watcher saw a change twice': [
    withItems(1, (items) => [...items, entry('modify', 'A', 'a2', 13)]),
    /got "modify A a2" with a cookie of 13 after change 13/,
  ],
  'a watcher saw another change': [
    withItems(1, (items) => [...items.slice(0, 1), entry('modify', 'A', 'a9', 13)]),
    /got "modify A a9" as change 13, which is "modify A a2"/,
  ],
  'a cookie says more than the watcher was shown': [
    withItems(0, (items) => [...items.slice(0, 3), entry('add', 'B', 'b1', 13)]),
    /got "add B b1" with a cookie of 13 after change 11/,
  ],
  'a cookie says less than the watcher knows': [
    withItems(2, (items) => [...items.slice(0, 2), { kind: 'refreshed', isWhole: true, number: 12 }]),
    /went back from 13 to 12/,
  ],
  'a watcher got only some of what is there': [
    withItems(0, (items) => items.slice(1)),
    /got Old as gone at change 11; it was o1/,
  ],
  'a watcher had to start over': [
    withItems(1, () => [{ kind: 'ended', code: 4096, text: 'The cookie …' }]),
    /Watcher 0 at server 1 had to start over after change 12/,
  ],
  'a watcher was told nothing more': [
    { ...TRUE, watchings: WATCHINGS.slice(0, 2) },
    /Watcher 0 has seen no change after 13; the last one is 14/,
  ],
};

describe('the checker of histories', () => {
  it('takes a true one', () => {
    expect(checkHistory(TRUE)).toEqual([]);
  });

  it.each(Object.entries(FALSE))('reports that %s', (_, [history, said]) => {
    expect(checkHistory(history).join('\n')).toMatch(said);
  });
});
