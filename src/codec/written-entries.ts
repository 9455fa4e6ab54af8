// Entries in octets that ldif-writer.ts is known to have written, such as a snapshot with the right checksum. It looks only
// at names; attributes are read on first use. Text of any other origin goes through ldif-reader.ts, which checks it.

import { Dn } from '../ldap/dn.ts';
import { ENCRYPTED_MARK } from '../ldap/encrypted-mark.ts';
import { type Attribute, Entry, type EntrySource, isOfType } from '../ldap/entry.ts';
import { type LdifName, LdifValueReader } from './ldif-value.ts';

const RECORD_MARK = '\n\ndn:';
const BLANK_LINE_LENGTH = 2;
const DN_LENGTH = 'dn:'.length;
const CLASS_KEY = 'objectclass';
const NEWLINE = 0x0a;
const SPACE = 0x20;
/** Number of octets to decode at a time: the text of all of them would double the memory. */
const PIECE_OCTETS = 1024 * 1024;
/** Forms in which a value may be hidden: base64, and the fold of a long line. */
const DISGUISES = ['::', '\n '];

/** Gives the attribute of an entry as it is meant, from the one that is written. */
export type ReadAttribute = (dn: string, attribute: Attribute) => Attribute;

const AS_WRITTEN: ReadAttribute = (_, attribute) => attribute;

export class WrittenEntries implements EntrySource {
  readonly entries: readonly Entry[];
  /** Function that attributes are read with. */
  readonly readAttribute: ReadAttribute;
  readonly #octets: Buffer;
  /** Offset of each record, and the end of the last. */
  readonly #starts: Uint32Array;
  readonly #values = new LdifValueReader(undefined);
  /** By index: every entry is asked for its object classes, more than once. */
  readonly #classes: (readonly Attribute[])[] = [];
  #lastClasses: readonly Attribute[] = [];

  /** Takes octets that `formatEntry` made of entries, with a blank line before each. */
  constructor(octets: Buffer, readAttribute: ReadAttribute = AS_WRITTEN) {
    this.#octets = octets;
    this.readAttribute = readAttribute;
    this.#starts = findRecords(octets);
    const entries: Entry[] = [];
    for (let index = 0; index + 1 < this.#starts.length; index++) {
      entries.push(Entry.unread(Dn.unread(this.#nameAt(index)), this, index));
    }
    this.entries = entries;
  }

  /** Returns, in order, the entries whose text has one of these, or may have it in a hidden form. */
  *entriesWith(needles: readonly string[]): Generator<Entry> {
    const octets = this.#octets;
    const wanted = [...needles, ...DISGUISES].map((needle) => Buffer.from(needle, 'latin1'));
    const next = wanted.map((needle) => octets.indexOf(needle));
    for (let index = 0; index + 1 < this.#starts.length; index++) {
      const [start, end] = this.#bounds(index);
      let isFound = false;
      for (const [at, needle] of wanted.entries()) {
        let found = next[at] ?? -1;
        if (found === -1 || found >= end) continue;
        if (found < start) {
          found = octets.indexOf(needle, start);
          next[at] = found;
        }
        isFound ||= found !== -1 && found < end;
      }
      const entry = this.entries[index];
      if (isFound && entry !== undefined) yield entry;
    }
  }

  readAttributes(place: number): readonly Attribute[] {
    const found: { name: LdifName; values: string[] }[] = [];
    const text = unfolded(this.recordText(place));
    for (let start = text.indexOf('\n') + 1; start < text.length; ) {
      const colon = text.indexOf(':', start);
      const end = text.indexOf('\n', colon);
      const name = this.#values.name(text.slice(start, colon), 0);
      const value = this.#values.valueAfter(text.slice(start, end), colon - start, 0);
      const last = found.at(-1);
      if (last?.name === name) last.values.push(value);
      else found.push({ name, values: [value] });
      start = end + 1;
    }
    return found.map(({ name, values }) => this.#meant(place, this.#values.attribute(name, values)));
  }

  #meant(place: number, attribute: Attribute): Attribute {
    const isPlain = !attribute.values.some((value) => value.startsWith(ENCRYPTED_MARK));
    return isPlain ? attribute : this.readAttribute(this.#nameAt(place), attribute);
  }

  findAttributes(place: number, typeKey: string): readonly Attribute[] {
    if (typeKey !== CLASS_KEY) return this.#findAttributes(place, typeKey);
    const classes = this.#classes[place] ?? this.#findAttributes(place, typeKey);
    // Most lists are equal, too.
    const isSame =
      classes.length === 1 && this.#lastClasses.length === 1 && classes[0] === this.#lastClasses[0];
    if (!isSame) this.#lastClasses = classes;
    this.#classes[place] = this.#lastClasses;
    return this.#lastClasses;
  }

  #findAttributes(place: number, typeKey: string): readonly Attribute[] {
    const found: { name: LdifName; values: string[] }[] = [];
    const text = unfolded(this.recordText(place));
    for (let start = text.indexOf('\n') + 1; start < text.length; ) {
      const colon = text.indexOf(':', start);
      const end = text.indexOf('\n', colon);
      if (mayBeOfType(text, start, colon, typeKey)) {
        const name = this.#values.name(text.slice(start, colon), 0);
        const value = this.#values.valueAfter(text.slice(start, end), colon - start, 0);
        const last = found.at(-1);
        if (last?.name === name) last.values.push(value);
        else if (isOfType(name.key, typeKey)) found.push({ name, values: [value] });
      }
      start = end + 1;
    }
    return found.map(({ name, values }) => this.#meant(place, this.#values.attribute(name, values)));
  }

  recordText(place: number): string {
    const [start, end] = this.#bounds(place);
    return this.#octets.toString('latin1', start, end);
  }

  #bounds(index: number): [start: number, end: number] {
    const start = this.#starts[index] ?? 0;
    const next = this.#starts[index + 1] ?? start;
    return [start, index + 2 === this.#starts.length ? next : next - 1];
  }

  #nameAt(index: number): string {
    const [start, recordEnd] = this.#bounds(index);
    const end = this.#octets.indexOf(NEWLINE, start);
    if (this.#octets[start + DN_LENGTH] === SPACE && this.#octets[end + 1] !== SPACE)
      return this.#octets.toString('latin1', start + DN_LENGTH + 1, end);
    const [line = ''] = unfolded(this.#octets.toString('latin1', start, recordEnd)).split('\n', 1);
    return this.#values.valueAfter(line, DN_LENGTH - 1, 0);
  }
}

/**
 * Reads pieces of any length, so that only a part of the octets is in memory. Returns the entries of each piece, with
 * the rest of the piece before.
 */
export async function* writtenEntriesIn(
  pieces: AsyncIterable<Buffer>,
  readAttribute?: ReadAttribute,
): AsyncGenerator<WrittenEntries, void> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const piece of pieces) {
    const octets = Buffer.concat([rest, piece]);
    // The last record may go on in the next piece; the line end before its mark stays with both.
    const mark = octets.lastIndexOf(RECORD_MARK);
    if (mark === -1) {
      rest = octets;
      continue;
    }
    yield new WrittenEntries(octets.subarray(0, mark + 1), readAttribute);
    rest = octets.subarray(mark);
  }
  yield new WrittenEntries(rest, readAttribute);
}

/** Compares lengths: cheaper than the name, and enough for most. */
function mayBeOfType(text: string, start: number, colon: number, typeKey: string): boolean {
  const end = start + typeKey.length;
  return end === colon || (end < colon && text[end] === ';');
}

function unfolded(text: string): string {
  return text.includes('\n ') ? text.replaceAll('\n ', '') : text;
}

/** Returns the offset of each record, and the end of the octets. */
function findRecords(octets: Buffer): Uint32Array {
  let starts = new Uint32Array(1024);
  let count = 0;
  const add = (start: number) => {
    if (count === starts.length) {
      const more = new Uint32Array(count * 2);
      more.set(starts);
      starts = more;
    }
    starts[count] = start;
    count += 1;
  };
  for (let offset = 0; offset < octets.length; offset += PIECE_OCTETS) {
    // A mark that begins in this piece may end in the next one.
    const text = octets.toString(
      'latin1',
      offset,
      Math.min(octets.length, offset + PIECE_OCTETS + RECORD_MARK.length - 1),
    );
    for (let at = text.indexOf(RECORD_MARK); at !== -1; at = text.indexOf(RECORD_MARK, at + 1))
      add(offset + at + BLANK_LINE_LENGTH);
  }
  add(octets.length);
  return starts.slice(0, count);
}

/**
 * Returns the record that an entry is written in, as long as nobody has read its attributes. `readAttribute` is what the
 * file that is written now will be read with: without it, a record with encrypted values is none.
 */
export function unreadRecord({ unread }: Entry, readAttribute?: ReadAttribute): string | undefined {
  if (!(unread?.source instanceof WrittenEntries)) return undefined;
  const text = unread.source.recordText(unread.place);
  const isAsMeant = readAttribute === undefined && !text.includes(ENCRYPTED_MARK);
  return isAsMeant || unread.source.readAttribute === readAttribute ? text : undefined;
}
