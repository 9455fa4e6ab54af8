// A broken rule of certificate chains (RFC 5280 §6, and OpenSSL's rules for key lengths).

import type { OpensslCode } from './openssl-errors.ts';

export interface BrokenRule {
  /** OpenSSL's error code. */
  readonly code: OpensslCode;
  /** Sentence: which certificate breaks which rule. */
  readonly problem: string;
  /** Sentence: what to issue or configure. */
  readonly advice: string;
}

/** Role of the certificate's owner. */
export type Role = 'server' | 'client';
