// What a trust manager trusts: certificates that lead to one of its authorities, or every certificate.

import type { X509Certificate } from 'node:crypto';

/** Present authorities; the same list object while nothing changes. Throws TrustError. */
export interface Authorities {
  current(): Promise<readonly X509Certificate[]>;
}

/** `system`: the authorities of the runtime. */
export type Trust =
  | { readonly type: 'authorities'; readonly certificates: Authorities }
  | { readonly type: 'system' }
  | { readonly type: 'blind' };
