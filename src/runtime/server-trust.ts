// Finds the trust manager for connections to other servers.

import { ServerTrust } from '../trust/server-trust.ts';
import type { TrustManagers } from './trust-managers.ts';

export interface ServerTrusts {
  /**
   * Returns the trust manager with the key of this DN; undefined if it does not exist or is disabled. Without a
   * key, returns the authorities of the runtime. The result is valid for one connection only.
   */
  find(key: string | undefined): ServerTrust | undefined;
}

/** Returns the lookup of trust managers. `now` is the clock for certificate checks. */
export function serverTrusts(managers: TrustManagers, now: () => Date): ServerTrusts {
  const runtime = new ServerTrust({ name: 'the authorities of the runtime', trust: { type: 'system' }, now });
  return { find: (key) => (key === undefined ? runtime : managers.find(key)?.server) };
}
