// Tells of changes of the configuration by alerts: who has changed which entries, and which of their attributes, never
// their values. Commits are only listened to while somebody wants to hear of them.

import type { ChangeFeed, CommitChanges, EntryChange } from '../backend/change-feed.ts';
import type { AlertSink } from '../mail/alert.ts';

const ENTRIES_MAX = 20;

export class ChangeAlerts {
  readonly #feed: ChangeFeed;
  readonly #alerts: AlertSink;
  #stop: (() => void) | undefined;

  constructor(feed: ChangeFeed, alerts: AlertSink) {
    this.#feed = feed;
    this.#alerts = alerts;
  }

  /** Begins or ends; nothing when it is so already. */
  setWanted(isWanted: boolean): void {
    if (isWanted === (this.#stop !== undefined)) return;
    this.#stop?.();
    this.#stop = isWanted
      ? this.#feed.listen({ committed: (commit) => this.#raise(commit), failed: () => {} })
      : undefined;
  }

  #raise({ number, changes, isForeign }: CommitChanges): void {
    // One alert is enough for all servers: that of the one that took the change.
    if (isForeign === true) return;
    const shown = changes.slice(0, ENTRIES_MAX).map(describeChange).join('; ');
    const more = changes.length > ENTRIES_MAX ? `; and ${changes.length - ENTRIES_MAX} more` : '';
    this.#alerts.raise({
      type: 'confdit.ConfigurationChanged',
      message: `Change ${number}: ${shown}${more}.`,
    });
  }
}

function describeChange({ type, before, after }: EntryChange): string {
  const by = after?.entry.first('modifiersname') ?? after?.entry.first('creatorsname');
  const whose = by === undefined || by === '' ? '' : ` by ${by}`;
  if (after === undefined) return `${before?.entry.dn} was deleted`;
  if (before === undefined) return `${after.entry.dn} was added${whose}`;
  const names = after.entry.attributes
    .filter(({ key, values }) => !isSame(values, before.entry.values(key)))
    .map(({ description }) => description);
  const gone = before.entry.attributes.filter(({ key }) => after.entry.find(key) === undefined);
  const all = [...names, ...gone.map(({ description }) => description)].filter((name) => !STAMPS.has(name));
  return `${after.entry.dn} was ${type === 'modifyDn' ? 'renamed' : 'changed'}${whose} (${all.join(', ')})`;
}

/** Operational attributes that every change sets. */
const STAMPS: ReadonlySet<string> = new Set(['modifiersName', 'modifyTimestamp', 'entryCSN', 'etag']);

function isSame(some: readonly string[], others: readonly string[]): boolean {
  return some.length === others.length && some.every((value, index) => value === others[index]);
}
