// What a mail server offers: the lines of its answer to EHLO (RFC 5321 §4.1.1.1), and whether a login or a message is
// possible with that. Nothing goes out that was not offered: no AUTH (RFC 4954 §4), no UTF-8 address (RFC 6531 §3.1), no
// 8-bit content (RFC 6152 §3), no message larger than SIZE (RFC 1870 §6).

import type { Login } from '../connection-plan.ts';

export interface Offer {
  /** The lines, without codes and without the greeting in the first. None where only HELO is known. */
  readonly lines: readonly string[];
  readonly has: (keyword: string) => boolean;
  /** For the login, in upper case, as they were offered. */
  readonly mechanisms: readonly string[];
  /** How many octets a message may have; undefined where that is not said. */
  readonly octetsMax: number | undefined;
}

/** Why something was not tried with a mail server that does not offer it. */
export class NotOffered extends Error {
  readonly concerns: 'tls' | 'login' | 'message';
  /** What comes behind the name of the mail server. */
  readonly means: string;
  /** A sentence. */
  readonly advice: string;

  constructor(concerns: NotOffered['concerns'], means: string, advice: string) {
    super(`The mail server ${means}. ${advice}`);
    this.concerns = concerns;
    this.means = means;
    this.advice = advice;
  }
}

/** Those that nodemailer speaks with a password, in the order in which they are preferred. */
const SPOKEN = ['PLAIN', 'LOGIN', 'CRAM-MD5'] as const;

export function readOffer(lines: readonly string[]): Offer {
  const words = lines.map((line) => line.toUpperCase().split(/[\s=]+/));
  const find = (keyword: string) => words.find(([first]) => first === keyword);
  const size = Number(find('SIZE')?.[1] ?? 0);
  return {
    lines,
    has: (keyword) => find(keyword) !== undefined,
    // Some say AUTH a second time in an older form, with "=".
    mechanisms: [...new Set(words.flatMap(([first, ...others]) => (first === 'AUTH' ? others : [])))].filter(
      (word) => word !== '',
    ),
    octetsMax: Number.isSafeInteger(size) && size > 0 ? size : undefined,
  };
}

/** The mechanism for the login. Throws NotOffered. */
export function chooseMechanism({ mechanisms, has }: Offer, { method }: Login, isEncrypted: boolean): string {
  if (mechanisms.length === 0) {
    const advice = isEncrypted
      ? 'Where it needs none, remove auth-username and auth-password; otherwise use its port for applications (587 or 465).'
      : `Many offer a login only after TLS: ${has('STARTTLS') ? 'set use-start-tls to true' : 'set use-start-tls to true, or use-ssl with port 465'}. Where it needs no login, remove auth-username and auth-password.`;
    throw new NotOffered('login', 'offers no login here', advice);
  }
  const usable = SPOKEN.filter((one) => mechanisms.includes(one));
  const offered = inWords(mechanisms);
  if (method !== undefined) {
    const wanted = method.toUpperCase();
    if (mechanisms.includes(wanted)) return wanted;
    const advice =
      usable.length === 0
        ? `Spoken here are ${inWords(SPOKEN)}.`
        : `Set it to ${usable.join(' or ')}, or remove it.`;
    const means = `offers ${offered} for the login, not ${wanted}, which mail.smtp.auth.mechanisms asks for`;
    throw new NotOffered('login', means, advice);
  }
  const [first] = usable;
  if (first !== undefined) return first;
  const advice = `Spoken here are ${inWords(SPOKEN)}: have one of them offered, or use another mail server.`;
  throw new NotOffered('login', `offers ${offered} only, which is not spoken here`, advice);
}

/** The envelope as it goes over the wire, and what the message needs. */
export interface Needs {
  /** Addresses that are not ASCII before the "@". */
  readonly utf8Addresses: readonly string[];
  readonly hasUtf8Header: boolean;
  readonly is8Bit: boolean;
  readonly octets: number;
}

/** @param addresses sender and recipients, with domains in ASCII already */
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

/** Throws NotOffered when the mail server offers less than the message needs. */
export function requireOffered(needs: Needs, { has, octetsMax }: Offer): void {
  const { utf8Addresses, hasUtf8Header, is8Bit, octets } = needs;
  if (!has('SMTPUTF8')) {
    if (utf8Addresses.length > 0) {
      const means = `does not offer SMTPUTF8, which ${inWords(utf8Addresses)} needs`;
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

function inWords(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`;
}
