// The sockets of one connection handler, open between `start` and `stop`. A place that another handler has until the same
// commit is opened when that has left it.

import type { Server } from 'node:net';
import { errorFrom } from '../../files/file-error.ts';
import type { Facts } from '../../runtime/description.ts';
import { type ListenerOptions, openSocket, type Place, urlOf } from './listening-socket.ts';

/** What knows of the places of all handlers. */
export interface PlaceKeeper {
  /**
   * Whether another handler has the place, or a part of it, and leaves it with what is prepared. Throws LdapError when it
   * stays.
   */
  isBeingLeft(place: Place): Promise<boolean>;
  /** It is open; call what comes back when it is closed. */
  opened(place: Place): () => void;
}

interface OpenSocket {
  readonly server: Server;
  readonly closed: () => void;
}

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 60_000;

export class Listener {
  readonly #places: readonly Place[];
  readonly #options: ListenerOptions;
  readonly #keeper: PlaceKeeper;
  readonly #sockets = new Map<Place, OpenSocket>();
  readonly #late = new Set<Place>();
  #isStopped = false;

  private constructor(places: readonly Place[], options: ListenerOptions, keeper: PlaceKeeper) {
    this.#places = places;
    this.#options = options;
    this.#keeper = keeper;
  }

  /** Opens every place that is free; when one can be opened neither now nor later none stays open, and the error says why. */
  static async start(
    places: readonly Place[],
    options: ListenerOptions,
    keeper: PlaceKeeper,
  ): Promise<Listener> {
    const listener = new Listener(places, options, keeper);
    try {
      for (const place of places) {
        if (await keeper.isBeingLeft(place)) listener.#late.add(place);
        else listener.#take(place, await openSocket(place, options));
      }
    } catch (error) {
      listener.stop();
      throw error;
    }
    return listener;
  }

  get urls(): readonly string[] {
    return this.#places.map((place) => urlOf(place, portOf(this.#sockets.get(place)?.server)));
  }

  /** What the sockets are like that listen now. */
  describe(): Facts {
    const sockets = [...this.#sockets.values()].map(({ server: { listening, maxConnections } }) => ({
      listening,
      maxConnections,
    }));
    return { urls: this.urls, sockets, backlog: this.#options.backlog };
  }

  /** Whether all of its sockets listen. */
  get isListening(): boolean {
    return this.#late.size === 0 && [...this.#sockets.values()].every(({ server }) => server.listening);
  }

  /**
   * Opens what others have left by now. Resolves when that was tried, and never rejects: somebody else may have been quicker,
   * and then it is tried again, with growing pauses. Undefined when there is nothing to be opened.
   */
  openRest(): Promise<unknown> | undefined {
    if (this.#late.size === 0) return undefined;
    return Promise.all([...this.#late].map((place) => this.#openLate(place, FIRST_PAUSE_MS)));
  }

  /** Accepts nothing more; connections that are open stay. */
  stop(): void {
    this.#isStopped = true;
    for (const { server, closed } of this.#sockets.values()) {
      server.close();
      closed();
    }
  }

  async #openLate(place: Place, pauseMs: number): Promise<void> {
    try {
      const server = await openSocket(place, this.#options);
      this.#late.delete(place);
      this.#take(place, server);
      if (this.#isStopped) this.stop();
    } catch (error) {
      this.#options.failed(errorFrom(error));
      const again = () => {
        if (!this.#isStopped) void this.#openLate(place, Math.min(2 * pauseMs, LONGEST_PAUSE_MS));
      };
      setTimeout(again, pauseMs).unref();
    }
  }

  #take(place: Place, server: Server): void {
    this.#sockets.set(place, { server, closed: this.#keeper.opened(place) });
  }
}

function portOf(server: Server | undefined): number | undefined {
  const address = server?.address();
  return typeof address === 'object' ? address?.port : undefined;
}
