// How long a certificate is still good for, in the three steps that matter to administrators.

import type { X509Certificate } from 'node:crypto';

/** Authorities that renew by themselves have done so by then. */
const EXPIRES_SOON_MS = 14 * 86_400_000;

export function expiryOf({ validToDate }: X509Certificate, now: Date): 'expired' | 'soon' | 'later' {
  const leftMs = validToDate.getTime() - now.getTime();
  if (leftMs < 0) return 'expired';
  return leftMs < EXPIRES_SOON_MS ? 'soon' : 'later';
}
