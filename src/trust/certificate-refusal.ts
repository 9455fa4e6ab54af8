// A certificate that is not believed: every rule that it or its chain breaks, and the way out of each.

import { TrustError } from './trust-error.ts';

/** A rule that is broken. */
export interface RefusalReason {
  /** OpenSSL's name for it; `HOSTNAME_MISMATCH` and `IP_ADDRESS_MISMATCH` for a certificate for others. */
  readonly code: string;
  /** A sentence. */
  readonly problem: string;
  /** A sentence. */
  readonly advice: string;
}

export class CertificateRefusal extends TrustError {
  readonly reasons: readonly RefusalReason[];
  /** Sentences. */
  readonly problem: string;
  readonly advice: string;

  /** @param head a sentence that says whose certificate is not believed. */
  constructor(head: string, reasons: readonly RefusalReason[], options: ErrorOptions = {}) {
    const unique = (texts: readonly string[]) => [...new Set(texts)].join(' ');
    const problem = `${head} ${unique(reasons.map((reason) => reason.problem))}`;
    const advice = unique(reasons.map((reason) => reason.advice));
    super(`${problem} ${advice}`, options);
    this.reasons = reasons;
    this.problem = problem;
    this.advice = advice;
  }

  /** Whether nothing is wrong with it but that it is for another host. */
  get isAboutNameOnly(): boolean {
    return this.reasons.every(({ code }) => code === 'HOSTNAME_MISMATCH' || code === 'IP_ADDRESS_MISMATCH');
  }
}
