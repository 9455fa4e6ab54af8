// What certificate a server presents, seen on a connection of its own before anything is sent to it: over LDAPS, or after
// StartTLS (RFC 4511 §4.14). It looks only; whether to trust it is decided in certificate-trust.ts.

import type { X509Certificate } from 'node:crypto';
import type { TLSSocket } from 'node:tls';
import { messageOf } from '../../files/file-error.ts';
import { Reason } from '../../files/program-error.ts';
import { chainOf } from '../../trust/peer-chain.ts';
import { connectFailure } from './connect-failure.ts';
import type { ConnectionChoice } from './connection-choice.ts';
import { openClient } from './server-client.ts';

export interface PresentedCertificate {
  readonly certificate: X509Certificate;
  /** The certificate, and those of its issuers as far as they were sent or are known. */
  readonly chain: readonly X509Certificate[];
  /** The runtime's code for what speaks against it; undefined when an authority vouches for it and for the name. */
  readonly problem: string | undefined;
}

/** Rejects with CommandError where there is no such server, or where it makes no TLS. */
export async function lookAtCertificate(
  choice: ConnectionChoice,
  authorities: readonly string[] | undefined,
): Promise<PresentedCertificate> {
  const ca = authorities === undefined ? {} : { ca: [...authorities] };
  const client = await openClient(choice, { rejectUnauthorized: false, ...ca });
  try {
    return presented(client.secured);
  } catch (error) {
    throw connectFailure(choice, error);
  } finally {
    client.close();
  }
}

function presented(socket: TLSSocket | undefined): PresentedCertificate {
  // Asked once: a second time the runtime may say that there is none.
  const chain = socket === undefined ? [] : chainOf(socket);
  const [certificate] = chain;
  if (socket === undefined || certificate === undefined) throw new Reason('it presents no certificate');
  // Typed as an Error, and the code alone where there is one.
  const problem: unknown = socket.authorizationError;
  return {
    certificate,
    chain,
    problem: socket.authorized ? undefined : messageOf(problem),
  };
}
