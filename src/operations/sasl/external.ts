// EXTERNAL (RFC 4422 appendix A, RFC 4513 §5.2.3): who a client is was proved below LDAP. On TLS its certificate, which
// the trust manager trusts, belongs to an account. On the local socket the permissions of the socket file are the
// proof: only the user that the server runs as, and root, can open it, and either could read the server's files anyway.

import { LdapError } from '../../ldap/ldap-error.ts';
import type { Account } from '../../runtime/accounts.ts';
import { AccountRequester } from '../login/account-requester.ts';
import { authorize } from './authorization-identity.ts';
import type { SaslContext, SaslExchange } from './mechanism.ts';

export const EXTERNAL = 'EXTERNAL';

/** Begins the mechanism EXTERNAL. */
export function external(context: SaslContext): SaslExchange {
  return {
    mechanism: EXTERNAL,
    // Without credentials the client leaves it to the server who it is (RFC 4513 §5.2.3): there is nothing to ask for.
    step(identity) {
      const requester = new AccountRequester(accountOf(context), context.authentication.accounts);
      if (context.connection.security.isLocalSocket) requester.cameByLocalSocket();
      return {
        requester: authorize(requester, identity, context.authentication),
        credentials: undefined,
      };
    },
  };
}

function accountOf({ authentication, connection: { security } }: SaslContext): Account {
  if (security.isLocalSocket) {
    if (security.isOwnersOnly !== true) throw openToOthers();
    const { administrator } = authentication;
    if (administrator !== undefined) return administrator;
    throw new LdapError(
      'invalidCredentials',
      'There is no administrator to log in as: the account was deleted.',
    );
  }
  const { peerCertificate, peerCertificateProblem } = security;
  if (peerCertificate === undefined) {
    const why = peerCertificateProblem === undefined ? '' : ` ${peerCertificateProblem}`;
    throw new LdapError(
      'inappropriateAuthentication',
      `EXTERNAL needs the local socket, or TLS with a certificate of the client that the server trusts.${why}`,
    );
  }
  const { subject, fingerprint, isVouchedFor } = peerCertificate;
  // Where every certificate is trusted, anybody can write any name into one.
  const provedSubject = isVouchedFor ? subject : undefined;
  const account = authentication.accounts.findByCertificate(provedSubject, fingerprint);
  if (account !== undefined) {
    authentication.lockout.requireUsable(account);
    return account;
  }
  throw new LdapError(
    'invalidCredentials',
    `The certificate for ${subject} belongs to no account, or to several. An account names its certificates in ` +
      'ds-certificate-subject-dn or ds-certificate-fingerprint; its own DN counts only if it is named there.',
  );
}

function openToOthers(): LdapError {
  return new LdapError(
    'inappropriateAuthentication',
    'EXTERNAL does not tell who you are on a socket that other users may open. Log in with a password, or restart the ' +
      'connection handler with ds-cfg-socket-file-mode: 0600.',
  );
}
