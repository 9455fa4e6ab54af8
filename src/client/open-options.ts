// What an application says about the confdit server and the mail server it wants, and where that leads. Nothing is opened
// here. Names of URLs: RFC 4516; `ldapi` is that of OpenLDAP.

import { BlockList, isIP, isIPv6 } from 'node:net';
import { MailServerError } from './mail-server-error.ts';

/** PEM: one text with any number of certificates, or several. */
export type Certificates = string | Buffer | readonly (string | Buffer)[];

export interface OpenOptions {
  /**
   * `ldaps://host:port`, `ldap://host:port`, or `ldapi://%2Fpath%2Fto%2Fsocket` for the socket file of this machine. Several are
   * servers of one cluster: when one is lost, the next is used at once.
   */
  readonly url: string | readonly string[];
  /** The name of the mail server: the cn of its entry. */
  readonly mailServer: string;
  /** With `ldap://`: use StartTLS first. Off by default. */
  readonly startTls?: boolean | undefined;
  /** The account, `cn=app,cn=Root DNs,cn=config`. Without it and on `ldapi://`, the user running the application is the identity. */
  readonly bindDn?: string | undefined;
  /** The password of the account, or a function that returns it; called for each connection. */
  readonly password?: string | (() => string | Promise<string>) | undefined;
  /** Authorities for the certificate of confdit. By default those that Node.js trusts. */
  readonly ca?: Certificates | undefined;
  /** Authorities for the certificate of the mail server. By default those that Node.js trusts. */
  readonly mailCa?: Certificates | undefined;
  /** How long confdit may take for an answer, in milliseconds; 10,000 by default. */
  readonly timeoutMs?: number | undefined;
  /** The pauses between attempts to connect again: from half a second, each twice as long, to a minute by default. */
  readonly reconnect?: { readonly firstMs: number; readonly longestMs: number } | undefined;
  /** After so long without news the settings are read anyway, in milliseconds; five minutes by default. */
  readonly refreshMs?: number | undefined;
}

/** Where confdit is, and who asks. */
export interface DirectoryAddress {
  /** As messages name it. */
  readonly url: string;
  /** The socket file, in place of host and port. */
  readonly socketPath: string | undefined;
  /** Without brackets. */
  readonly host: string;
  readonly port: number;
  readonly security: 'none' | 'tls' | 'start-tls';
  readonly bindDn: string | undefined;
  readonly password: () => string | Promise<string>;
  readonly ca: Certificates | undefined;
  readonly timeoutMs: number;
}

const TIMEOUT_MS = 10_000;
const LDAP_PORT = 389;
const LDAPS_PORT = 636;
const HOST_HERE = /^localhost\.?$/i;
const LOOPBACK = loopback();

/** Returns the servers in the order of their URLs, at least one. Throws MailServerError with the code `options`. */
export function addressesOf(options: OpenOptions): readonly [DirectoryAddress, ...DirectoryAddress[]] {
  const [first, ...others] = typeof options.url === 'string' ? [options.url] : options.url;
  if (first === undefined) throw wrong('url has no URL of confdit.');
  return [addressOf(first, options), ...others.map((url) => addressOf(url, options))];
}

function addressOf(url: string, options: OpenOptions): DirectoryAddress {
  const { bindDn, password = '', startTls = false, timeoutMs = TIMEOUT_MS } = options;
  const place = placeOf(url);
  if (startTls && place.scheme !== 'ldap:') throw wrong(`startTls belongs to an ldap:// URL, not to ${url}.`);
  const security = place.scheme === 'ldaps:' ? 'tls' : startTls ? 'start-tls' : 'none';
  if (bindDn === undefined && place.socketPath === undefined) {
    throw wrong(
      `bindDn is missing: only on an ldapi:// URL is it known without a login who asks, not on ${url}.`,
    );
  }
  if (bindDn !== undefined && password === '') throw wrong(`The password of ${bindDn} is missing.`);
  if (security === 'none' && place.socketPath === undefined && !isHere(place.host)) {
    throw wrong(`Passwords would cross the network in clear text to ${url}: use ldaps://, or set startTls.`);
  }
  return {
    url,
    socketPath: place.socketPath,
    host: place.host,
    port: place.port,
    security,
    bindDn,
    password: typeof password === 'function' ? password : () => password,
    ca: options.ca,
    timeoutMs,
  };
}

interface UrlPlace {
  readonly scheme: string;
  readonly host: string;
  /** 0 for a socket file. */
  readonly port: number;
  readonly socketPath: string | undefined;
}

function placeOf(text: string): UrlPlace {
  const [, path] = /^ldapi:\/\/([^/?]+)\/?$/i.exec(text) ?? [];
  if (path !== undefined)
    return { scheme: 'ldapi:', host: 'localhost', port: 0, socketPath: decoded(path, text) };
  const url = URL.parse(text);
  if (url === null || !['ldap:', 'ldaps:'].includes(url.protocol) || url.username !== '') {
    throw wrong(
      `url is ${JSON.stringify(text)}; it must be ldaps://host:port, ldap://host:port or ldapi:// and the path of a socket file with %2F for /.`,
    );
  }
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1') || 'localhost';
  const usualPort = url.protocol === 'ldaps:' ? LDAPS_PORT : LDAP_PORT;
  const port = url.port === '' ? usualPort : Number(url.port);
  return { scheme: url.protocol, host, port, socketPath: undefined };
}

function decoded(path: string, url: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    throw wrong(`url is ${JSON.stringify(url)}, and the path of the socket file in it cannot be read.`);
  }
}

function isHere(host: string): boolean {
  if (HOST_HERE.test(host)) return true;
  return isIP(host) !== 0 && LOOPBACK.check(host, isIPv6(host) ? 'ipv6' : 'ipv4');
}

function loopback(): BlockList {
  const list = new BlockList();
  list.addSubnet('127.0.0.0', 8, 'ipv4');
  list.addAddress('::1', 'ipv6');
  return list;
}

function wrong(message: string): MailServerError {
  return new MailServerError('options', message);
}
