// Explains why the certificate of a client is not trusted, for the answer to the client: the broken rule, and
// what to issue.

import { X509Certificate } from 'node:crypto';
import type { TLSSocket } from 'node:tls';
import { CodedError } from '../files/program-error.ts';
import { chainOf } from '../trust/peer-chain.ts';
import { refusalOf } from '../trust/refusal.ts';
import type { TlsMaterial } from './tls-identity.ts';

const STORE = 'the trust manager of the connection handler';

/**
 * Returns the explanation as sentences.
 *
 * @param code Error code of the runtime: `CERT_HAS_EXPIRED`, or `UNSPECIFIED`.
 */
export function clientCertificateProblem(
  code: string,
  { authorities }: Pick<TlsMaterial, 'authorities'>,
  now: Date,
  socket: TLSSocket,
): string {
  const error = new CodedError(code);
  const refusal = refusalOf(error, {
    host: undefined,
    chain: chainOf(socket),
    authorities: Array.isArray(authorities) ? authorities.map((pem) => new X509Certificate(pem)) : undefined,
    store: { does: `${STORE} does`, add: (what) => `put ${what} into ${STORE}` },
    storeName: STORE,
    now,
  });
  return refusal?.message ?? `The certificate of the client is not trusted: ${code}.`;
}
