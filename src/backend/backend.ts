// The seam between the protocol and what answers for a part of the tree. A backend is given finished requests and
// returns finished entries; it knows nothing of messages and connections.

import type { ConnectionFacts } from '../access/policy.ts';
import type { PolicyAccess } from '../access/policy-access.ts';
import type { Change } from '../ldap/change.ts';
import type { Dn } from '../ldap/dn.ts';
import type { Entry } from '../ldap/entry.ts';
import type { Filter } from '../ldap/filter.ts';
import type { SearchScope } from '../ldap/message.ts';
import type { OctetCount } from '../ldap/octet-count.ts';
import type { Reference } from '../ldap/reference.ts';
import type { SortKey } from '../ldap/sort-key.ts';
import type { SortValues } from './sort-order.ts';
import type { WriteOrder } from './write-order.ts';

/** Who asks. */
export interface Requester {
  /** The authorization identity as a DN; empty for the anonymous. */
  readonly dn: string;
  /** Name for people: `anonymous` or the DN. */
  readonly name: string;
  readonly privileges: ReadonlySet<string>;
  /** True if its login proves nothing of the password of its account, so that rules for owners of passwords do not bind it. */
  readonly isAdministratorOfItself?: boolean;
  /** How it is connected; undefined where it does not come by a connection. */
  readonly connection?: ConnectionFacts | undefined;
}

export const ANONYMOUS: Requester = Object.freeze({
  dn: '',
  name: 'anonymous',
  privileges: new Set<string>(),
});

/** Whose rights are asked for, and to what besides what the search returns. */
export interface RightsQuestion {
  readonly subject: Requester;
  readonly attributes: readonly string[];
}

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
  /** Must be true of the base, or the search is refused with assertionFailed (RFC 4528). */
  readonly assertion?: Filter | undefined;
  /** Only values that one of these finds are returned (RFC 3876). */
  readonly valuesFilter?: readonly Filter[] | undefined;
  /** Referral entries are entries like others (RFC 3296). */
  readonly manageDsaIt?: boolean | undefined;
  /** The entries are returned with the rights that somebody has to them. */
  readonly effectiveRights?: RightsQuestion | undefined;
  /** Counts what the search collects until its end. */
  readonly held?: OctetCount | undefined;
}

/** Result of a search: an entry, a reference, or undefined to give others a turn. */
export type Found = Entry | Reference | undefined;

/** A search with its result in order (RFC 2891). */
export interface SortedSearch extends Search {
  readonly sortKeys: readonly SortKey[];
  /** More entries than this are not sorted: adminLimitExceeded. */
  readonly entriesMax: number;
  /** Counts what the result takes. Whoever asks gives it back when the result is not needed any more. */
  readonly sorting: OctetCount;
}

/** One by one, `undefined` while others may work; then all that was found, in order, views not yet made. */
export interface SortedResult {
  readonly length: number;
  /** The parts that lie elsewhere; they have no place in the order. */
  readonly references: readonly Reference[];
  /** Returns the entry at this index as the requester sees it. */
  entryAt(index: number): Entry;
  /** The first index whose entry is not before the value in the order of the first key; `length` when all are. */
  indexOf(value: string): number;
  /** Returns the values that the entry at this index was sorted by. */
  valuesAt(index: number): SortValues;
  /** The order itself: less than 0 when `a` comes before `b`. */
  compare(a: SortValues, b: SortValues): number;
}

export interface Comparison {
  readonly dn: string;
  readonly dnKey: string;
  readonly attribute: string;
  readonly value: string;
  readonly requester: Requester;
  readonly assertion?: Filter | undefined;
  readonly manageDsaIt?: boolean | undefined;
}

/** Requests of a client beside the change itself. */
export interface ChangeOptions {
  /** Must be true of the entry, or the change is refused with assertionFailed (RFC 4528); of an add: the new entry. */
  readonly assertion?: Filter | undefined;
  /** Everything is checked and prepared, and nothing changes. */
  readonly noOp?: boolean | undefined;
  /** A delete takes what is below with it. */
  readonly subtreeDelete?: boolean | undefined;
  readonly manageDsaIt?: boolean | undefined;
  /** A modify that adds what is there, or deletes what is not, is not refused for that. */
  readonly permissiveModify?: boolean | undefined;
  /** Selectors of the attributes to return as they were before (RFC 4527 §3.1). */
  readonly preRead?: readonly string[] | undefined;
  /** Selectors of the attributes to return as they are afterwards (RFC 4527 §3.2). */
  readonly postRead?: readonly string[] | undefined;
}

export const NO_OPTIONS: ChangeOptions = Object.freeze({});

export interface ChangeOutcome {
  /** The number of the commit; undefined when nothing was to be stored. */
  readonly number: number | undefined;
  /** Lines that say what the administrator must still do before everything is effective. */
  readonly notes: readonly string[];
  /** Entry that `preRead` asked for, as far as the requester may see it. */
  readonly before: Entry | undefined;
  /** Entry that `postRead` asked for. */
  readonly after: Entry | undefined;
}

/** One of the changes that are made together. */
export interface ChangeStep {
  readonly change: Change;
  readonly options: ChangeOptions;
}

/** Change of one entry as a watcher sees it. */
export interface ChangeEvent {
  /** The number of the commit. Several events of one commit come together, in one call. */
  readonly number: number;
  readonly type: Change['type'];
  /** The entryUUID. */
  readonly id: string;
  /** The name the entry had before, when it was renamed. */
  readonly previousDn: string | undefined;
  /** The entry before, when the watched search found it then. */
  readonly before: Entry | undefined;
  /** The entry now, when the watched search finds it. */
  readonly after: Entry | undefined;
  /** Names the rights that the requester has with it, see Watching.rightsId. */
  readonly rightsId: string;
}

export interface ChangeListener {
  /** Called after each commit, in order, exactly once; never with an empty list. Must not throw and must be quick. */
  changed(events: readonly ChangeEvent[]): void;
  /** Called if the effects of a commit cannot be found. No more events follow. */
  failed(error: unknown): void;
}

export interface Watching {
  /** The last commit whose changes a search shows at this moment: the first event has a higher number. */
  readonly number: number;
  /** Which history the numbers belong to: another after the entries were replaced as a whole. */
  readonly history: string;
  /** Names what the requester may see: another when that is something else. */
  readonly rightsId: string;
  /** Returns the events after a commit, oldest first; undefined if they are not remembered any more. */
  eventsSince(number: number): Iterable<readonly ChangeEvent[]> | undefined;
  /**
   * Resolves when searches show this commit, or the history certainly does not have it. Rejects with LdapError (unavailable) if
   * that is not known in time.
   */
  reach(number: number): Promise<void>;
  stop(): void;
}

/** Part of a backend that can be searched; several backends can be one. */
export type Searchable = Pick<Backend, 'search' | 'searchSorted'>;

export interface Backend {
  readonly baseDn: Dn;
  readonly baseKey: string;
  /** Reading needs this privilege; undefined: anybody may read. */
  readonly readPrivilege?: string | undefined;
  /** Only who has logged in may read. */
  readonly needsLogin?: boolean;
  /** Searches of everything below the root leave it out: it tells of what is elsewhere, over again. */
  readonly isApart?: boolean;
  /** Returns what policies allow the requester; undefined if none is for it. */
  accessOf(requester: Requester): PolicyAccess | undefined;
  /** Returns true if policies let the requester read something, or see what belongs to it. */
  readsByPolicy(requester: Requester): boolean;
  /** Returns true if policies let the requester change something. */
  writesByPolicy(requester: Requester): boolean;
  /** Changing needs all of these; undefined: nobody may, because nothing here can be changed. */
  readonly writePrivileges?: readonly string[] | undefined;
  /** Advice for a tree that cannot be changed: what to do instead. */
  readonly instead?: string;
  /** Returns the found entries with the selected attributes. Throws noSuchObject, assertionFailed. */
  search(search: Search): Iterable<Found>;
  /**
   * Returns the found entries in order; the last it yields is the result. Throws what `search` throws and
   * inappropriateMatching, noSuchAttribute.
   */
  searchSorted(search: SortedSearch): Iterable<SortedResult | undefined>;
  /** Returns true if the entry has the value (RFC 4511 §4.10). Throws noSuchObject, noSuchAttribute, undefinedAttributeType. */
  compare(comparison: Comparison): boolean;
  /**
   * Resolves when the change is on disk and in force. Rejects with LdapError, and then nothing has changed.
   * @param order what the client has sent before has its turn first
   */
  change(
    change: Change,
    requester: Requester,
    options?: ChangeOptions,
    order?: WriteOrder,
  ): Promise<ChangeOutcome>;
  /**
   * All of them as one commit, or none; one that is a trial makes all of them one. Rejects with ChangeRefused when one of
   * them is at fault.
   */
  changeAll(
    steps: readonly ChangeStep[],
    requester: Requester,
    order?: WriteOrder,
  ): Promise<readonly ChangeOutcome[]>;
  /** Tells of every change to what the search finds or found. Throws unwillingToPerform where nothing can be watched. */
  watch(search: Search, listener: ChangeListener): Watching;
}
