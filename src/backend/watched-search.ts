// What the commits of a change feed do to the result of a search.

import { isBelow } from '../ldap/dn-key.ts';
import type { Entry } from '../ldap/entry.ts';
import { SearchScope } from '../ldap/message.ts';
import type { Matcher } from '../schema/filter-matcher.ts';
import type { ChangeEvent, ChangeListener, Watching } from './backend.ts';
import type { CommitChanges, EntryChange, Place, WatchedFeed } from './change-feed.ts';

/** A search as its events are made. */
export interface WatchedSearch {
  /** The key that the feed has for the base. */
  readonly baseKey: string;
  readonly scope: SearchScope;
  /** Returns an entry of the feed as readers see it. */
  readonly shown: (entry: Entry) => Entry;
  /** Takes an entry that is shown. */
  readonly matches: Matcher;
  /** Returns what the requester sees of an entry of the feed. */
  readonly view: (entry: Entry) => Entry;
}

/** Tells the listener of the commits to come, as far as they change what the search finds. */
export function watchSearch(feed: WatchedFeed, search: WatchedSearch, listener: ChangeListener): Watching {
  const eventsOf = ({ number, changes }: CommitChanges) =>
    changes.map((change) => eventOf(search, number, change)).filter((event) => event !== undefined);
  const stop = feed.listen({
    committed: (commit) => {
      const events = eventsOf(commit);
      if (events.length > 0) listener.changed(events);
    },
    failed: (error) => listener.failed(error),
  });
  return {
    number: feed.number,
    history: feed.history,
    eventsSince: (number) => {
      const commits = feed.since(number);
      return commits === undefined ? undefined : nonEmpty(commits, eventsOf);
    },
    stop,
  };
}

function eventOf(
  { baseKey, scope, shown, matches, view }: WatchedSearch,
  number: number,
  { type, id, before, after }: EntryChange,
): ChangeEvent | undefined {
  const see = (place: Place | undefined) => {
    if (place === undefined || !isInScope(place.key, baseKey, scope)) return undefined;
    return matches(shown(place.entry)) === true ? view(place.entry) : undefined;
  };
  const seenBefore = see(before);
  const seenAfter = see(after);
  if (seenBefore === undefined && seenAfter === undefined) return undefined;
  const isRename = type === 'modifyDn' && before !== undefined;
  const previousDn = isRename ? shown(before.entry).dn.toString() : undefined;
  return { number, type, id, previousDn, before: seenBefore, after: seenAfter };
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
