// The grammar of RFC 4514 §3, with what RFC 4514 §2.4 and older writers allow: spaces around separators,
// quoted values and `;` between RDNs (RFC 2253 §4).

import { LdapError } from './ldap-error.ts';
import { isUtf8, textFromOctets } from './octets.ts';
import type { Ava, Rdn } from './rdn.ts';

const ATTRIBUTE_TYPE = /(?:[A-Za-z][A-Za-z0-9-]*|\d+(?:\.\d+)+)/y;
const HEX_PAIR = /[0-9A-Fa-f]{2}/y;
const HEX_DIGITS = /[0-9A-Fa-f]+/y;
/** One level of a name has one part, sometimes two. */
const AVAS_MAX = 16;
const STRING_TAGS = new Set([0x04, 0x0c, 0x13, 0x16, 0x1e]);

export class DnParser {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  parse(rdnsMax: number): readonly Rdn[] {
    if (!isUtf8(this.#text))
      throw this.#error('is not UTF-8, with octets that are no text written as in \\ff');
    const rdns: Rdn[] = [];
    for (;;) {
      rdns.push(this.#rdn());
      if (rdns.length > rdnsMax) throw this.#error(`has more than ${rdnsMax} levels`);
      if (this.#at === this.#text.length) return rdns;
      this.#at += 1;
    }
  }

  #rdn(): Rdn {
    const avas: Ava[] = [];
    for (;;) {
      avas.push(this.#ava());
      if (avas.length > AVAS_MAX) throw this.#error(`has more than ${AVAS_MAX} parts in one level`);
      if (this.#text[this.#at] !== '+') return avas;
      this.#at += 1;
    }
  }

  #ava(): Ava {
    this.#skipSpaces();
    const type = this.#match(ATTRIBUTE_TYPE);
    if (type === undefined) throw this.#error('lacks an attribute type');
    this.#skipSpaces();
    if (this.#text[this.#at] !== '=') throw this.#error('lacks "="');
    this.#at += 1;
    this.#skipSpaces();
    const value = this.#value();
    this.#skipSpaces();
    const next = this.#text[this.#at];
    if (next !== undefined && next !== ',' && next !== ';' && next !== '+') {
      throw this.#error(`has an unexpected ${JSON.stringify(next)}`);
    }
    return { type, value };
  }

  #value(): string {
    const first = this.#text[this.#at];
    if (first === '#') return this.#hexString();
    if (first === '"') return this.#quoted();
    return this.#plain();
  }

  #plain(): string {
    let value = '';
    let kept = 0;
    for (;;) {
      const char = this.#text[this.#at];
      if (char === undefined || char === ',' || char === '+' || char === ';') break;
      if (char === '\\') {
        value += this.#escaped();
        kept = value.length;
        continue;
      }
      if (char === '"' || char === '<' || char === '>' || char === '\0') {
        throw this.#error(`has an unescaped ${JSON.stringify(char)}`);
      }
      value += char;
      this.#at += 1;
      if (char !== ' ') kept = value.length;
    }
    return value.slice(0, kept);
  }

  #quoted(): string {
    let value = '';
    this.#at += 1;
    for (;;) {
      const char = this.#text[this.#at];
      if (char === undefined) throw this.#error('lacks the closing quotation mark');
      if (char === '"') {
        this.#at += 1;
        return value;
      }
      if (char === '\\') value += this.#escaped();
      else {
        value += char;
        this.#at += 1;
      }
    }
  }

  /** Parses `\,`, or a run of `\xx`, whose octets together are UTF-8. */
  #escaped(): string {
    const octets: number[] = [];
    while (this.#text[this.#at] === '\\') {
      HEX_PAIR.lastIndex = this.#at + 1;
      const pair = HEX_PAIR.exec(this.#text);
      if (pair === null) break;
      octets.push(Number.parseInt(pair[0], 16));
      this.#at += 3;
    }
    if (octets.length > 0) return textFromOctets(Uint8Array.from(octets));
    const char = this.#text[this.#at + 1];
    if (char === undefined || !' "#+,;<=>\\'.includes(char)) throw this.#error('has a wrong escape');
    this.#at += 2;
    return char;
  }

  /** Parses `#` and the BER of the value in hexadecimal: the content of strings, other types unchanged. */
  #hexString(): string {
    this.#at += 1;
    const digits = this.#match(HEX_DIGITS);
    if (digits === undefined || digits.length % 2 === 1)
      throw this.#error('lacks hexadecimal digits after "#"');
    const ber = Buffer.from(digits, 'hex');
    const length = ber[1];
    const isString = ber.length >= 2 && STRING_TAGS.has(ber[0] ?? 0) && length === ber.length - 2;
    if (!isString) throw this.#error('has a "#" value that is not the BER of a short string');
    return textFromOctets(ber.subarray(2));
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0];
    this.#at += found?.length ?? 0;
    return found;
  }

  #skipSpaces(): void {
    while (this.#text[this.#at] === ' ') this.#at += 1;
  }

  #error(what: string): LdapError {
    return new LdapError(
      'invalidDnSyntax',
      `The name ${JSON.stringify(this.#text)} ${what} at character ${this.#at + 1}. ` +
        'Write it like cn=Example,cn=Mail Servers,cn=config, with a backslash before , + " \\ < > and ;.',
    );
  }
}
