// The offer of a mail server: the lines of its EHLO reply (RFC 5321 §4.1.1.1), and the check that a login or a
// message is possible with it. Nothing is sent that was not offered: no AUTH (RFC 4954 §4), no UTF-8 address
// (RFC 6531 §3.1), no 8-bit content (RFC 6152 §3), no message larger than SIZE (RFC 1870 §6).

import type { Login } from '../connection-plan.ts';

export interface Offer {
  /** Lines without codes and without the greeting; an empty list if only HELO is known. */
  readonly lines: readonly string[];
  readonly has: (keyword: string) => boolean;
  /** SASL mechanisms in upper case, in the order of the offer. */
  readonly mechanisms: readonly string[];
  /** Maximum message size in octets; undefined if the server does not state it. */
  readonly octetsMax: number | undefined;
}

/** Reports that a mail server does not offer what a login or a message needs. */
export class NotOffered extends Error {
  readonly concerns: 'tls' | 'login' | 'message';
  /** Predicate of the mail server's name. */
  readonly means: string;
  /** Sentence: what to change. */
  readonly advice: string;

  constructor(concerns: NotOffered['concerns'], means: string, advice: string) {
    super(`The mail server ${means}. ${advice}`);
    this.concerns = concerns;
    this.means = means;
    this.advice = advice;
  }
}

/** Mechanisms with a password that nodemailer supports, preferred ones first. */
const SPOKEN = ['PLAIN', 'LOGIN', 'CRAM-MD5'] as const;

/** Parses the lines of an EHLO reply. */
export function readOffer(lines: readonly string[]): Offer {
  const words = lines.map((line) => line.toUpperCase().split(/[\s=]+/));
  const find = (keyword: string) => words.find(([first]) => first === keyword);
  const size = Number(find('SIZE')?.[1] ?? 0);
  return {
    lines,
    has: (keyword) => find(keyword) !== undefined,
    // Some servers repeat AUTH in an older form with "=".
    mechanisms: [...new Set(words.flatMap(([first, ...others]) => (first === 'AUTH' ? others : [])))].filter(
      (word) => word !== '',
    ),
    octetsMax: Number.isSafeInteger(size) && size > 0 ? size : undefined,
  };
}

/** Returns the mechanism for the login. Throws NotOffered. */
export function chooseMechanism({ mechanisms, has }: Offer, { method }: Login, isEncrypted: boolean): string {
  if (mechanisms.length === 0) {
    const advice = isEncrypted
      ? 'Where it needs none, remove auth-username and auth-password; otherwise use its port for applications (587 or 465).'
      : `Many offer a login only after TLS: ${has('STARTTLS') ? 'set use-start-tls to true' : 'set use-start-tls to true, or use-ssl with port 465'}. Where it needs no login, remove auth-username and auth-password.`;
    throw new NotOffered('login', 'offers no login here', advice);
  }
  const usable = SPOKEN.filter((one) => mechanisms.includes(one));
  const offered = formatList(mechanisms);
  if (method !== undefined) {
    const wanted = method.toUpperCase();
    if (mechanisms.includes(wanted)) return wanted;
    const advice =
      usable.length === 0
        ? `Supported here are ${formatList(SPOKEN)}.`
        : `Set it to ${usable.join(' or ')}, or remove it.`;
    const means = `offers ${offered} for the login, not ${wanted}, which mail.smtp.auth.mechanisms asks for`;
    throw new NotOffered('login', means, advice);
  }
  const [first] = usable;
  if (first !== undefined) return first;
  const advice = `Supported here are ${formatList(SPOKEN)}: have one of them offered, or use another mail server.`;
  throw new NotOffered('login', `offers ${offered} only, which is not supported here`, advice);
}

/** The envelope on the wire, and what the message needs. */
export interface Needs {
  /** Addresses with non-ASCII characters before the "@". */
  readonly utf8Addresses: readonly string[];
  readonly hasUtf8Header: boolean;
  readonly is8Bit: boolean;
  readonly octets: number;
}

/**
 * Returns what a message needs.
 *
 * @param addresses Sender and recipients, with domains already in ASCII.
 */
export function needsOf(addresses: readonly string[], content: Buffer): Needs {
  const first8Bit = content.findIndex((octet) => octet > 0x7f);
  const headerEnd = content.indexOf('\r\n\r\n');
  return {
    utf8Addresses: addresses.filter((address) => !isAscii(address)),
    hasUtf8Header: first8Bit >= 0 && first8Bit < (headerEnd < 0 ? content.length : headerEnd),
    is8Bit: first8Bit >= 0,
    octets: content.length,
  };
}

/** Throws NotOffered if the mail server does not offer what the message needs. */
export function requireOffered(needs: Needs, { has, octetsMax }: Offer): void {
  const { utf8Addresses, hasUtf8Header, is8Bit, octets } = needs;
  if (!has('SMTPUTF8')) {
    if (utf8Addresses.length > 0) {
      const means = `does not offer SMTPUTF8, which ${formatList(utf8Addresses)} needs`;
      throw new NotOffered('message', means, 'Use an address that has ASCII only before the "@".');
    }
    if (hasUtf8Header) {
      const means =
        'does not offer SMTPUTF8, which the message needs: its header has text in UTF-8 that is not encoded';
      throw new NotOffered('message', means, 'Encode the header (RFC 2047).');
    }
  }
  if (is8Bit && !has('8BITMIME')) {
    const means = 'does not offer 8BITMIME, which the message needs: it has octets beyond ASCII';
    throw new NotOffered('message', means, 'Encode it as quoted-printable or base64.');
  }
  if (octetsMax !== undefined && octets > octetsMax) {
    const means = `takes messages of up to ${octetsMax} octets (SIZE); this one has ${octets}`;
    throw new NotOffered('message', means, 'Send less, or have the limit raised there.');
  }
}

function isAscii(text: string): boolean {
  return /^[\0-\x7f]*$/.test(text);
}

function formatList(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`;
}
