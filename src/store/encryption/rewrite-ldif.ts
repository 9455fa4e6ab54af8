// Encrypts the secret values in a file of LDIF, whoever wrote it: entries, changes, or a part of either. Everything else
// stays as it is, octet by octet; so does a line that cannot be understood. Checksums of the server's own files follow.

import { formatLine } from '../../codec/ldif-writer.ts';
import { textFromOctets } from '../../ldap/octets.ts';
import { formatRecordOf, RECORD_START, readJournalRecord } from '../journal-record.ts';
import { HEADER_MARK, headerForContent } from '../snapshot.ts';
import { EncryptedValues, type StoredValues } from './stored-values.ts';

/** Place of a secret value. */
export interface FoundValue {
  readonly dn: string;
  readonly attribute: string;
}

export interface RewrittenLdif {
  readonly octets: Buffer;
  readonly isChanged: boolean;
  /** Values that were in clear text. */
  readonly clear: readonly FoundValue[];
  /** Sentences about values that cannot be decrypted; they stay as they are. */
  readonly unreadable: readonly string[];
}

const NEWLINE = 0x0a;

/** Returns the file with encrypted values; `octets` itself if there is nothing to encrypt. */
export function rewriteLdif(octets: Buffer, values: StoredValues): RewrittenLdif {
  if (!(values instanceof EncryptedValues)) return { octets, isChanged: false, clear: [], unreadable: [] };
  const rewriting = new Rewriting(values);
  const rewritten = rewriting.file(octets);
  const { clear, unreadable } = rewriting;
  const isChanged = !rewritten.equals(octets);
  return { octets: isChanged ? rewritten : octets, isChanged, clear, unreadable };
}

class Rewriting {
  readonly #values: EncryptedValues;
  readonly clear: FoundValue[] = [];
  readonly unreadable: string[] = [];
  #dn = '';
  /** Name in a comment: that of an entry which is commented out. */
  #commentedDn: string | undefined;

  constructor(values: EncryptedValues) {
    this.#values = values;
  }

  file(octets: Buffer): Buffer {
    if (octets.toString('latin1', 0, HEADER_MARK.length) !== HEADER_MARK) return this.#records(octets);
    const end = octets.indexOf(NEWLINE) + 1 || octets.length;
    const line = octets.toString('latin1', 0, end).trimEnd();
    const content = octets.subarray(end);
    const rewritten = this.#records(content);
    const header = headerForContent(line, content, rewritten, this.#values.keyId);
    return Buffer.concat([header === undefined ? octets.subarray(0, end) : Buffer.from(header), rewritten]);
  }

  /** Rewrites the records of a journal, and what is between them. */
  #records(octets: Buffer): Buffer {
    const parts: Buffer[] = [];
    let start = 0;
    for (let mark = nextRecord(octets, 0); mark !== -1; ) {
      const read = readJournalRecord(octets, mark);
      if (read.type !== 'record') {
        mark = nextRecord(octets, mark + 1);
        continue;
      }
      const { header, bodyStart, end } = read.record;
      const body = octets.toString('latin1', bodyStart, end);
      parts.push(this.#part(octets.subarray(start, mark)));
      const rewritten = this.#text(body);
      const text = rewritten === body ? undefined : formatRecordOf(header, rewritten);
      parts.push(text === undefined ? octets.subarray(mark, end) : Buffer.from(text, 'latin1'));
      start = end;
      mark = nextRecord(octets, end);
    }
    parts.push(this.#part(octets.subarray(start)));
    return Buffer.concat(parts);
  }

  #part(octets: Buffer): Buffer {
    return Buffer.from(this.#text(octets.toString('latin1')), 'latin1');
  }

  /** Rewrites text whose characters are the octets of the file. */
  #text(text: string): string {
    let rewritten = '';
    let copied = 0;
    for (let start = 0; start < text.length; ) {
      const end = lineEnd(text, start);
      const line = this.#line(text, start, end);
      if (line !== undefined) {
        rewritten += text.slice(copied, start) + line;
        copied = end;
      }
      start = end;
    }
    return copied === 0 ? text : rewritten + text.slice(copied);
  }

  /** Returns what takes the place of a logical line; undefined if it stays. */
  #line(text: string, start: number, end: number): string | undefined {
    const isComment = text[start] === '#';
    const from = isComment ? contentStart(text, start, end) : start;
    const colon = text.indexOf(':', from);
    if (colon === -1 || colon >= end) return undefined;
    const description = text.slice(from, colon);
    const isName = description.toLowerCase() === 'dn';
    if (!isName && !this.#values.isSecret(description)) return undefined;
    const value = valueBehind(text.slice(colon + 1, end));
    if (value === undefined) return undefined;
    if (isName) this.#take(value, isComment);
    else return this.#secret(text.slice(start, from), description, value);
    return undefined;
  }

  #take(dn: string, isComment: boolean): void {
    this.#commentedDn = isComment ? dn : undefined;
    if (!isComment) this.#dn = dn;
  }

  /** Returns the line of a secret; undefined if it stays. @param sign Begin of a comment, or an empty text. */
  #secret(sign: string, description: string, value: string): string | undefined {
    const dn = sign === '' ? this.#dn : (this.#commentedDn ?? this.#dn);
    const outcome = this.#values.rewrite(dn, description, value);
    if (outcome.type === 'unreadable') {
      this.unreadable.push(`${dn}: the stored value of ${description} ${outcome.problem}`);
      return undefined;
    }
    if (outcome.type === 'same') return undefined;
    if (outcome.wasClear) this.clear.push({ dn, attribute: description });
    return sign + formatLine(description, outcome.value);
  }
}

/** Returns the position of what a comment says. */
function contentStart(text: string, start: number, end: number): number {
  let from = start;
  while (from < end && (text[from] === '#' || text[from] === ' ' || text[from] === '\t')) from += 1;
  return from;
}

function nextRecord(octets: Buffer, from: number): number {
  if (from === 0 && octets.toString('latin1', 0, RECORD_START.length) === RECORD_START) return 0;
  const mark = octets.indexOf(`\n${RECORD_START}`, Math.max(from - 1, 0), 'latin1');
  return mark === -1 ? -1 : mark + 1;
}

/** Returns the end of a logical line, behind its line end (RFC 2849 note 2). */
function lineEnd(text: string, start: number): number {
  let end = start;
  do {
    const newline = text.indexOf('\n', end);
    if (newline === -1) return text.length;
    end = newline + 1;
  } while (text[end] === ' ');
  return end;
}

/** Returns the value behind the first colon of a line; undefined if it is the name of a file. */
function valueBehind(rest: string): string | undefined {
  const unfolded = rest.replace(/\r?\n$/, '').replaceAll(/\r?\n /g, '');
  if (unfolded.startsWith('<')) return undefined;
  const octets = unfolded.startsWith(':')
    ? Buffer.from(unfolded.slice(1).trim(), 'base64')
    : Buffer.from(unfolded.replace(/^ +/, ''), 'latin1');
  return textFromOctets(octets);
}
