// A certificate that is not trusted, with every rule that it or its chain breaks, and what to do about each.

import { TrustError } from './trust-error.ts';

/** A broken rule. */
export interface RefusalReason {
  /** OpenSSL's error code; `HOSTNAME_MISMATCH` or `IP_ADDRESS_MISMATCH` for a certificate of another host. */
  readonly code: string;
  /** Sentence: the broken rule. */
  readonly problem: string;
  /** Sentence: what to change. */
  readonly advice: string;
}

/** Reports a certificate that is not trusted. */
export class CertificateRefusal extends TrustError {
  readonly reasons: readonly RefusalReason[];
  /** Sentences: all broken rules. */
  readonly problem: string;
  readonly advice: string;

  /** @param head Sentence that says whose certificate is not trusted. */
  constructor(head: string, reasons: readonly RefusalReason[], options: ErrorOptions = {}) {
    const unique = (texts: readonly string[]) => [...new Set(texts)].join(' ');
    const problem = `${head} ${unique(reasons.map((reason) => reason.problem))}`;
    const advice = unique(reasons.map((reason) => reason.advice));
    super(`${problem} ${advice}`, options);
    this.reasons = reasons;
    this.problem = problem;
    this.advice = advice;
  }

  /** True if the only problem is that the certificate is for another host. */
  get isAboutNameOnly(): boolean {
    return this.reasons.every(({ code }) => code === 'HOSTNAME_MISMATCH' || code === 'IP_ADDRESS_MISMATCH');
  }
}
