// Host and port: `host`, `host:port`, `[v6]:port`, `[v6]` or a bare IPv6 address, as in OpenDJ. Host names follow
// RFC 1123 §2.1 or are internationalized (RFC 5890), and keep their spelling. They are not resolved here.

import { isIP, isIPv4, isIPv6 } from 'node:net';
import { domainToASCII } from 'node:url';
import { type Parsed, type PropertyType, propertyType } from '../property-type.ts';

export interface HostPort {
  /** Host name as written, IPv4 address, or IPv6 address without brackets. */
  readonly host: string;
  readonly port: number;
}

const HOST_CHARACTERS_MAX = 253;
const LABEL = /^(?!-)[a-z0-9_-]{1,63}(?<!-)$/i;
/** Internationalized label: letters, marks, digits, hyphens, and the middle dot of Catalan. */
const INTERNATIONAL_LABEL = /^[\p{L}\p{M}\p{N}\u00b7_-]+$/u;
const LOOKS_LIKE_IPV4 = /^[\d.]+$/;

/** Returns the type of a host with an optional port. */
export function hostPort(defaultPort: number): PropertyType<HostPort> {
  return propertyType({
    name: 'host and port',
    syntax: 'directoryString',
    allowed: `A host name or IP address, with a colon and a port where it is not ${defaultPort}`,
    parse: (text) => parseHostPort(text, defaultPort),
    format: ({ host, port }) => `${isIPv6(host) ? `[${host}]` : host}:${port}`,
  });
}

/** Returns the type of a host name or an IP address, without a port. */
export function host(): PropertyType<string> {
  return propertyType({
    name: 'host',
    syntax: 'directoryString',
    allowed: 'A host name or IP address',
    parse(text) {
      const problem = isIPv6(text) ? undefined : hostProblem(text);
      return problem === undefined
        ? { value: text }
        : { problem, advice: 'Write a name such as smtp.example.com, or an address.' };
    },
  });
}

/** Returns the type of an IP address. */
export function ipAddress(): PropertyType<string> {
  return propertyType({
    name: 'IP address',
    syntax: 'directoryString',
    allowed: 'An IPv4 or IPv6 address',
    parse(text) {
      return isIP(text) === 0
        ? { problem: 'is not an IP address', advice: 'Write an address such as 192.0.2.1 or 2001:db8::1.' }
        : { value: text };
    },
  });
}

/** Returns the type of a listen address: an IP address or a host name of this machine. */
export function listenAddress(): PropertyType<string> {
  return propertyType({
    name: 'listen address',
    syntax: 'directoryString',
    allowed: 'An IP address or host name of this machine; 0.0.0.0 and :: stand for all of them',
    parse(text) {
      if (isIP(text) !== 0) return { value: text };
      const problem = hostProblem(text);
      return problem === undefined
        ? { value: text }
        : { problem, advice: 'Write an address such as 127.0.0.1 or ::1.' };
    },
  });
}

/** URL as other programs have it: `smtps://host:465`. */
const URL_START = /^[a-z][a-z0-9+.-]*:\/\//i;

function parseHostPort(text: string, defaultPort: number): Parsed<HostPort> {
  const [start] = URL_START.exec(text) ?? [];
  if (start !== undefined)
    return { problem: 'is a URL', advice: `Write host or host:port, without "${start}" and without a path.` };
  const advice = `Write host or host:port (without a port, ${defaultPort} is used); an IPv6 address with a port needs brackets, [::1]:${defaultPort}.`;
  if (text.trim() !== text) return { problem: 'has white space around it', advice };
  const split = splitHostPort(text);
  if (split === undefined) return { problem: 'is not a host with an optional port', advice };
  const problem = split.v6 ? ipv6Problem(split.host) : hostProblem(split.host);
  if (problem !== undefined) return { problem, advice };
  if (split.port === undefined) return { value: { host: split.host, port: defaultPort } };
  const port = /^\d{1,5}$/.test(split.port) ? Number(split.port) : 0;
  if (port < 1 || port > 65535) {
    return { problem: 'has a port that is not a number from 1 to 65535', advice };
  }
  return { value: { host: split.host, port } };
}

interface Split {
  readonly host: string;
  readonly port: string | undefined;
  readonly v6: boolean;
}

function splitHostPort(text: string): Split | undefined {
  if (text.startsWith('[')) {
    const end = text.indexOf(']');
    const rest = text.slice(end + 1);
    if (end < 0 || (rest !== '' && !rest.startsWith(':'))) return undefined;
    return { host: text.slice(1, end), port: rest === '' ? undefined : rest.slice(1), v6: true };
  }
  const colon = text.indexOf(':');
  if (colon < 0) return { host: text, port: undefined, v6: false };
  if (text.includes(':', colon + 1)) return { host: text, port: undefined, v6: true };
  return { host: text.slice(0, colon), port: text.slice(colon + 1), v6: false };
}

function ipv6Problem(host: string): string | undefined {
  return isIPv6(host) ? undefined : 'has a host that is not an IPv6 address';
}

function isAscii(text: string): boolean {
  return !/\P{ASCII}/u.test(text);
}

function internationalProblem(host: string): string | undefined {
  const wrong = 'has a host that is not a host name';
  const labels = (host.endsWith('.') ? host.slice(0, -1) : host).split('.');
  if (!labels.every((label) => INTERNATIONAL_LABEL.test(label))) return wrong;
  const ascii = domainToASCII(host);
  return ascii === '' || !isAscii(ascii) || LOOKS_LIKE_IPV4.test(ascii) ? wrong : hostProblem(ascii);
}

function hostProblem(host: string): string | undefined {
  if (host === '') return 'has no host';
  if (!isAscii(host)) return internationalProblem(host);
  if (LOOKS_LIKE_IPV4.test(host)) return isIPv4(host) ? undefined : 'has a host that is not an IPv4 address';
  const name = host.endsWith('.') ? host.slice(0, -1) : host;
  if (name.length > HOST_CHARACTERS_MAX)
    return `has a host name of more than ${HOST_CHARACTERS_MAX} characters`;
  return name.split('.').every((label) => LABEL.test(label))
    ? undefined
    : 'has a host that is not a host name';
}
