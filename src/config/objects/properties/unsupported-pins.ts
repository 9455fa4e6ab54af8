// Three further properties with which OpenDJ locates a PIN. PingDS and this server have only the PIN and
// expressions; the refusal says which expression to write.

import { opendjAttribute } from '../../object-identifiers.ts';
import { property } from '../../property-definition.ts';
import { unsupported } from '../../types/unsupported.ts';

/**
 * Declares the three properties.
 * @param pin Name of the PIN property, and OpenDJ's number of the first of the three.
 */
export function unsupportedPins<const Pin extends string>(pin: Pin, firstOid: number) {
  return [
    property({
      name: `${pin}-environment-variable`,
      oid: opendjAttribute(firstOid),
      type: unsupported({
        problem: 'is not needed: an expression can take the PIN from the environment',
        advice: (name) => `Write ${pin}: $<env:${name}> in its place.`,
      }),
      advanced: true,
      synopsis: 'Where OpenDJ finds the PIN; refused.',
    }),
    property({
      name: `${pin}-file`,
      oid: opendjAttribute(firstOid + 1),
      type: unsupported({
        problem: 'is not needed: an expression can take the PIN from a file',
        advice: (path) => `Write ${pin}: $<file:${path}> in its place.`,
      }),
      advanced: true,
      synopsis: 'Where OpenDJ finds the PIN; refused.',
    }),
    property({
      name: `${pin}-property`,
      oid: opendjAttribute(firstOid + 2),
      type: unsupported({
        problem: 'names a property of a Java runtime, which this server does not have',
        advice: (name) => `Write ${pin}: $<${name}> in its place, and start with --define ${name}=….`,
      }),
      advanced: true,
      synopsis: 'Where OpenDJ finds the PIN; refused.',
    }),
  ] as const;
}
