// The one error of this program that is already an answer: it travels from any depth to the response.
// Everything else that is thrown is a bug, is logged with its stack, and reaches the client as `other`.

import type { Issue } from './issue-facts.ts';
import { ResultCode, type ResultCodeName } from './result-code.ts';

export interface LdapErrorOptions {
  /** The deepest entry that was found, for noSuchObject (RFC 4511 §4.1.9). */
  readonly matchedDn?: { toString(): string };
  /** Referral URIs (RFC 4511 §4.1.10). */
  readonly referrals?: readonly string[];
  /** Problems that it reports, as data. */
  readonly issues?: readonly Issue[];
  readonly cause?: unknown;
}

export class LdapError extends Error {
  readonly code: ResultCode;
  readonly matchedDn: string | undefined;
  readonly referrals: readonly string[] | undefined;
  readonly issues: readonly Issue[] | undefined;

  /** `message` becomes the diagnostic message: a sentence for the administrator, without secrets. */
  constructor(code: ResultCodeName | ResultCode, message: string, options: LdapErrorOptions = {}) {
    super(message, { cause: options.cause });
    this.name = 'LdapError';
    this.code = typeof code === 'number' ? code : ResultCode[code];
    this.matchedDn = options.matchedDn?.toString();
    this.referrals = options.referrals;
    this.issues = options.issues;
  }
}
