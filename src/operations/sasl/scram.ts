// SCRAM-SHA-256 and SCRAM-SHA-512 (RFC 5802, RFC 7677): client and server prove to each other that they know a password,
// which never crosses the wire. Without channel binding: -PLUS is not offered, so a client that would do it (`y,,`) goes on.
//
// The first answer has the salt of the account, and anybody may ask for it. So an account has one name here, its own in
// all its spellings, and every other name is answered as one that nobody has: always with the same made-up salt. An
// exchange that is not finished counts as a failed login, so that asking has an end.

import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import {
  SCRAM_DIGESTS,
  SCRAM_KEY_BYTES,
  type ScramKeys,
  type ScramMechanism,
} from '../../config/passwords/scram-scheme.ts';
import { findScramKeys } from '../../config/passwords/stored-password.ts';
import type { Account } from '../../runtime/accounts.ts';
import { AccountRequester } from '../login/account-requester.ts';
import { type Authentication, invalidCredentials } from '../login/authentication.ts';
import { loginSourceOf } from '../login/login-source.ts';
import { authorize } from './authorization-identity.ts';
import { ASK_FOR_FIRST, type SaslContext, type SaslExchange, type SaslStep } from './mechanism.ts';
import { type ClientFirst, parseClientFinal, parseClientFirst } from './scram-message.ts';

const NONCE_OCTETS = 18;

/** Challenge of the server and the expected proof. */
interface Challenge {
  readonly clientFirst: ClientFirst;
  readonly nonce: string;
  readonly text: string;
  /** The name that failures are counted for. */
  readonly name: string;
  readonly keys: ScramKeys;
  readonly claimed: { readonly account: Account; readonly era: number } | undefined;
}

/** @param newNonce printable characters without a comma that nobody can guess; never the same twice. */
export function scram(
  mechanism: ScramMechanism,
  context: SaslContext,
  newNonce: () => string = randomNonce,
): SaslExchange {
  const { authentication, connection } = context;
  let challenge: Challenge | undefined;
  /** A client has been told of a salt, and has not tried to prove anything yet. */
  let isOpen = false;
  return {
    mechanism,
    step(message) {
      if (challenge !== undefined) {
        isOpen = false;
        return finish(challenge, message ?? '', context);
      }
      if (message === undefined) return ASK_FOR_FIRST;
      const asked = challengeFor(mechanism, parseClientFirst(mechanism, message), newNonce(), authentication);
      const first: SaslStep = { requester: undefined, credentials: asked.text };
      challenge = asked;
      isOpen = true;
      const source = loginSourceOf(connection);
      if (authentication.throttle.mayTryNow(source, asked.name)) return first;
      return authentication.throttle.admit(source, asked.name).then(() => first);
    },
    abandon() {
      if (!isOpen || challenge === undefined) return;
      isOpen = false;
      authentication.throttle.failed(loginSourceOf(connection), challenge.name);
    },
  };
}

function challengeFor(
  mechanism: ScramMechanism,
  clientFirst: ClientFirst,
  serverNonce: string,
  authentication: Authentication,
): Challenge {
  const { accounts } = authentication;
  const name = authentication.canonicalName(clientFirst.name);
  const account = accounts.find(name);
  // An account is known by its own name only; one that is found by another is not looked at.
  const own = account?.key === name ? account : undefined;
  const nobodys = keysOfNobody(mechanism, name, authentication);
  const stored = own === undefined ? undefined : findScramKeys(own.credentials.passwords, mechanism);
  const keys = stored ?? nobodys;
  const nonce = `${clientFirst.nonce}${serverNonce}`;
  return {
    clientFirst,
    nonce,
    text: `r=${nonce},s=${keys.salt.toString('base64')},i=${keys.iterations}`,
    name,
    keys,
    claimed: own === undefined || stored === undefined ? undefined : { account: own, era: own.era },
  };
}

/** Always the same salt for the same name, or asking twice would tell who exists; nobody knows keys that fit it. */
function keysOfNobody(mechanism: ScramMechanism, name: string, { profiles }: Authentication): ScramKeys {
  const length = SCRAM_KEY_BYTES[mechanism];
  const [storedKey, serverKey] = [randomBytes(length), randomBytes(length)];
  return { mechanism, ...profiles.scramParametersFor(name, mechanism), storedKey, serverKey };
}

async function finish(challenge: Challenge, message: string, context: SaslContext): Promise<SaslStep> {
  const { authentication, connection } = context;
  const { accounts, throttle } = authentication;
  const { clientFirst, claimed, name, keys } = challenge;
  const source = loginSourceOf(connection);
  const clientFinal = orFailed(
    () => parseClientFinal(keys.mechanism, message),
    () => throttle.failed(source, name),
  );
  await throttle.admit(source, name);
  const isCurrent = claimed !== undefined && claimed.account.era === claimed.era;
  const signed = `${clientFirst.bare},${challenge.text},${clientFinal.withoutProof}`;
  const isProved =
    clientFinal.nonce === challenge.nonce &&
    clientFinal.channelBinding === Buffer.from(clientFirst.header).toString('base64') &&
    isProof(clientFinal.proof, keys, signed);
  if (!isProved || !isCurrent) {
    throttle.failed(source, name);
    if (claimed !== undefined) authentication.lockout.failed(claimed.account);
    throw invalidCredentials();
  }
  throttle.succeeded(source, name);
  const proved = new AccountRequester(claimed.account, accounts);
  // The password does not cross the network.
  proved.noticed(authentication.lockout.admit(claimed.account, true));
  const requester = authorize(proved, clientFirst.authorizationIdentity, authentication);
  const signature = createHmac(SCRAM_DIGESTS[keys.mechanism], keys.serverKey).update(signed).digest('base64');
  return { requester, credentials: `v=${signature}` };
}

/** Parses a message. One that is none ends the exchange and counts as a failed login. */
function orFailed<T>(parse: () => T, failed: () => void): T {
  try {
    return parse();
  } catch (error) {
    failed();
    throw error;
  }
}

function isProof(proof: Buffer, { mechanism, storedKey }: ScramKeys, signed: string): boolean {
  const digest = SCRAM_DIGESTS[mechanism];
  const signature = createHmac(digest, storedKey).update(signed).digest();
  if (proof.length !== signature.length) return false;
  const clientKey = signature.map((octet, index) => octet ^ (proof[index] ?? 0));
  return timingSafeEqual(createHash(digest).update(clientKey).digest(), storedKey);
}

function randomNonce(): string {
  return randomBytes(NONCE_OCTETS).toString('base64');
}
