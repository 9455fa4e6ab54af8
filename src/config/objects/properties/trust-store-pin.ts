// `trust-store-pin` of all trust manager providers with a store.

import { opendjAttribute } from '../../object-identifiers.ts';
import { property } from '../../property-definition.ts';
import { secret } from '../../types/secret.ts';

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
