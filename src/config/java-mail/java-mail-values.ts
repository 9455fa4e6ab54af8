// Values of JavaMail properties in addition to the property types: lists of words, separated by spaces or commas as
// in JavaMail, and Java's names of TLS versions and cipher suites.

import { getCiphers } from 'node:tls';
import { type Parsed, type PropertyType, propertyType } from '../property-type.ts';

/** TLS versions that this runtime supports, oldest first. */
const TLS_VERSIONS = ['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'] as const;
const WORDS_MAX = 100;

export interface TlsVersionRange {
  readonly lowest: string;
  readonly highest: string;
}

/** Returns the type of a list of TLS versions without a gap: TLS negotiates a range. */
export function tlsVersions(): PropertyType<TlsVersionRange> {
  const allowed = `Versions without a gap: ${TLS_VERSIONS.join(' ')}`;
  return propertyType({
    name: 'TLS versions',
    syntax: 'directoryString',
    allowed,
    parse(text) {
      const advice = `Allowed: ${allowed}.`;
      const words = parseWords(text);
      if (words.problem !== undefined) return { problem: words.problem, advice };
      const indexes = words.value.map((word) => {
        return TLS_VERSIONS.findIndex((version) => version.toLowerCase() === word.toLowerCase());
      });
      if (indexes.includes(-1)) return { problem: 'names a version this server does not speak', advice };
      const lowest = Math.min(...indexes);
      const highest = Math.max(...indexes);
      if (new Set(indexes).size !== highest - lowest + 1) return { problem: 'leaves out a version', advice };
      return { value: { lowest: TLS_VERSIONS[lowest] ?? '', highest: TLS_VERSIONS[highest] ?? '' } };
    },
  });
}

/** Returns the type of a list of cipher suites with OpenSSL or Java names. The value is OpenSSL's list. */
export function cipherSuites(): PropertyType<string> {
  const allowed = 'Names of cipher suites, as Java or OpenSSL writes them';
  return propertyType({
    name: 'cipher suites',
    syntax: 'directoryString',
    allowed,
    parse(text) {
      const known = new Set(getCiphers());
      const advice = 'Write names such as TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, separated by spaces.';
      const words = parseWords(text);
      if (words.problem !== undefined) return { problem: words.problem, advice };
      const names = words.value.map((word) => cipherName(word, known));
      if (names.includes(undefined))
        return { problem: 'names a cipher suite this server does not have', advice };
      return { value: names.join(':') };
    },
  });
}

/** Returns OpenSSL's name of a suite. The runtime lists them in lower case. */
function cipherName(word: string, known: ReadonlySet<string>): string | undefined {
  const candidates = [word, openSslName(word)];
  return candidates.find((name) => known.has(name.toLowerCase()))?.toUpperCase();
}

/** Returns `ECDHE-RSA-AES128-GCM-SHA256` for `TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256`. */
function openSslName(word: string): string {
  return word
    .toUpperCase()
    .replace(/^(?:TLS|SSL)_/, '')
    .replace(/^RSA_WITH_/, '')
    .replace('_WITH_', '_')
    .replace(/(AES|CAMELLIA|ARIA)_(\d+)/, '$1$2')
    .replace(/_CBC(?=_)/, '')
    .replace(/(POLY1305)_SHA256$/, '$1')
    .replaceAll('_', '-');
}

/** Returns the type of a list of words from a fixed set, in any case. The value has the declared spelling. */
export function wordList(
  allowedWords: readonly string[],
  options: { readonly countMax?: number; readonly tooMany?: string } = {},
): PropertyType<readonly string[]> {
  const countMax = options.countMax ?? allowedWords.length;
  const one = countMax === 1 ? 'One of ' : 'Words of ';
  const allowed = `${one}${allowedWords.join(', ')}`;
  return propertyType({
    name: 'list of words',
    syntax: 'directoryString',
    allowed,
    parse(text): Parsed<readonly string[]> {
      const advice = `Allowed: ${allowed}.`;
      const parsed = parseWords(text);
      if (parsed.problem !== undefined) return { ...parsed, advice };
      const words = parsed.value.map((word) => word.toUpperCase());
      if (words.some((word) => !allowedWords.includes(word))) {
        return { problem: 'has a word that is not one of the allowed ones', advice };
      }
      if (words.length > countMax) {
        const problem = options.tooMany ?? `has more than ${countMax} words`;
        return { problem, advice, code: 'unwillingToPerform' };
      }
      return { value: words };
    },
  });
}

/** Splits a text into words. Refuses an empty list and an extremely long one. */
function parseWords(text: string): Parsed<readonly string[]> {
  const words = text.split(/[\s,]+/).filter((word) => word !== '');
  if (words.length === 0) return { problem: 'is empty' };
  return words.length > WORDS_MAX ? { problem: `has more than ${WORDS_MAX} words` } : { value: words };
}
