// Says whether watchers who went from server to server with a cookie (RFC 4533) saw each change once and in order.

import type { History, LoggedChange, WatchItem, Watching } from './history.ts';
import type { Versions } from './versions.ts';

type FoundEntry = Extract<WatchItem, { readonly kind: 'entry' }>;

/** Returns what must not be, as sentences. */
export function* checkWatchings(
  { beginning, watchings }: History,
  log: readonly LoggedChange[],
  versions: Versions,
): Generator<string> {
  const means = { log, versions, first: beginning.number + 1 };
  const last = log.at(-1)?.number ?? beginning.number;
  for (const [watcher, all] of Map.groupBy(watchings, (watching) => watching.watcher)) {
    let number: number | undefined;
    for (const watching of all) {
      const walk = new Walk(watching, means);
      if (watching.from !== undefined && watching.from !== number)
        yield `${walk.who} began with a cookie of ${watching.from} after ${number}.`;
      yield* walk.check();
      number = walk.number;
    }
    if (number !== last)
      yield `Watcher ${watcher} has seen no change after ${number}; the last one is ${last}.`;
  }
}

interface Means {
  readonly log: readonly LoggedChange[];
  readonly versions: Versions;
  /** Number of the first change of the log. */
  readonly first: number;
}

/** One search of a watcher, item by item. */
class Walk {
  readonly who: string;
  readonly #watching: Watching;
  readonly #means: Means;
  /** What came in the refresh stage. */
  readonly #found: FoundEntry[] = [];
  #isRefreshed = false;
  #number: number | undefined;

  constructor(watching: Watching, means: Means) {
    this.#watching = watching;
    this.#means = means;
    this.#number = watching.from;
    this.who = `Watcher ${watching.watcher} at server ${watching.server}`;
  }

  /** Number of the change up to which the watcher knows all; undefined if it knows nothing. */
  get number(): number | undefined {
    return this.#number;
  }

  *check(): Generator<string> {
    for (const item of this.#watching.items) {
      switch (item.kind) {
        case 'refreshed':
          yield* this.#refreshed(item.number, item.isWhole);
          break;
        case 'ended':
          if (item.code === SYNC_REFRESH_REQUIRED) {
            yield `${this.who} had to start over after change ${this.#number}: ${item.text}`;
            this.#number = undefined;
          }
          break;
        case 'entry':
          if (this.#isRefreshed) yield* this.#changed(item);
          else this.#found.push(item);
      }
    }
  }

  *#refreshed(number: number | undefined, isWhole: boolean): Generator<string> {
    const { from } = this.#watching;
    this.#isRefreshed = true;
    if (number === undefined) {
      yield `${this.who} got no cookie at the end of the refresh stage.`;
      return;
    }
    if (from !== undefined && number < from) yield `${this.who} went back from ${from} to ${number}.`;
    // What a watcher knows already is not sent again, and what it does not know comes change by change.
    if (from !== undefined && !isWhole) {
      if (this.#found.length > 0 || number !== from)
        yield `${this.who} got ${this.#found.length} entries and the number ${number} for a cookie of ${from}.`;
    } else yield* this.#wholeState(number);
    this.#number = number;
  }

  /**
   * The entries are as of this change, or of a later one that was made while they were sent: then that change comes again, in the
   * persist stage.
   */
  *#wholeState(number: number): Generator<string> {
    const state = this.#means.versions.stateAt(number);
    const found = new Map(this.#found.map(({ name, host }) => [name, host]));
    if (found.size !== this.#found.length) yield `${this.who} got an entry twice.`;
    for (const name of new Set([...state.keys(), ...found.keys()])) {
      const hosts = this.#means.versions.between(name, number, Number.POSITIVE_INFINITY);
      if (!hosts.includes(found.get(name)))
        yield `${this.who} got ${name} as ${found.get(name) ?? 'gone'} at change ${number}; it was ${state.get(name) ?? 'gone'}.`;
    }
  }

  *#changed({ state, name, host, number }: FoundEntry): Generator<string> {
    const next = (this.#number ?? 0) + 1;
    const change = this.#means.log[next - this.#means.first];
    const shown = `${state} ${name} ${host}`.trim();
    if (number !== next)
      yield `${this.who} got "${shown}" with a cookie of ${number} after change ${next - 1}.`;
    else if (change === undefined || shown !== `${change.type} ${change.name} ${change.host}`.trim())
      yield `${this.who} got "${shown}" as change ${number}, which is "${change?.type} ${change?.name} ${change?.host}".`;
    this.#number = number ?? next;
  }
}

/** RFC 4533 §2.6: the cookie says nothing to the server. */
const SYNC_REFRESH_REQUIRED = 4096;
