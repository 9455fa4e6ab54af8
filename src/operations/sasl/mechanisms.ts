// The SASL mechanisms by their names. The root DSE lists the keys of the same table.

import { SCRAM_MECHANISMS } from '../../config/passwords/scram-scheme.ts';
import { LdapError } from '../../ldap/ldap-error.ts';
import { EXTERNAL, external } from './external.ts';
import type { SaslContext, SaslExchange, SaslMechanism } from './mechanism.ts';
import { PLAIN, plain } from './plain.ts';
import { scram } from './scram.ts';

const MECHANISMS: ReadonlyMap<string, SaslMechanism> = new Map<string, SaslMechanism>([
  [EXTERNAL, external],
  [PLAIN, plain],
  ...SCRAM_MECHANISMS.map((mechanism): [string, SaslMechanism] => [
    mechanism,
    (context) => scram(mechanism, context),
  ]),
]);

export const SUPPORTED_SASL_MECHANISMS: readonly string[] = [...MECHANISMS.keys()];

/** Throws authMethodNotSupported (7); an empty name, too, which is how a client gives up an exchange (RFC 4511 §4.2.1). */
export function beginExchange(mechanism: string, context: SaslContext): SaslExchange {
  const begin = MECHANISMS.get(mechanism);
  if (begin !== undefined) return begin(context);
  throw new LdapError(
    'authMethodNotSupported',
    `The SASL mechanism ${JSON.stringify(mechanism)} is not supported. There are ${SUPPORTED_SASL_MECHANISMS.join(', ')}, and ` +
      'the simple bind (ldap-utils: -x).',
  );
}
