// One rule of certificate chains (RFC 5280 §6, and OpenSSL's own on the strength of keys) that a chain breaks.

import type { OpensslCode } from './openssl-errors.ts';

export interface BrokenRule {
  /** OpenSSL's name for it. */
  readonly code: OpensslCode;
  /** A sentence: which certificate breaks which rule. */
  readonly problem: string;
  /** What to issue or configure: a sentence. */
  readonly advice: string;
}

/** For whom the certificate shall speak. */
export type Role = 'server' | 'client';
