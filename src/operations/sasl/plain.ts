// PLAIN (RFC 4616): an authorization identity, a name and a password, with a NUL between each two.

import { isUtf8 } from '../../ldap/octets.ts';
import { confidentialityRequired, isProtected } from '../confidentiality.ts';
import { loginSourceOf } from '../login/login-source.ts';
import { authorize, keyOfAuthentication } from './authorization-identity.ts';
import { ASK_FOR_FIRST, malformed, type SaslContext, type SaslExchange, type SaslStep } from './mechanism.ts';

export const PLAIN = 'PLAIN';

const CHARACTERS_MAX = 4096;

/** Begins the mechanism PLAIN. */
export function plain({ authentication, connection }: SaslContext): SaslExchange {
  const { accounts } = authentication;
  return {
    mechanism: PLAIN,
    async step(message): Promise<SaslStep> {
      if (!connection.mayReceivePasswords) throw confidentialityRequired();
      if (message === undefined) return ASK_FOR_FIRST;
      const { identity, name, password } = parsePlain(message);
      const key = keyOfAuthentication(name, accounts) ?? name;
      const requester = await authentication.verifyAt(key, password, loginSourceOf(connection));
      requester.noticed(authentication.lockout.admit(requester.account, isProtected(connection)));
      return { requester: authorize(requester, identity, authentication), credentials: undefined };
    },
  };
}

function parsePlain(message: string): { identity: string; name: string; password: string } {
  if (message.length > CHARACTERS_MAX)
    throw malformed(PLAIN, `it has more than ${CHARACTERS_MAX} characters`);
  if (!isUtf8(message)) throw malformed(PLAIN, 'it is not UTF-8');
  const [identity, name, password, ...more] = message.split('\0');
  if (identity === undefined || name === undefined || password === undefined || more.length > 0) {
    throw malformed(PLAIN, 'it must have three parts with a NUL character between each two');
  }
  if (name === '' || password === '') throw malformed(PLAIN, 'the name or the password is empty');
  return { identity, name, password };
}
