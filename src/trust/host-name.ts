// Host names as protocols have them: internationalized names are ASCII there (RFC 5890).

import { domainToASCII } from 'node:url';

/**
 * Returns `bücher.example` as `xn--bcher-kva.example` (RFC 5891 §4.4, by the rules of UTS #46). An address or an ASCII name
 * comes back as it is.
 */
export function asciiHost(host: string): string {
  if (!/\P{ASCII}/u.test(host)) return host;
  return domainToASCII(host) || host;
}
