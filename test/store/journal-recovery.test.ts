// What a journal is worth after a crash or a bad disk: opened with exactly what was acknowledged, or refused by name.

import { describe, expect, it } from 'vitest';
import { VALUES_AS_STORED } from '../../src/store/encryption/stored-values.ts';
import { formatJournalRecord } from '../../src/store/journal-record.ts';
import { type RecoveredJournal, recoverJournal } from '../../src/store/journal-recovery.ts';
import { SEGMENT_START } from '../../src/store/journal-segment.ts';
import { StoreError } from '../../src/store/store-error.ts';
import { MemoryFileSystem } from './memory-file-system.ts';
import { commit, commitsFrom, setPort, shown } from './store-support.ts';

const FOLDER = '/config/journal';
const FIRST = `${FOLDER}/journal-000000000001.ldif`;

function single(number: number): string {
  return formatJournalRecord(commit(number), number, number);
}

function batch(first: number, last: number): string {
  return commitsFrom(first, last)
    .map((one) => formatJournalRecord(one, first, last))
    .join('');
}

function withFiles(files: Record<string, string | Buffer>): MemoryFileSystem {
  const fileSystem = new MemoryFileSystem();
  for (const [name, content] of Object.entries(files)) fileSystem.put(`${FOLDER}/${name}`, content);
  return fileSystem;
}

function recover(fileSystem: MemoryFileSystem, snapshotNumber = 0, isNew = true): Promise<RecoveredJournal> {
  const now = () => new Date('2026-11-22T09:00:00.000Z');
  return recoverJournal({ fileSystem, folder: FOLDER, snapshotNumber, isNew, now, values: VALUES_AS_STORED });
}

async function outcome(
  fileSystem: MemoryFileSystem,
  snapshotNumber = 0,
): Promise<readonly number[] | string> {
  try {
    return (await recover(fileSystem, snapshotNumber)).commits.map((one) => one.number);
  } catch (error) {
    if (error instanceof StoreError) return error.message;
    throw error;
  }
}

const ALL = [1, 2, 3, 4, 5].map(single);
const WHOLE = Buffer.from(SEGMENT_START + ALL.join(''), 'latin1');
/** Where each record ends. */
const ENDS = ALL.map((_, index) => SEGMENT_START.length + ALL.slice(0, index + 1).join('').length);

describe('a journal cut short', () => {
  it('at any octet of its last three records has the commits that were whole, and goes on from there', async () => {
    for (let length = (ENDS[1] ?? 0) + 1; length <= WHOLE.length; length++) {
      const fileSystem = withFiles({ 'journal-000000000001.ldif': WHOLE.subarray(0, length) });
      const whole = ENDS.filter((end) => end <= length).length;
      const { commits, place, warnings } = await recover(fileSystem);
      expect(shown(commits)).toEqual(shown(commitsFrom(1, whole)));
      expect(place).toMatchObject({ lastNumber: whole, length: ENDS[whole - 1], segments: [1] });
      const isTorn = !ENDS.includes(length);
      expect(warnings).toHaveLength(isTorn ? 1 : 0);
      expect(fileSystem.octets(FIRST)).toEqual(WHOLE.subarray(0, ENDS[whole - 1]));
      if (!isTorn) continue;
      expect(warnings[0]).toContain(`Change ${whole + 1} was being written to ${FIRST}`);
      expect(fileSystem.octets(`${FIRST}.torn-20261122T090000000Z`)).toEqual(
        WHOLE.subarray(ENDS[whole - 1], length),
      );
      expect((await recover(fileSystem.afterPowerCut())).warnings).toEqual([]);
    }
  });

  it('within a batch has nothing of that batch', async () => {
    const text = SEGMENT_START + single(1) + batch(2, 4);
    for (let length = SEGMENT_START.length + single(1).length; length < text.length; length++) {
      const fileSystem = withFiles({ 'journal-000000000001.ldif': text.slice(0, length) });
      expect(await outcome(fileSystem)).toEqual([1]);
    }
    expect(await outcome(withFiles({ 'journal-000000000001.ldif': text }))).toEqual([1, 2, 3, 4]);
  });

  it('within its first lines is begun again', async () => {
    for (let length = 0; length < SEGMENT_START.length; length++) {
      const fileSystem = withFiles({ 'journal-000000000001.ldif': SEGMENT_START.slice(0, length) });
      expect(await outcome(fileSystem)).toEqual([]);
      expect(fileSystem.text(FIRST)).toBe(SEGMENT_START);
    }
  });

  it('by a file system that left zeros has what is before them', async () => {
    const start = ENDS[3] ?? 0;
    for (let from = start; from < WHOLE.length - 2; from += 7) {
      const zeroed = Buffer.concat([WHOLE.subarray(0, from), Buffer.alloc(WHOLE.length - from)]);
      expect(await outcome(withFiles({ 'journal-000000000001.ldif': zeroed }))).toEqual([1, 2, 3, 4]);
    }
    const text = Buffer.from(SEGMENT_START + single(1) + batch(2, 4), 'latin1');
    // What the disk writes as one, from edge to edge.
    text.fill(0, 512, 1024);
    expect(await outcome(withFiles({ 'journal-000000000001.ldif': text }))).toEqual([1]);
  });

  it('twice in the same moment keeps both tails', async () => {
    const fileSystem = withFiles({ 'journal-000000000001.ldif': WHOLE.subarray(0, WHOLE.length - 1) });
    await recover(fileSystem);
    fileSystem.put(FIRST, WHOLE.subarray(0, WHOLE.length - 2));
    await recover(fileSystem);
    expect(fileSystem.paths).toHaveLength(3);
  });
});

describe('a journal with one octet changed', () => {
  it('anywhere, in any way, is refused with the record named', async () => {
    for (let offset = 0; offset < WHOLE.length; offset++) {
      const number = offset < SEGMENT_START.length ? 1 : ENDS.filter((end) => end <= offset).length + 1;
      for (const flip of [0x01, 0x20, 0x80, 0xff, WHOLE[offset] ?? 0]) {
        const octets = Buffer.from(WHOLE);
        octets[offset] = (octets[offset] ?? 0) ^ flip;
        const problem = await outcome(withFiles({ 'journal-000000000001.ldif': octets }));
        expect(problem).toContain(`Change ${number} in ${FIRST} is damaged: `);
      }
    }
  });

  it('within a batch, too', async () => {
    const records = [single(1), ...commitsFrom(2, 4).map((one) => formatJournalRecord(one, 2, 4)), single(5)];
    const text = SEGMENT_START + records.join('');
    for (const end of [text.length, text.length - single(5).length]) {
      const whole = Buffer.from(text.slice(0, end), 'latin1');
      for (let offset = SEGMENT_START.length; offset < whole.length; offset++) {
        let number = 1;
        for (let at = SEGMENT_START.length; at + (records[number - 1]?.length ?? 0) <= offset; number++)
          at += records[number - 1]?.length ?? 0;
        const octets = Buffer.from(whole);
        octets[offset] = (octets[offset] ?? 0) ^ 0x01;
        const problem = await outcome(withFiles({ 'journal-000000000001.ldif': octets }));
        expect(problem, `octet ${offset}`).toContain(`Change ${number} in ${FIRST} is damaged: `);
      }
    }
  });

  it('is left as it is', async () => {
    const octets = Buffer.from(WHOLE);
    octets[(ENDS[2] ?? 0) + 50] = 0x7e;
    const fileSystem = withFiles({ 'journal-000000000001.ldif': octets });
    expect(await outcome(fileSystem)).toContain(
      `cut it to its first ${ENDS[2]} octets, and remove the journal files after it.`,
    );
    expect(fileSystem.paths).toEqual([FIRST]);
    expect(fileSystem.octets(FIRST)).toEqual(octets);
  });
});

describe('numbers', () => {
  it.each([
    ['a record left out', single(1) + single(3), 'Change 2 in'],
    ['a record twice', single(1) + single(1), 'change 1 is in its place'],
    ['another first record', single(2), 'change 2 is in its place'],
    [
      'half a batch between others',
      single(1) + batch(2, 3).slice(0, single(2).length) + single(3),
      'Change 3 in',
    ],
    ['zeros between records', `${single(1)}${'\0'.repeat(500)}\n${single(2)}`, 'Change 2 in'],
  ])('with %s are refused', async (_, text, problem) => {
    const found = await outcome(withFiles({ 'journal-000000000001.ldif': SEGMENT_START + text }));
    expect(found).toContain(problem);
    expect(found).toContain('is damaged');
  });

  it('go on from file to file', async () => {
    const files = {
      'journal-000000000001.ldif': SEGMENT_START + single(1) + single(2),
      'journal-000000000003.ldif': SEGMENT_START + batch(3, 4),
      'journal-000000000005.ldif': SEGMENT_START,
      README: 'is no segment',
    };
    expect(await outcome(withFiles(files))).toEqual([1, 2, 3, 4]);
    expect(await outcome(withFiles(files), 1)).toEqual([2, 3, 4]);
    expect(await outcome(withFiles(files), 2)).toEqual([3, 4]);
    expect(await outcome(withFiles(files), 4)).toEqual([]);
    expect(await outcome(withFiles(files), 5)).toContain('config.ldif goes through change 5');
  });

  it.each([
    ['a file missing between', 0, { 1: single(1), 4: single(4) }, 'Changes 2 to 3 are missing'],
    ['the first file missing', 0, { 2: single(2) }, 'Change 1 is missing'],
    ['a snapshot that ends before the journal begins', 3, { 5: single(5) }, 'Change 4 is missing'],
    ['a snapshot beyond the journal', 9, { 1: single(1) }, 'ends with change 1'],
    [
      'two files that overlap',
      0,
      { 1: single(1) + single(2), 2: single(2) },
      'which the file before it holds too',
    ],
  ])('with %s are refused', async (_, snapshotNumber, segments, problem) => {
    const files = Object.entries(segments).map(([number, text]) => [
      `journal-${number.padStart(12, '0')}.ldif`,
      SEGMENT_START + text,
    ]);
    expect(await outcome(withFiles(Object.fromEntries(files)), snapshotNumber)).toContain(problem);
  });

  it('torn in a file that is not the last are refused', async () => {
    const files = {
      'journal-000000000001.ldif': WHOLE.subarray(0, WHOLE.length - 1),
      'journal-000000000006.ldif': SEGMENT_START,
    };
    expect(await outcome(withFiles(files))).toContain('Change 5 in');
  });
});

it('a segment that was begun and never used is removed', async () => {
  for (const content of [SEGMENT_START, '', SEGMENT_START.slice(0, 9)]) {
    const fileSystem = withFiles({
      'journal-000000000001.ldif': WHOLE,
      'journal-000000000004.ldif': content,
    });
    const { commits, place, warnings } = await recover(fileSystem);
    expect([commits.length, place.segments, warnings.length]).toEqual([5, [1], 1]);
    expect(fileSystem.paths).toEqual([FIRST]);
  }
});

it('without any file the journal begins after the snapshot', async () => {
  const fileSystem = withFiles({});
  expect((await recover(fileSystem, 17)).place).toMatchObject({ lastNumber: 17, segments: [18] });
  expect(fileSystem.afterPowerCut().paths).toEqual([`${FOLDER}/journal-000000000018.ldif`]);
});

describe('zeros in the last change', () => {
  const SECTOR = 512;
  const start = SEGMENT_START + single(1);
  /** The last change begins so many octets before the edge of a sector. */
  const withChangeAt = (before: number): Buffer => {
    const filler = (SECTOR - ((start.length + before) % SECTOR)) % SECTOR;
    // A comment belongs to no record's octets, so the by of the first change makes it longer.
    const first = formatJournalRecord(commit(1, [setPort(1)], `cn=${'x'.repeat(filler + SECTOR)}`), 1, 1);
    const text = SEGMENT_START + first;
    const missing = (SECTOR - ((text.length + before) % SECTOR)) % SECTOR;
    const longer = formatJournalRecord(
      commit(1, [setPort(1)], `cn=${'x'.repeat(filler + SECTOR + missing)}`),
      1,
      1,
    );
    return Buffer.from(`${SEGMENT_START}${longer}${single(2)}`, 'latin1');
  };

  it('that fill what it has of a sector were never written, and be it one octet at the edge', async () => {
    for (const before of [1, 2, 100]) {
      const octets = withChangeAt(before);
      const length = single(2).length;
      const from = octets.length - length;
      expect(from % SECTOR).toBe(SECTOR - before);
      octets.fill(0, from, from + before);
      expect([before, await outcome(withFiles({ 'journal-000000000001.ldif': octets }))]).toEqual([
        before,
        [1],
      ]);
    }
    const octets = withChangeAt((single(2).length - 1) % SECTOR);
    expect(octets.length % SECTOR).toBe(1);
    octets[octets.length - 1] = 0;
    expect(await outcome(withFiles({ 'journal-000000000001.ldif': octets }))).toEqual([1]);
  });

  it('that fill no sector are damage', async () => {
    for (const count of [1, 2, 10]) {
      const octets = withChangeAt(100);
      const from = octets.length - 60;
      octets.fill(0, from, from + count);
      expect(await outcome(withFiles({ 'journal-000000000001.ldif': octets }))).toContain('is damaged');
    }
  });
});
