// Classifies how soon a certificate expires.

import type { X509Certificate } from 'node:crypto';

/**
 * Remaining validity, in milliseconds, at which a certificate expires soon. Automatic renewal happens earlier.
 */
const EXPIRES_SOON_MS = 14 * 86_400_000;

/** Returns `expired`, `soon` (within 14 days) or `later` for a certificate. */
export function expiryOf({ validToDate }: X509Certificate, now: Date): 'expired' | 'soon' | 'later' {
  const leftMs = validToDate.getTime() - now.getTime();
  if (leftMs < 0) return 'expired';
  return leftMs < EXPIRES_SOON_MS ? 'soon' : 'later';
}
