// Distinguished names: the string form of RFC 4514 and the value behind it.
//
// A Dn keeps the text as written. Whether two names are equal depends on the matching rules of their attributes, so the
// key for looking up entries comes from the schema.

import { DnParser } from './dn-parser.ts';
import type { Rdn } from './rdn.ts';

/** A deeper name is refused: no tree is that deep, and every level costs work. */
export const RDNS_MAX = 64;

export class Dn {
  static readonly root = new Dn([], '');

  private parsed: readonly Rdn[] | undefined;
  #text: string | undefined;
  #parent: Dn | undefined;

  constructor(rdns: readonly Rdn[] | undefined, text?: string) {
    this.parsed = rdns;
    this.#text = text;
  }

  /** Returns the name for a valid text, such as one of `toString`; it is parsed on first use. */
  static unread(text: string): Dn {
    return text.length === 0 ? Dn.root : new Dn(undefined, text);
  }

  /** Leaf first, as in the string form. */
  get rdns(): readonly Rdn[] {
    this.parsed ??= new DnParser(this.#text ?? '').parse(RDNS_MAX);
    return this.parsed;
  }

  /** Parses the string form (RFC 4514 §3). Throws invalidDnSyntax (34) with the position of the error. */
  static parse(text: string): Dn {
    return text.length === 0 ? Dn.root : new Dn(new DnParser(text).parse(RDNS_MAX), text);
  }

  get isRoot(): boolean {
    return this.rdns.length === 0;
  }

  /** The leftmost RDN; the root has none. */
  get rdn(): Rdn | undefined {
    return this.rdns[0];
  }

  get parent(): Dn | undefined {
    if (this.isRoot) return undefined;
    this.#parent ??= this.rdns.length === 1 ? Dn.root : new Dn(this.rdns.slice(1));
    return this.#parent;
  }

  child(rdn: Rdn): Dn {
    return new Dn([rdn, ...this.rdns]);
  }

  /** The value of the first AVA of the leftmost RDN: the name shown to people. */
  get name(): string {
    return this.rdns[0]?.[0]?.value ?? '';
  }

  toString(): string {
    this.#text ??= this.rdns.map(formatRdn).join(',');
    return this.#text;
  }

  toJSON(): string {
    return this.toString();
  }
}

/** Formats an RDN (RFC 4514 §2.3). */
export function formatRdn(rdn: Rdn): string {
  return rdn.map((ava) => `${ava.type}=${escapeDnValue(ava.value)}`).join('+');
}

/** Escapes only what RFC 4514 §2.4 demands. */
function escapeDnValue(value: string): string {
  return value
    .replace(/[\\,+"<>;]/g, '\\$&')
    .replace(/\0/g, '\\00')
    .replace(/[\uDC80-\uDCFF]/g, escapeLoneOctet)
    .replace(/^[ #]/, '\\$&')
    .replace(/(?<!^\\) $/, '\\ ');
}

/** Writes an octet that is not UTF-8, U+DC80…U+DCFF in our strings, as `\xx`. */
function escapeLoneOctet(char: string, offset: number, whole: string): string {
  const before = whole.charCodeAt(offset - 1);
  const isPair = before >= 0xd800 && before <= 0xdbff;
  return isPair ? char : `\\${(char.charCodeAt(0) - 0xdc00).toString(16)}`;
}
