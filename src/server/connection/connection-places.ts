// Counts the connections of a connection handler. When all its places are taken, the oldest connection without a login makes
// room for a new one: idle connections cannot lock out other clients.

import { ResultCode } from '../../ldap/result-code.ts';

/** A connection, or a handshake that may become one, which may have to make room. */
export interface Placed {
  /** Sends a notice with the reason, if possible, and closes at once. */
  evict(code: ResultCode, diagnosticMessage: string): void;
}

export class ConnectionSlot {
  readonly #places: ConnectionPlaces;
  placed: Placed;
  isLeft = false;

  constructor(places: ConnectionPlaces, placed: Placed) {
    this.#places = places;
    this.placed = placed;
  }

  /** Moves the connection between those with and those without a login; it is the youngest of the latter. */
  authenticated(isAuthenticated: boolean): void {
    this.#places.rank(this, isAuthenticated);
  }

  /** Frees the place. */
  leave(): void {
    this.#places.leave(this);
  }
}

export class ConnectionPlaces {
  readonly #connectionsMax: number;
  /** Places of connections without a login, oldest first. */
  readonly #unknown = new Set<ConnectionSlot>();
  #taken = 0;

  constructor(connectionsMax: number) {
    this.#connectionsMax = connectionsMax;
  }

  /** Takes a place, perhaps another connection's. Returns undefined if all others are logged in. */
  take(placed: Placed): ConnectionSlot | undefined {
    if (this.#taken >= this.#connectionsMax) {
      const [oldest] = this.#unknown;
      if (oldest === undefined) return undefined;
      this.leave(oldest);
      oldest.placed.evict(
        ResultCode.busy,
        'All connections are taken, and nobody has logged in on this one: it makes room for a new one.',
      );
    }
    const place = new ConnectionSlot(this, placed);
    this.#taken += 1;
    this.#unknown.add(place);
    return place;
  }

  rank(place: ConnectionSlot, isKnown: boolean): void {
    this.#unknown.delete(place);
    if (!isKnown && !place.isLeft) this.#unknown.add(place);
  }

  leave(place: ConnectionSlot): void {
    if (place.isLeft) return;
    place.isLeft = true;
    this.#taken -= 1;
    this.#unknown.delete(place);
  }
}
