// The certificates in entries of this server, for trust managers that keep their authorities there. What changes below
// the name is found in the memory that trees have of their commits, so that nothing is searched while nothing changes.

import { X509Certificate } from 'node:crypto';
import { setImmediate as otherWork } from 'node:timers/promises';
import { isOwnTree } from '../config/checks/trust-base-check.ts';
import type { Dn } from '../ldap/dn.ts';
import { type Attribute, Entry } from '../ldap/entry.ts';
import { LdapError } from '../ldap/ldap-error.ts';
import { SearchScope } from '../ldap/message.ts';
import { octetsFromText } from '../ldap/octets.ts';
import type { Schema } from '../schema/schema.ts';
import type { FileSource } from '../trust/file-backed.ts';
import { TrustError } from '../trust/trust-error.ts';
import type { Backend, ChangeListener, Requester, Search } from './backend.ts';
import type { NamingContexts } from './naming-contexts.ts';

const CERTIFICATES_MAX = 1000;
/** RFC 4523 §4: both are transferred as DER, whether or not `;binary` was written. */
const ATTRIBUTES: readonly string[] = ['userCertificate', 'cACertificate'];
const KEYS: readonly string[] = ATTRIBUTES.map((name) => name.toLowerCase());

/** The server itself: it may read everything. */
const SERVER: Requester = { dn: 'cn=This Server', name: 'this server', privileges: new Set(['bypass-acl']) };

const NOBODY: ChangeListener = { changed: () => {}, failed: () => {} };

export interface EntryCertificates {
  readonly contexts: NamingContexts;
  readonly schema: Schema;
}

/**
 * The certificates at and below a name; none when there is no such entry: what is no longer there, such as the backend
 * that had it, is no longer trusted. `stamp` changes when they do. Throws TrustError when there are too many.
 */
export function certificatesBelow(
  base: Dn,
  { contexts, schema }: EntryCertificates,
): FileSource<readonly X509Certificate[]> {
  const name = base.toString();
  const search: Search = {
    base: name,
    baseKey: schema.dnKey(base),
    scope: SearchScope.wholeSubtree,
    filter: { type: 'or', filters: ATTRIBUTES.map((attribute) => ({ type: 'present', attribute })) },
    selectors: ATTRIBUTES,
    requester: SERVER,
    manageDsaIt: true,
  };
  const unlessOwn = (backend: Backend | undefined): Backend | undefined => {
    if (isOwnTree(search.baseKey, schema)) throw ownTree(name);
    return backend;
  };
  const find = () => unlessOwn(contexts.find(search.baseKey));
  const watched = new WatchedSearch();
  return {
    read: async () => readCertificates(find(), search),
    readPrepared: async () => readCertificates(unlessOwn(contexts.findPrepared(search.baseKey)), search),
    stamp: async () => watched.stamp(find(), search),
    isLookedAtAlways: true,
  };
}

/** Knows whether what a search finds has changed since it was last asked. */
class WatchedSearch {
  #history: string | undefined;
  #number = 0;
  #changes = 0;

  stamp(backend: Backend | undefined, search: Search): string {
    if (backend === undefined) return 'not there';
    const { number, history, eventsSince, stop } = backend.watch(search, NOBODY);
    const events = history === this.#history ? eventsSince(this.#number) : undefined;
    stop();
    if (events === undefined || hasAny(events)) this.#changes += 1;
    this.#history = history;
    this.#number = number;
    return String(this.#changes);
  }
}

function hasAny(events: Iterable<unknown>): boolean {
  for (const _ of events) return true;
  return false;
}

async function readCertificates(
  backend: Backend | undefined,
  search: Search,
): Promise<readonly X509Certificate[]> {
  const certificates: X509Certificate[] = [];
  if (backend === undefined) return certificates;
  try {
    for (const found of backend.search(search)) {
      if (found === undefined) await otherWork();
      else if (found instanceof Entry) certificates.push(...certificatesOf(found));
      if (certificates.length > CERTIFICATES_MAX) {
        throw new TrustError(
          `Below ${search.base} there are more than ${CERTIFICATES_MAX} certificates. Name a place that has authorities only.`,
        );
      }
    }
  } catch (error) {
    if (!(error instanceof LdapError)) throw error;
    return [];
  }
  return certificates;
}

/** Returns true if the attribute holds certificates that a trust manager would take. */
export function isCertificateAttribute({ key }: Attribute): boolean {
  return KEYS.includes(key.split(';', 1)[0] ?? '');
}

/** A value that is no certificate in DER is nobody's: what stood there before must not go on counting. */
function certificatesOf(entry: Entry): X509Certificate[] {
  const attributes = entry.attributes.filter(isCertificateAttribute);
  return attributes.flatMap(({ values }) =>
    values.flatMap((value) => {
      try {
        return new X509Certificate(octetsFromText(value));
      } catch {
        return [];
      }
    }),
  );
}

function ownTree(name: string): TrustError {
  return new TrustError(
    `${name} is in a tree of the server itself, whose entries are no place for authorities. Correct base-dn.`,
  );
}
