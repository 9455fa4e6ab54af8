// One logical line of LDIF as a name and a value (RFC 2849 attrval-spec and value-spec): plain, base64, or the
// content of a URL that the caller fetches.

import { messageOf } from '../files/file-error.ts';
import { Attribute } from '../ldap/entry.ts';
import { textFromOctets } from '../ldap/octets.ts';
import { LdifError } from './ldif-error.ts';
import type { LdifLine } from './ldif-lines.ts';

/** Returns the content of a `file:` URL as text (octets.ts). An Error it throws is reported with the line. */
export type ReadUrl = (url: string) => string;

export interface LdifName {
  /** As written. */
  readonly description: string;
  /** In lower case. */
  readonly key: string;
  /** The last attribute made with this name. */
  last: Attribute | undefined;
}

export interface LdifValue {
  readonly name: LdifName;
  readonly value: string;
  readonly line: number;
}

/** RFC 4512 §2.5: a name or an OID, and options. */
const DESCRIPTION = /^(?:[A-Za-z][A-Za-z0-9-]*|\d+(?:\.\d+)*)(?:;[A-Za-z0-9-]+)*$/;
const NOT_BASE64 = /[^A-Za-z0-9+/=]/;
const NAMES_REMEMBERED_MAX = 4_096;

export class LdifValueReader {
  readonly #readUrl: ReadUrl | undefined;
  /** A file has few names and many lines: sharing the strings saves memory. */
  readonly #names = new Map<string, LdifName>();

  constructor(readUrl: ReadUrl | undefined) {
    this.#readUrl = readUrl;
  }

  /** Reads `name: value`, `name:: base64` or `name:< url`. Throws LdifError. */
  read(line: LdifLine): LdifValue {
    const colon = line.text.indexOf(':');
    if (colon === -1) {
      throw new LdifError(line.number, 'The line has no colon; write "attribute: value".');
    }
    const name = this.name(line.text.slice(0, colon), line.number);
    return { name, value: this.valueAfter(line.text, colon, line.number), line: line.number };
  }

  /** Checks an attribute description, before a colon or as the value of `add:` and the like. */
  name(description: string, line: number): LdifName {
    const known = this.#names.get(description);
    if (known !== undefined) return known;
    if (!DESCRIPTION.test(description)) {
      throw new LdifError(
        line,
        'The attribute name is no attribute description; use letters, digits and hyphens, and ";" before an option.',
      );
    }
    const name = { description, key: description.toLowerCase(), last: undefined };
    if (this.#names.size < NAMES_REMEMBERED_MAX) this.#names.set(description, name);
    return name;
  }

  /**
   * Returns the attribute with these values. Entries of a file are alike, so the last attribute of that name is returned
   * again if it is equal: that halves memory and time of reading a large file.
   */
  attribute(name: LdifName, values: readonly string[]): Attribute {
    if (name.last !== undefined && isSame(name.last.values, values)) return name.last;
    name.last = new Attribute(name.description, values, name.key);
    return name.last;
  }

  /** Reads the value-spec that begins with the colon at this offset. */
  valueAfter(text: string, colon: number, line: number): string {
    const kind = text[colon + 1];
    if (kind === ':') return decodeBase64(text, startOfValue(text, colon + 2), line);
    if (kind === '<') return this.#contentOf(text, startOfValue(text, colon + 2), line);
    return text.slice(startOfValue(text, colon + 1));
  }

  #contentOf(text: string, start: number, line: number): string {
    const column = start + 1;
    if (this.#readUrl === undefined) {
      const problem = 'A value from a URL (":<") is not allowed here; write the value itself.';
      throw new LdifError(line, problem, { column });
    }
    const url = text.slice(start);
    try {
      return this.#readUrl(url);
    } catch (cause) {
      const reason = messageOf(cause);
      throw new LdifError(line, `The URL ${JSON.stringify(url)} cannot be read: ${reason}`, {
        cause,
        column,
      });
    }
  }
}

function isSame(some: readonly string[], others: readonly string[]): boolean {
  if (some.length !== others.length) return false;
  for (let index = 0; index < some.length; index++) {
    if (some[index] !== others[index]) return false;
  }
  return true;
}

/** Returns the offset where a value begins, after the spaces. */
function startOfValue(text: string, from: number): number {
  let start = from;
  while (text.charCodeAt(start) === 0x20) start += 1;
  return start;
}

/** Decodes strictly: Node's decoder drops characters it does not know. */
function decodeBase64(lineText: string, start: number, line: number): string {
  const text = lineText.slice(start).trimEnd();
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0;
  const isWhole = text.length % 4 === 0 && text.indexOf('=') === (padding === 0 ? -1 : text.length - padding);
  if (!isWhole || NOT_BASE64.test(text)) {
    throw new LdifError(
      line,
      'The value after "::" is not base64; use A-Z, a-z, 0-9, + and /, padded with =.',
      { column: start + 1 + Math.max(0, text.search(NOT_BASE64)) },
    );
  }
  return textFromOctets(Buffer.from(text, 'base64'));
}
