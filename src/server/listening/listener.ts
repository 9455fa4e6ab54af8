// The sockets of one connection handler, open between `start` and `stop`. An address that another handler leaves in the same
// commit is opened after that.

import type { Server } from 'node:net';
import { errorFrom } from '../../files/file-error.ts';
import type { Facts } from '../../runtime/description.ts';
import { type ListenAddress, type ListenerOptions, openSocket, urlOf } from './listening-socket.ts';

/** Knows the addresses of all handlers. */
export interface AddressKeeper {
  /**
   * Resolves to true if another handler has the address, or a part of it, and leaves it with this commit. Throws LdapError
   * if it stays.
   */
  isBeingLeft(place: ListenAddress): Promise<boolean>;
  /** Notes that the address is open. Returns the function to call when it is closed. */
  opened(place: ListenAddress): () => void;
}

interface OpenSocket {
  readonly server: Server;
  readonly closed: () => void;
}

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 60_000;

export class Listener {
  readonly #places: readonly ListenAddress[];
  readonly #options: ListenerOptions;
  readonly #keeper: AddressKeeper;
  readonly #sockets = new Map<ListenAddress, OpenSocket>();
  readonly #late = new Set<ListenAddress>();
  #isStopped = false;

  private constructor(places: readonly ListenAddress[], options: ListenerOptions, keeper: AddressKeeper) {
    this.#places = places;
    this.#options = options;
    this.#keeper = keeper;
  }

  /** Opens every free address. If one cannot be opened, now or later, none stays open, and the error says why. */
  static async start(
    places: readonly ListenAddress[],
    options: ListenerOptions,
    keeper: AddressKeeper,
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

  /** Describes the sockets that listen. */
  describe(): Facts {
    const sockets = [...this.#sockets.values()].map(({ server: { listening, maxConnections } }) => ({
      listening,
      maxConnections,
    }));
    return { urls: this.urls, sockets, backlog: this.#options.backlog };
  }

  /** True if all sockets listen. */
  get isListening(): boolean {
    return this.#late.size === 0 && [...this.#sockets.values()].every(({ server }) => server.listening);
  }

  /**
   * Opens the addresses that others have left by now. Resolves after the attempt and never rejects: another process may have
   * taken one; it is tried again, with growing pauses. Returns undefined if there is nothing to open.
   */
  openRest(): Promise<unknown> | undefined {
    if (this.#late.size === 0) return undefined;
    return Promise.all([...this.#late].map((place) => this.#openLate(place, FIRST_PAUSE_MS)));
  }

  /** Accepts no more connections; open ones stay. */
  stop(): void {
    this.#isStopped = true;
    for (const { server, closed } of this.#sockets.values()) {
      server.close();
      closed();
    }
  }

  async #openLate(place: ListenAddress, pauseMs: number): Promise<void> {
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

  #take(place: ListenAddress, server: Server): void {
    this.#sockets.set(place, { server, closed: this.#keeper.opened(place) });
  }
}

function portOf(server: Server | undefined): number | undefined {
  const address = server?.address();
  return typeof address === 'object' ? address?.port : undefined;
}
