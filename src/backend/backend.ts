// The seam between the protocol and what answers for a part of the tree. A backend is given finished requests and
// returns finished entries; it knows nothing of messages and connections.

import type { Change } from '../ldap/change.ts';
import type { Dn } from '../ldap/dn.ts';
import type { Entry } from '../ldap/entry.ts';
import type { Filter } from '../ldap/filter.ts';
import type { SearchScope } from '../ldap/message.ts';

/** Who asks. */
export interface Requester {
  /** The authorization identity as a DN; empty for the anonymous. */
  readonly dn: string;
  /** The same for people: `anonymous` or the DN. */
  readonly name: string;
  readonly privileges: ReadonlySet<string>;
}

export const ANONYMOUS: Requester = Object.freeze({
  dn: '',
  name: 'anonymous',
  privileges: new Set<string>(),
});

export interface Search {
  /** As the client wrote it. */
  readonly base: string;
  /** The key the schema makes of it. */
  readonly baseKey: string;
  readonly scope: SearchScope;
  readonly filter: Filter;
  /** The attribute selectors of the request: names, `*`, `+`, `1.1`. */
  readonly selectors: readonly string[];
  readonly requester: Requester;
}

export interface Comparison {
  readonly dn: string;
  readonly dnKey: string;
  readonly attribute: string;
  readonly value: string;
  readonly requester: Requester;
}

export interface ChangeOutcome {
  /** What the administrator must still do before everything is in force: one line each. */
  readonly notes: readonly string[];
}

export interface Backend {
  readonly baseDn: Dn;
  readonly baseKey: string;
  /** Reading needs this privilege; undefined: anybody may read. */
  readonly readPrivilege: string | undefined;
  /** Changing needs all of these; undefined: nobody may, because nothing here can be changed. */
  readonly writePrivileges: readonly string[] | undefined;
  /** What the search finds, already reduced to the selected attributes; `undefined` in between lets others work. Throws noSuchObject. */
  search(search: Search): Iterable<Entry | undefined>;
  /** Whether the entry has the value (RFC 4511 §4.10). Throws noSuchObject, noSuchAttribute, undefinedAttributeType. */
  compare(comparison: Comparison): boolean;
  /** Resolves when the change is on disk and in force. Throws LdapError, and then nothing has changed. */
  change(change: Change, requester: Requester): Promise<ChangeOutcome>;
}
