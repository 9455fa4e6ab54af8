// What the commits of a change feed do to the result of a search.

import type { RightsChanges } from '../access/rights-changes.ts';
import { isBelow } from '../ldap/dn-key.ts';
import type { Entry } from '../ldap/entry.ts';
import { SearchScope } from '../ldap/message.ts';
import type { Matcher } from '../schema/filter-matcher.ts';
import type { ChangeEvent, ChangeListener, Watching } from './backend.ts';
import type { CommitChanges, EntryChange, Place, WatchedFeed } from './change-feed.ts';

/** View of the requester by its rights at one time. */
export interface WatchRights {
  /** Origin of the rights: the same object as long as the rights are the same. */
  readonly source: object;
  /** Identifies them, over restarts too. */
  readonly id: string;
  /** Returns all that an entry, as it is shown, is to the requester, where not everything exists for it. */
  readonly see: ((entry: Entry) => Entry | undefined) | undefined;
  /** Takes an entry that is shown. */
  readonly matches: Matcher;
  /** Returns what the requester sees of an entry of the feed. */
  readonly view: (entry: Entry) => Entry;
}

/** A search as its events are made. */
export interface WatchedSearch {
  /** The key that the feed has for the base. */
  readonly baseKey: string;
  readonly scope: SearchScope;
  /** Returns an entry of the feed as readers see it. */
  readonly shown: (entry: Entry) => Entry;
  /** Returns the rights as they are now. */
  readonly rightsNow: () => WatchRights;
  /** Reports that they may be others. */
  readonly rightsChanges: RightsChanges;
  /** Returns the entries of the feed at and below the base, as they are now. */
  readonly entries: () => Iterable<Entry>;
  /** Returns the key that the feed has for an entry. */
  readonly keyOf: (entry: Entry) => string;
}

/**
 * Tells the listener of the commits to come, as far as they change what the search finds. Where the rights of the requester
 * change, what it sees no longer is told as deleted, and what it sees from now on as added.
 */
export function watchSearch(feed: WatchedFeed, search: WatchedSearch, listener: ChangeListener): Watching {
  let rights = search.rightsNow();
  const eventsOf = ({ number, changes }: CommitChanges, before = rights, after = rights) =>
    changes
      .map((change) => eventOf(search, number, change, before, after))
      .filter((event) => event !== undefined);
  const committed = (commit: CommitChanges): readonly ChangeEvent[] => {
    const now = search.rightsNow();
    if (now.source === rights.source) return eventsOf(commit);
    const before = rights;
    rights = now;
    const touched = new Set(commit.changes.map(({ id }) => id));
    return [...eventsOf(commit, before, now), ...rightsEvents(search, commit.number, touched, before, now)];
  };
  /** Where other rights come without a commit of this feed: by a reload, or a commit elsewhere. */
  const recheck = () => {
    const now = search.rightsNow();
    if (now.source === rights.source) return;
    const before = rights;
    rights = now;
    const events = [...rightsEvents(search, feed.number, new Set(), before, now)];
    if (events.length > 0) listener.changed(events);
  };
  const stopFeed = feed.listen({
    committed: (commit) => {
      const events = committed(commit);
      if (events.length > 0) listener.changed(events);
    },
    failed: (error) => listener.failed(error),
  });
  const stopRights = search.rightsChanges.listen({
    changed: recheck,
    failed: (error) => listener.failed(error),
  });
  return {
    number: feed.number,
    history: feed.history,
    get rightsId() {
      return rights.id;
    },
    eventsSince: (number) => {
      const commits = feed.since(number);
      return commits === undefined ? undefined : nonEmpty(commits, (commit) => eventsOf(commit));
    },
    reach: (number) => feed.reach(number),
    stop: () => {
      stopFeed();
      stopRights();
    },
  };
}

/** Yields the events that changed rights cause for entries that the commit has not touched. */
function* rightsEvents(
  search: WatchedSearch,
  number: number,
  touched: ReadonlySet<string>,
  before: WatchRights,
  after: WatchRights,
): Generator<ChangeEvent> {
  for (const entry of search.entries()) {
    const id = entry.first('entryuuid') ?? '';
    if (touched.has(id)) continue;
    const place = { key: search.keyOf(entry), entry };
    const event = eventOf(search, number, { type: 'modify', id, before: place, after: place }, before, after);
    if (event === undefined) continue;
    const { before: old, after: now } = event;
    if (old === undefined || now === undefined || !isSame(old, now)) yield event;
  }
}

function isSame(one: Entry, other: Entry): boolean {
  const texts = ({ attributes }: Entry) => JSON.stringify(attributes.map(({ key, values }) => [key, values]));
  return texts(one) === texts(other);
}

function eventOf(
  { baseKey, scope, shown }: WatchedSearch,
  number: number,
  { type, before, after }: EntryChange,
  rightsBefore: WatchRights,
  rightsAfter: WatchRights,
): ChangeEvent | undefined {
  const find = (place: Place | undefined, { see }: WatchRights) =>
    place === undefined || (see !== undefined && see(shown(place.entry)) === undefined) ? undefined : place;
  const found = { before: find(before, rightsBefore), after: find(after, rightsAfter) };
  const view = (place: Place | undefined, rights: WatchRights) => {
    if (place === undefined || !isInScope(place.key, baseKey, scope)) return undefined;
    return rights.matches(shown(place.entry)) === true ? rights.view(place.entry) : undefined;
  };
  const seenBefore = view(found.before, rightsBefore);
  const seenAfter = view(found.after, rightsAfter);
  if (seenBefore === undefined && seenAfter === undefined) return undefined;
  const told = typeFor(type, found);
  if (told === 'modify' && isHidden(found, shown, rightsBefore, rightsAfter)) return undefined;
  const isRename = told === 'modifyDn' && before !== undefined;
  const place = after ?? before;
  const id = (place && shown(place.entry).first('entryuuid')) ?? '';
  const previousDn = isRename ? shown(before.entry).dn.toString() : undefined;
  return {
    number,
    type: told,
    id,
    previousDn,
    before: seenBefore,
    after: seenAfter,
    rightsId: rightsAfter.id,
  };
}

interface FoundPlaces {
  readonly before: Place | undefined;
  readonly after: Place | undefined;
}

/**
 * Returns the type of an event: an entry that begins to exist for the requester is added, and one that it sees no longer is
 * deleted.
 */
function typeFor(type: EntryChange['type'], { before, after }: FoundPlaces): EntryChange['type'] {
  if (before === undefined) return 'add';
  return after === undefined ? 'delete' : type;
}

/** Returns true if only what the requester may not read has changed. */
function isHidden(
  { before, after }: FoundPlaces,
  shown: (entry: Entry) => Entry,
  rightsBefore: WatchRights,
  rightsAfter: WatchRights,
): boolean {
  if (rightsBefore.see === undefined || rightsAfter.see === undefined) return false;
  const old = before && rightsBefore.see(shown(before.entry));
  const now = after && rightsAfter.see(shown(after.entry));
  return old !== undefined && now !== undefined && isSame(old, now);
}

/** Keys are names leaf first: what is below a name ends with it. */
function isInScope(key: string, baseKey: string, scope: SearchScope): boolean {
  if (key === baseKey) return scope === SearchScope.baseObject || scope === SearchScope.wholeSubtree;
  if (scope === SearchScope.baseObject || !isBelow(key, baseKey)) return false;
  return scope !== SearchScope.singleLevel || key.indexOf(',') === key.length - baseKey.length - 1;
}

function* nonEmpty(
  commits: Iterable<CommitChanges>,
  eventsOf: (commit: CommitChanges) => readonly ChangeEvent[],
): Generator<readonly ChangeEvent[]> {
  for (const commit of commits) {
    const events = eventsOf(commit);
    if (events.length > 0) yield events;
  }
}
