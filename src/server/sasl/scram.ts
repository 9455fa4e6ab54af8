// SCRAM-SHA-256 (RFC 5802, RFC 7677): client and server prove to each other that they know a password, which never
// crosses the wire. Without channel binding: -PLUS is not offered, so a client that would do it (`y,,`) goes on.

import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { SCRAM_ITERATIONS, type ScramKeys } from '../../config/password-scram.ts';
import { findScramKeys } from '../../config/stored-password.ts';
import type { Account } from '../../runtime/accounts.ts';
import { AccountRequester } from '../account-requester.ts';
import { type Authentication, invalidCredentials } from '../authentication.ts';
import { loginSourceOf } from '../login-source.ts';
import { authorize, keyOfAuthentication } from './authorization-identity.ts';
import { ASK_FOR_FIRST, type SaslContext, type SaslExchange, type SaslStep } from './mechanism.ts';
import { type ClientFirst, parseClientFinal, parseClientFirst, SCRAM } from './scram-message.ts';

const NONCE_OCTETS = 18;
const SALT_OCTETS = 16;

/** What the server has said, and what it expects to be proved. */
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
export function scram(context: SaslContext, newNonce: () => string = randomNonce): SaslExchange {
  let challenge: Challenge | undefined;
  return {
    mechanism: SCRAM,
    step(message) {
      if (challenge !== undefined) return finish(challenge, message ?? '', context);
      if (message === undefined) return ASK_FOR_FIRST;
      challenge = challengeFor(parseClientFirst(message), newNonce(), context.authentication);
      return { requester: undefined, credentials: challenge.text };
    },
  };
}

function challengeFor(
  clientFirst: ClientFirst,
  serverNonce: string,
  authentication: Authentication,
): Challenge {
  const { accounts, saltSecret } = authentication;
  const key = keyOfAuthentication(clientFirst.name, accounts) ?? clientFirst.name;
  const account = accounts.find(key);
  const stored = account === undefined ? undefined : findScramKeys(account.credentials.passwords);
  const keys = stored ?? keysOfNobody(key, saltSecret);
  const nonce = `${clientFirst.nonce}${serverNonce}`;
  return {
    clientFirst,
    nonce,
    text: `r=${nonce},s=${keys.salt.toString('base64')},i=${keys.iterations}`,
    name: account?.key ?? key,
    keys,
    claimed: account === undefined || stored === undefined ? undefined : { account, era: account.era },
  };
}

/** Always the same salt for the same name, or asking twice would tell who exists; nobody knows keys that fit it. */
function keysOfNobody(key: string, saltSecret: string): ScramKeys {
  const salt = createHmac('sha256', saltSecret).update(key).digest().subarray(0, SALT_OCTETS);
  return { iterations: SCRAM_ITERATIONS, salt, storedKey: randomBytes(32), serverKey: randomBytes(32) };
}

async function finish(challenge: Challenge, message: string, context: SaslContext): Promise<SaslStep> {
  const { authentication, connection } = context;
  const { accounts, throttle } = authentication;
  const { clientFirst, claimed, name } = challenge;
  const clientFinal = parseClientFinal(message);
  const source = loginSourceOf(connection);
  await throttle.admit(source, name);
  const isCurrent = claimed !== undefined && claimed.account.era === claimed.era;
  const signed = `${clientFirst.bare},${challenge.text},${clientFinal.withoutProof}`;
  const isProved =
    clientFinal.nonce === challenge.nonce &&
    clientFinal.channelBinding === Buffer.from(clientFirst.header).toString('base64') &&
    isProof(clientFinal.proof, challenge.keys.storedKey, signed);
  if (!isProved || !isCurrent) {
    throttle.failed(source, name);
    throw invalidCredentials();
  }
  throttle.succeeded(source, name);
  const requester = authorize(
    new AccountRequester(claimed.account, accounts),
    clientFirst.authorizationIdentity,
    accounts,
  );
  const signature = createHmac('sha256', challenge.keys.serverKey).update(signed).digest('base64');
  return { requester, credentials: `v=${signature}` };
}

function isProof(proof: Buffer, storedKey: Buffer, signed: string): boolean {
  const signature = createHmac('sha256', storedKey).update(signed).digest();
  if (proof.length !== signature.length) return false;
  const clientKey = signature.map((octet, index) => octet ^ (proof[index] ?? 0));
  return timingSafeEqual(createHash('sha256').update(clientKey).digest(), storedKey);
}

function randomNonce(): string {
  return randomBytes(NONCE_OCTETS).toString('base64');
}
