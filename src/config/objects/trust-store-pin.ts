// `trust-store-pin`, and the three other places OpenDJ could keep a PIN in. PingDS has only the first, and expressions
// for the rest; so has this server, and it says which expression to write.

import { opendjAttribute } from '../object-identifiers.ts';
import { property } from '../property-definition.ts';
import { secret } from '../types/secret.ts';
import { unsupported } from '../types/unsupported.ts';

export const trustStorePin = property({
  name: 'trust-store-pin',
  oid: opendjAttribute(97),
  type: secret(),
  synopsis: 'The PIN that opens the trust store.',
  description:
    'An expression such as $<file:config/truststore.pin> keeps the PIN itself out of the configuration.',
  default: { behaviour: 'The trust store is opened without a PIN.' },
  adminAction: { kind: 'none', note: 'A change takes effect when the trust store is read next.' },
});

export const pinsElsewhere = [
  property({
    name: 'trust-store-pin-environment-variable',
    oid: opendjAttribute(98),
    type: unsupported({
      problem: 'is not needed: an expression can take the PIN from the environment',
      advice: (name) => `Write trust-store-pin: $<env:${name}> in its place.`,
    }),
    advanced: true,
    synopsis: 'Where OpenDJ finds the PIN; refused.',
  }),
  property({
    name: 'trust-store-pin-file',
    oid: opendjAttribute(99),
    type: unsupported({
      problem: 'is not needed: an expression can take the PIN from a file',
      advice: (path) => `Write trust-store-pin: $<file:${path}> in its place.`,
    }),
    advanced: true,
    synopsis: 'Where OpenDJ finds the PIN; refused.',
  }),
  property({
    name: 'trust-store-pin-property',
    oid: opendjAttribute(100),
    type: unsupported({
      problem: 'names a property of a Java runtime, which this server does not have',
      advice: (name) => `Write trust-store-pin: $<${name}> in its place, and start with --define ${name}=….`,
    }),
    advanced: true,
    synopsis: 'Where OpenDJ finds the PIN; refused.',
  }),
] as const;
