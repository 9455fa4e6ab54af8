// One commit in the journal: a comment line with number and checksums, its changes as LDIF change records, a
// blank line. Any LDIF tool can read it. The comment holds what LDIF has no place for.
//
// # change 18 batch 17-19 at 2026-11-22T08:15:00.123Z id <uuid> bytes 214 crc32 <body> <line> by <dn>
//
// `bytes` is the length of the body: everything after the comment line up to the next one. The first checksum
// covers the body. The second covers the comment line without itself and the space before it, so that a damaged
// length is not mistaken for a cut record. `batch` names the commits that were appended together: all of them
// count, or none.

import { crc32 } from 'node:zlib';
import { LdifError } from '../codec/ldif-error.ts';
import { readLdif } from '../codec/ldif-reader.ts';
import { formatChange } from '../codec/ldif-writer.ts';
import type { Change } from '../ldap/change.ts';
import { octetsFromText, textFromOctets } from '../ldap/octets.ts';
import type { Commit } from './store.ts';

export interface JournalHeader {
  readonly number: number;
  /** First and last commit that were appended together with this one. */
  readonly batchFirst: number;
  readonly batchLast: number;
  readonly at: Date;
  readonly id: string;
  readonly by: string;
}

export interface JournalRecord {
  readonly header: JournalHeader;
  /** Positions of the comment line, of the body, and of the next record. */
  readonly start: number;
  readonly bodyStart: number;
  readonly end: number;
}

/**
 * `incomplete`: the octets end before the record does. `damaged`: the record is complete but not as it was
 * written.
 */
export type JournalRecordRead =
  | { readonly type: 'record'; readonly record: JournalRecord }
  | { readonly type: 'incomplete' }
  | { readonly type: 'damaged'; readonly problem: string };

/** Start of every record. After a damaged record, the next one is found by it. */
export const RECORD_START = '# change ';

const HEADER =
  /^# change (\d{1,15}) batch (\d{1,15})-(\d{1,15}) at (\S{1,40}) id ([0-9A-Fa-f-]{36}) bytes (\d{1,12}) crc32 ([0-9a-f]{8}) ([0-9a-f]{8}) by ([ -~]*)$/;
const UUID = /^[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$/;
const NEWLINE = 0x0a;

/**
 * Formats a record in ASCII. Throws RangeError for a commit that no record can hold (an id that is no UUID, an
 * invalid date).
 */
export function formatJournalRecord(commit: Commit, batchFirst: number, batchLast: number): string {
  const body = `${commit.changes.map(formatChange).join('\n')}\n`;
  return formatRecordOf({ ...commit, batchFirst, batchLast }, body);
}

/** Formats a record whose body is ASCII text. Throws RangeError as `formatJournalRecord` does. */
export function formatRecordOf(
  { number, batchFirst, batchLast, at, id, by }: JournalHeader,
  body: string,
): string {
  if (!UUID.test(id)) throw new RangeError(`The id of commit ${number} is not a UUID.`);
  const start =
    `${RECORD_START}${number} batch ${batchFirst}-${batchLast} at ${at.toISOString()} ` +
    `id ${id} bytes ${body.length} crc32 ${hex(crc32(body))}`;
  const end = ` by ${escapeName(by)}`;
  return `${start} ${hex(crc32(start + end))}${end}\n${body}`;
}

/** Result of reading the comment line alone, with the position of the body. */
export type JournalHeaderRead =
  | {
      readonly type: 'header';
      readonly header: JournalRecord['header'];
      readonly bodyStart: number;
      readonly bodyOctets: number;
      readonly bodySum: string;
    }
  | { readonly type: 'incomplete' }
  | { readonly type: 'damaged'; readonly problem: string };

/** Reads the comment line at `start`. */
export function readJournalHeader(octets: Buffer, start: number): JournalHeaderRead {
  const lineEnd = octets.indexOf(NEWLINE, start);
  if (lineEnd === -1) return { type: 'incomplete' };
  const line = octets.toString('latin1', start, lineEnd);
  const parts = HEADER.exec(line);
  if (parts === null) return { type: 'damaged', problem: 'its comment line is not as it was written' };
  const [, number, batchFirst, batchLast, at = '', id = '', bytes, bodySum = '', lineSum = '', by = ''] =
    parts;
  const sumStart = line.length - ` ${lineSum} by ${by}`.length;
  if (hex(crc32(`${line.slice(0, sumStart)} by ${by}`)) !== lineSum) {
    return { type: 'damaged', problem: 'its comment line does not have the checksum it was written with' };
  }
  const header = {
    number: Number(number),
    batchFirst: Number(batchFirst),
    batchLast: Number(batchLast),
    at: new Date(at),
    id,
    by: unescapeName(by),
  };
  return { type: 'header', header, bodyStart: lineEnd + 1, bodyOctets: Number(bytes), bodySum };
}

/** Reads the record at `start`. */
export function readJournalRecord(octets: Buffer, start: number): JournalRecordRead {
  const read = readJournalHeader(octets, start);
  if (read.type !== 'header') return read;
  const { header, bodyStart, bodyOctets, bodySum } = read;
  const end = bodyStart + bodyOctets;
  if (end > octets.length) return { type: 'incomplete' };
  if (hex(crc32(octets.subarray(bodyStart, end))) !== bodySum) {
    return { type: 'damaged', problem: 'its content does not have the checksum it was written with' };
  }
  return { type: 'record', record: { header, start, bodyStart, end } };
}

/** Parses the changes in the body. Throws LdifError, which never happens if the checksum is right. */
export function readJournalChanges(octets: Buffer, record: JournalRecord): Change[] {
  return readLdif(octets.toString('latin1', record.bodyStart, record.end)).map((read) => {
    if (read.type !== 'change') throw new LdifError(read.line, 'The record has no changetype.');
    return read.change;
  });
}

function hex(sum: number): string {
  return sum.toString(16).padStart(8, '0');
}

/** Writes printable ASCII as it is, and every other octet and the percent sign as %XX. */
function escapeName(name: string): string {
  if (/^[ -$&-~]*$/.test(name)) return name;
  let text = '';
  for (const octet of octetsFromText(name)) {
    const isPlain = octet >= 0x20 && octet <= 0x7e && octet !== 0x25;
    text += isPlain ? String.fromCharCode(octet) : `%${octet.toString(16).padStart(2, '0')}`;
  }
  return text;
}

function unescapeName(text: string): string {
  if (!text.includes('%')) return text;
  const plain = text.replace(/%([0-9a-f]{2})/g, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 16)),
  );
  return textFromOctets(Buffer.from(plain, 'latin1'));
}
