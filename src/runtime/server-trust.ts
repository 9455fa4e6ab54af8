// How connections to other servers find the trust manager they are to use.

import { ServerTrust } from '../trust/server-trust.ts';
import type { TrustManagers } from './trust-managers.ts';

export interface ServerTrusts {
  /**
   * The trust manager with the key of this name; undefined when it is not there or not enabled. Without a key: the
   * authorities that the runtime knows. The answer of now is kept for one connection only; ask again for the next.
   */
  find(key: string | undefined): ServerTrust | undefined;
}

export function serverTrusts(managers: TrustManagers, now: () => Date): ServerTrusts {
  const runtime = new ServerTrust({ name: 'the authorities of the runtime', trust: { type: 'system' }, now });
  return { find: (key) => (key === undefined ? runtime : managers.find(key)?.server) };
}
