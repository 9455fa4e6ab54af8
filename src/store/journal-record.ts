// One commit in the journal: a comment line that numbers and checksums it, its changes as LDIF change records, a
// blank line. Any LDIF tool reads it; the comment carries what an LDIF record has no place for.
//
//   # change 18 batch 17-19 at 2026-11-22T08:15:00.123Z id <uuid> bytes 214 crc32 <body> <line> by <dn>
//
// `bytes` counts the body, everything after the comment line up to the next one. The first checksum is over the body,
// the second over the comment line without itself and the space before it: so a damaged length is not taken for a
// record that was cut. `batch` names the commits that were handed over together: they count all or none.

import { crc32 } from 'node:zlib';
import { LdifError } from '../codec/ldif-error.ts';
import { readLdif } from '../codec/ldif-reader.ts';
import { formatChange } from '../codec/ldif-writer.ts';
import type { Change } from '../ldap/change.ts';
import { octetsFromText, textFromOctets } from '../ldap/octets.ts';
import type { Commit } from './store.ts';

export interface JournalHeader {
  readonly number: number;
  /** The first and the last commit that were handed over together with this one. */
  readonly batchFirst: number;
  readonly batchLast: number;
  readonly at: Date;
  readonly id: string;
  readonly by: string;
}

export interface JournalRecord {
  readonly header: JournalHeader;
  /** Where the comment line starts, where the body starts, where the next record would start. */
  readonly start: number;
  readonly bodyStart: number;
  readonly end: number;
}

/** `incomplete`: the octets end before the record does. `damaged`: it is all there and is not what was written. */
export type JournalRecordRead =
  | { readonly type: 'record'; readonly record: JournalRecord }
  | { readonly type: 'incomplete' }
  | { readonly type: 'damaged'; readonly problem: string };

/** How every record begins; what the journal is searched for after a damaged one. */
export const RECORD_START = '# change ';

const HEADER =
  /^# change (\d{1,15}) batch (\d{1,15})-(\d{1,15}) at (\S{1,40}) id ([0-9A-Fa-f-]{36}) bytes (\d{1,12}) crc32 ([0-9a-f]{8}) ([0-9a-f]{8}) by ([ -~]*)$/;
const UUID = /^[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$/;
const NEWLINE = 0x0a;

/** ASCII throughout; throws RangeError for a commit no record can hold (an id that is no UUID, an invalid date). */
export function formatJournalRecord(commit: Commit, batchFirst: number, batchLast: number): string {
  if (!UUID.test(commit.id)) throw new RangeError(`The id of commit ${commit.number} is not a UUID.`);
  const body = `${commit.changes.map(formatChange).join('\n')}\n`;
  const start =
    `${RECORD_START}${commit.number} batch ${batchFirst}-${batchLast} at ${commit.at.toISOString()} ` +
    `id ${commit.id} bytes ${body.length} crc32 ${hex(crc32(body))}`;
  const end = ` by ${escapeName(commit.by)}`;
  return `${start} ${hex(crc32(start + end))}${end}\n${body}`;
}

/** The comment line alone, and where the body begins. */
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

/** The comment line that starts at `start`. */
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

/** The record that starts at `start`. */
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

/** The changes in the body; throws LdifError, which a body with the right checksum never gives. */
export function readJournalChanges(octets: Buffer, record: JournalRecord): Change[] {
  return readLdif(octets.toString('latin1', record.bodyStart, record.end)).map((read) => {
    if (read.type !== 'change') throw new LdifError(read.line, 'The record has no changetype.');
    return read.change;
  });
}

function hex(sum: number): string {
  return sum.toString(16).padStart(8, '0');
}

/** Printable ASCII stays readable; every other octet, and the percent sign, is written %XX. */
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
