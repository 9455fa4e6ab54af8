// Whom a trust manager believes: those whose certificates lead to one of its authorities, or whoever there is.

import type { X509Certificate } from 'node:crypto';

/** The authorities of now; the same list as long as nothing has changed. Throws TrustError. */
export interface Authorities {
  current(): Promise<readonly X509Certificate[]>;
}

/** `system`: those of the runtime. */
export type Trust =
  | { readonly type: 'authorities'; readonly certificates: Authorities }
  | { readonly type: 'system' }
  | { readonly type: 'blind' };
