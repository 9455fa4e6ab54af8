// Referral objects (RFC 3296): entries that name the server which holds a subtree.

import { Dn } from '../ldap/dn.ts';
import type { Entry } from '../ldap/entry.ts';
import { LdapError } from '../ldap/ldap-error.ts';
import { SearchScope } from '../ldap/message.ts';
import type { Tree } from './tree.ts';
import type { Node } from './tree-node.ts';

const CLASS_OID = '2.16.840.1.113730.3.2.6';
const CLASS_NAME = 'referral';
const LDAP_URL = /^(ldaps?|ldapi):\/\/([^/?]*)(?:\/([^?]*))?/i;

/** Scope in the URL of a search that continues at the base of a referral object (RFC 4511 §4.1.10). */
const SCOPES = {
  [SearchScope.baseObject]: '??base',
  [SearchScope.singleLevel]: '??one',
  [SearchScope.wholeSubtree]: '??sub',
  [SearchScope.subordinates]: '??subordinates',
} as const;

/** Returns true if the entry is a referral object (RFC 3296). */
export function isReferral(entry: Entry): boolean {
  return entry.values('objectclass').some((name) => name.toLowerCase() === CLASS_NAME);
}

/** Returns the referral objects that readers see; undefined if there are none, as in most trees. */
export function referralsOf(tree: Tree): ReadonlySet<Node> | undefined {
  const nodes = tree.indexed('objectclass', CLASS_OID);
  return nodes === undefined || nodes.size === 0 ? undefined : nodes;
}

/** Returns the highest referral object at or above the DN with this key. */
export function findReferral(key: string, find: (key: string) => Entry | undefined): Entry | undefined {
  let highest: Entry | undefined;
  for (let at = key; ; ) {
    const entry = find(at);
    if (entry !== undefined && isReferral(entry)) highest = entry;
    const comma = at.indexOf(',');
    if (comma < 0) return highest;
    at = at.slice(comma + 1);
  }
}

/** Returns LdapError referral (10) for an operation on a DN at or below a referral object (RFC 4511 §4.1.10). */
export function referralError(referral: Entry, target: Dn, scope?: SearchScope): LdapError {
  const below = target.rdns.slice(0, Math.max(0, target.rdns.length - referral.dn.rdns.length));
  const suffix = scope === undefined ? '' : SCOPES[scope];
  const referrals = urisOf(referral, below, suffix);
  if (referrals.length === 0) {
    return new LdapError(
      'other',
      `${referral.dn}: is a referral object without a value of ref that can be used.`,
    );
  }
  const message = `${target}: is held by another server. To change the referral object itself, send the control ManageDsaIT (ldap-utils: -M).`;
  return new LdapError('referral', message, { matchedDn: referral.dn, referrals });
}

/** Returns the URLs of a search result reference for a referral object within a search (RFC 4511 §4.5.3). */
export function continuationUris(referral: Entry, scope: SearchScope): readonly string[] {
  return urisOf(referral, [], scope === SearchScope.singleLevel ? '??base' : '??sub');
}

/** Returns the URLs with a DN in each (RFC 3296 §5). `below` holds the RDNs below the referral object. */
function urisOf(referral: Entry, below: Dn['rdns'], suffix: string): readonly string[] {
  return referral.values('ref').map((written) => {
    // Some write a label after the URL, as in labeledURI (RFC 2079).
    const [uri = ''] = written.split(' ', 1);
    const [whole, scheme, host, path = ''] = LDAP_URL.exec(uri) ?? [];
    if (whole === undefined) return uri;
    const dn = nameIn(path, referral.dn);
    if (dn === undefined) return uri;
    const name = new Dn([...below, ...dn.rdns]).toString();
    return `${scheme}://${host}/${escapeUrl(name)}${suffix}`;
  });
}

/** Returns the DN in a URL; the referral object's own if the URL has none; undefined if it is not valid. */
function nameIn(path: string, own: Dn): Dn | undefined {
  if (path === '') return own;
  try {
    return Dn.parse(decodeURIComponent(path));
  } catch {
    return undefined;
  }
}

/** Percent-encodes a text for an LDAP URL (RFC 4516 §2.1). */
function escapeUrl(text: string): string {
  return encodeURI(text.toWellFormed()).replaceAll('?', '%3F').replaceAll('#', '%23');
}
