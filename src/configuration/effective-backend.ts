// cn=effective: what is in force. The entries of cn=config with expressions resolved and defaults filled in; read
// only. Filters match what is shown here, not what is written. An entry that cannot be in force on this server does not exist here.

import {
  ChangeFeed,
  type CommitChanges,
  type CommitListener,
  type EntryChange,
  type Place,
  type WatchedFeed,
} from '../backend/change-feed.ts';
import type { EntryViews } from '../backend/entry-views.ts';
import { Instead } from '../backend/read-only.ts';
import { TreeBackend } from '../backend/tree-backend.ts';
import { type Presentation, TreeSource } from '../backend/tree-source.ts';
import { derivedId } from '../directory/stamp.ts';
import { Dn } from '../ldap/dn.ts';
import { type Attribute, Entry } from '../ldap/entry.ts';
import type { Configuration } from './configuration.ts';
import type { ReloadedObject } from './reload/reload-plan.ts';

/** Attributes with this prefix may be written as expressions: their indexes hold other values than are shown here. */
const RESOLVED_PREFIX = 'ds-cfg-';
const BASE = Dn.parse('cn=effective');
const ID_KEY = 'entryuuid';

export class EffectiveBackend extends TreeBackend {
  readonly #entries: EffectiveEntries;
  readonly #feed: EffectiveFeed;

  /** Takes the feed of the changes to what is written. */
  constructor(configuration: Configuration, views: EntryViews, written: ChangeFeed) {
    const { schema, tree } = configuration;
    const entries = new EffectiveEntries(configuration);
    const source = new TreeSource(schema, tree, entries.presentation);
    const feed = new EffectiveFeed(configuration, written);
    super({
      baseDn: BASE,
      readPrivilege: 'config-read',
      instead: Instead.effective,
      schema,
      views,
      feed,
      source: () => source,
    });
    this.#entries = entries;
    this.#feed = feed;
  }

  /** Tells those who watch of entries that stay as they are written and have other values in force. */
  reloaded(objects: readonly ReloadedObject[]): void {
    this.#feed.publish(objects, this.#entries);
  }
}

/** Effective entries, each made once. */
class EffectiveEntries {
  readonly presentation: Presentation;
  readonly #configuration: Configuration;
  #effective = new WeakMap<Entry, Entry>();
  /** Of which sources what is remembered comes. */
  #sourcesId: string;

  constructor(configuration: Configuration) {
    const { schema, inForce } = configuration;
    const baseKey = schema.dnKey(BASE);
    const writtenKey = schema.dnKeyOfText('cn=config');
    this.#configuration = configuration;
    this.#sourcesId = inForce.sourcesId;
    this.presentation = {
      shown: (entry) => this.#inForce(entry),
      treeKey: (key) => (key.endsWith(baseKey) ? key.slice(0, key.length - baseKey.length) + writtenKey : ''),
      isIndexed: (key) => !key.startsWith(RESOLVED_PREFIX) && key !== 'entrydn' && key !== ID_KEY,
      hidden: inForce.absent,
    };
  }

  /** Takes the entry in force under the name it has in cn=config. */
  remember(written: Entry, resolved: Entry): Entry {
    const dn = new Dn([...written.dn.rdns.slice(0, -1), ...BASE.rdns]);
    const entry = new Entry(dn, resolved.attributes.map(asOfTwin));
    this.#known().set(written, entry);
    return entry;
  }

  #inForce(written: Entry): Entry {
    return (
      this.#known().get(written) ??
      this.remember(written, this.#configuration.inForce.effectiveEntry(written))
    );
  }

  #known(): WeakMap<Entry, Entry> {
    const { sourcesId } = this.#configuration.inForce;
    if (sourcesId !== this.#sourcesId) this.#effective = new WeakMap();
    this.#sourcesId = sourcesId;
    return this.#effective;
  }
}

/** RFC 4530 §1: an entryUUID is of one entry. That of the twin follows from that of the written entry, and stays as long as it. */
function asOfTwin(attribute: Attribute): Attribute {
  if (attribute.key !== ID_KEY) return attribute;
  return attribute.withValues(attribute.values.map((id) => derivedId(id, BASE.toString())));
}

/** The changes to what is written, and what was read again without being changed, as if it had been. */
class EffectiveFeed implements WatchedFeed {
  readonly #configuration: Configuration;
  readonly #written: ChangeFeed;
  readonly #reloads = new ChangeFeed('', 0);

  constructor(configuration: Configuration, written: ChangeFeed) {
    this.#configuration = configuration;
    this.#written = written;
  }

  get number(): number {
    return this.#written.number;
  }

  /** Who comes back to what other sources gave begins again. */
  get history(): string {
    return `${this.#written.history}/${this.#configuration.inForce.sourcesId}`;
  }

  since(number: number): ReturnType<WatchedFeed['since']> {
    const commits = this.#written.since(number);
    return commits === undefined ? undefined : Array.from(commits, (commit) => this.#inForce(commit));
  }

  reach(number: number): Promise<void> {
    return this.#written.reach(number);
  }

  listen(listener: CommitListener): () => void {
    const written: CommitListener = {
      committed: (commit) => listener.committed(this.#inForce(commit)),
      failed: (error) => listener.failed(error),
    };
    const stops = [this.#written.listen(written), this.#reloads.listen(listener)];
    return () => {
      for (const stop of stops) stop();
    };
  }

  /** Returns a commit as it is for readers to whom absent entries do not exist. */
  #inForce(commit: CommitChanges): CommitChanges {
    const { absent } = this.#configuration.inForce;
    if (absent.isNone()) return commit;
    const ifShown = (place: Place | undefined) =>
      place === undefined || absent.has(place.entry) ? undefined : place;
    const changes = commit.changes.flatMap((change): EntryChange[] => {
      const [before, after] = [ifShown(change.before), ifShown(change.after)];
      if (before === change.before && after === change.after) return [change];
      if (before === undefined && after === undefined) return [];
      return [{ ...change, type: after === undefined ? 'delete' : 'add', before, after }];
    });
    return { ...commit, changes };
  }

  publish(objects: readonly ReloadedObject[], entries: EffectiveEntries): void {
    if (!this.#reloads.isHeard) return;
    const effects = objects.map(({ key, entry, wasAbsent, effectiveBefore }) => {
      if (wasAbsent) return { key, parentKey: undefined, dn: entry.dn, before: undefined, after: entry };
      // An entry of its own for the former values: what is in force is remembered by the entry.
      const before = entry.withAttributes(entry.attributes);
      entries.remember(before, effectiveBefore());
      return { key, parentKey: undefined, dn: entry.dn, before, after: entry };
    });
    if (effects.length > 0) this.#reloads.publish(this.#written.number, effects);
  }
}
