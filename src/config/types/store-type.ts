// Formats of key stores and trust stores. Java supports more formats than this server; the refusal of those says how
// to convert the file.

import { type PropertyType, propertyType } from '../property-type.ts';
import { enumeration } from './enumeration.ts';

const READABLE = ['JKS', 'PKCS12'] as const;
const OF_JAVA: ReadonlySet<string> = new Set(['BCFKS', 'BKS', 'BOUNCYCASTLE', 'DKS', 'JCEKS', 'UBER']);

/** Returns the type of a store format. */
export function storeType(): PropertyType<(typeof READABLE)[number]> {
  const known = enumeration(READABLE);
  return propertyType({
    name: 'store type',
    syntax: 'directoryString',
    allowed: known.allowed,
    parse(text) {
      const name = text.trim().toUpperCase();
      if (!OF_JAVA.has(name)) return known.parse(text);
      return {
        problem: 'is a format that only Java reads',
        advice: `Convert the file with keytool -importkeystore -srcstoretype ${name} -deststoretype PKCS12, and write PKCS12.`,
        code: 'unwillingToPerform',
      };
    },
  });
}
