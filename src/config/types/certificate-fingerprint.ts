// SHA-256 fingerprint of a certificate: 64 hexadecimal digits, with or without colons.

import { type PropertyType, propertyType } from '../property-type.ts';

const DIGITS = /^[0-9a-f]{64}$/;

/** Returns the type of a fingerprint. The value is the digits in lower case. */
export function certificateFingerprint(): PropertyType<string> {
  return propertyType({
    name: 'certificate fingerprint',
    syntax: 'directoryString',
    allowed: 'A SHA-256 fingerprint: 64 hexadecimal digits, with colons between each two or without',
    parse(text) {
      const digits = text.replaceAll(':', '').toLowerCase();
      if (DIGITS.test(digits)) return { value: digits };
      return {
        problem: 'is not a SHA-256 fingerprint',
        advice: 'Write the 64 digits that "openssl x509 -noout -fingerprint -sha256 -in FILE" shows.',
      };
    },
  });
}
