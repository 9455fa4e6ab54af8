// Octets as text. Outside the codec a value is always a string: UTF-8 becomes its text, and an octet that is not part of
// UTF-8 becomes one lone surrogate, U+DC80…U+DCFF (the scheme of PEP 383). The two functions are inverse for every sequence
// of octets, so certificates and keys are preserved.

const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
const REPLACEMENT = '\uFFFD';
const ESCAPE_BASE = 0xdc00;

/** Converts octets to text, without loss; never fails. */
export function textFromOctets(octets: Uint8Array): string {
  const text = decoder.decode(octets);
  return text.includes(REPLACEMENT) ? textFromMixedOctets(octets) : text;
}

/** Converts text to octets: the inverse of `textFromOctets`. A lone surrogate that is no escape becomes U+FFFD. */
export function octetsFromText(text: string): Uint8Array {
  if (text.isWellFormed()) return Buffer.from(text, 'utf8');
  const parts: Uint8Array[] = [];
  let start = 0;
  for (let index = 0; index < text.length; index++) {
    const octet = escapedOctet(text, index);
    if (octet === undefined) continue;
    parts.push(Buffer.from(text.slice(start, index), 'utf8'), Buffer.of(octet));
    start = index + 1;
  }
  parts.push(Buffer.from(text.slice(start), 'utf8'));
  return Buffer.concat(parts);
}

/** Returns true if the text has no escaped octets. */
export function isUtf8(text: string): boolean {
  return text.isWellFormed();
}

function escapedOctet(text: string, index: number): number | undefined {
  const unit = text.charCodeAt(index);
  if (unit < 0xdc80 || unit > 0xdcff) return undefined;
  const before = index === 0 ? 0 : text.charCodeAt(index - 1);
  const endsPair = before >= 0xd800 && before <= 0xdbff;
  return endsPair ? undefined : unit - ESCAPE_BASE;
}

function textFromMixedOctets(octets: Uint8Array): string {
  let text = '';
  let index = 0;
  while (index < octets.length) {
    const length = utf8LengthAt(octets, index);
    if (length === 0) {
      text += String.fromCharCode(ESCAPE_BASE + (octets[index] ?? 0));
      index += 1;
    } else {
      text += decoder.decode(octets.subarray(index, index + length));
      index += length;
    }
  }
  return text;
}

/** Returns the length of the well-formed UTF-8 sequence at this index; 0 if there is none (Unicode 15 table 3-7). */
function utf8LengthAt(octets: Uint8Array, index: number): number {
  const lead = octets[index] ?? 0;
  if (lead < 0x80) return 1;
  const length =
    lead >= 0xc2 && lead <= 0xdf ? 2 : lead >> 4 === 0xe ? 3 : lead >= 0xf0 && lead <= 0xf4 ? 4 : 0;
  if (length === 0 || index + length > octets.length) return 0;
  const second = octets[index + 1] ?? 0;
  const lowest = lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : 0x80;
  const highest = lead === 0xed ? 0x9f : lead === 0xf4 ? 0x8f : 0xbf;
  if (second < lowest || second > highest) return 0;
  for (let offset = 2; offset < length; offset++) {
    if (((octets[index + offset] ?? 0) & 0xc0) !== 0x80) return 0;
  }
  return length;
}
