// Host names in protocols: internationalized names are in ASCII (RFC 5890).

import { domainToASCII } from 'node:url';

/**
 * Returns an internationalized name in ASCII, `bücher.example` as `xn--bcher-kva.example` (RFC 5891 §4.4, with
 * the rules of UTS #46). Returns an address or an ASCII name unchanged.
 */
export function asciiHost(host: string): string {
  if (!/\P{ASCII}/u.test(host)) return host;
  return domainToASCII(host) || host;
}
