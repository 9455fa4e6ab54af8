// The URL at which the paths of a service begin. It is HTTPS; only services on this machine may do without TLS.

import { BlockList, isIP, isIPv6 } from 'node:net';
import { type PropertyType, propertyType } from '../property-type.ts';

const ADVICE = 'Write a URL such as https://vault.example.com:8200.';

/** Returns the type of a base URL. */
export function baseUrl(): PropertyType<string> {
  return propertyType({
    name: 'base URL',
    syntax: 'directoryString',
    caseSensitive: true,
    allowed:
      'A URL that begins with https://, or with http:// where the host is this machine (localhost, 127.0.0.1, ::1)',
    parse(text) {
      const url = URL.canParse(text) ? new URL(text) : undefined;
      if (url === undefined || !['https:', 'http:'].includes(url.protocol) || /\s/.test(text))
        return { problem: 'is not a URL of HTTPS', advice: ADVICE };
      if (url.username !== '' || url.password !== '')
        return {
          problem: 'has a user or a password',
          advice: `${ADVICE} Logins have properties of their own.`,
        };
      if (text.includes('?') || text.includes('#'))
        return { problem: 'has a query or a fragment', advice: ADVICE };
      if (url.protocol === 'http:' && !isThisMachine(url.hostname))
        return { problem: 'would send secrets without TLS', advice: 'Begin it with https://.' };
      return { value: url.href };
    },
  });
}

function isThisMachine(hostname: string): boolean {
  if (hostname === 'localhost') return true;
  const address = hostname.replace(/^\[|\]$/g, '');
  if (isIP(address) === 0) return false;
  const own = new BlockList();
  own.addSubnet('127.0.0.0', 8);
  own.addAddress('::1', 'ipv6');
  return own.check(address, isIPv6(address) ? 'ipv6' : 'ipv4');
}
