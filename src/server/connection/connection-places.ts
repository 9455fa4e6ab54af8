// The places that a connection handler has for connections. When all are taken, the oldest connection on which nobody has
// logged in makes room for a new one: whoever only holds connections cannot keep others out.

import { ResultCode } from '../../ldap/result-code.ts';

/** A connection, or a handshake that may become one, as far as it can be asked to make room. */
export interface Placed {
  /** Tells the peer why, where that is possible, and closes at once. */
  evict(code: ResultCode, diagnosticMessage: string): void;
}

export class Place {
  readonly #places: ConnectionPlaces;
  placed: Placed;
  isLeft = false;

  constructor(places: ConnectionPlaces, placed: Placed) {
    this.#places = places;
    this.placed = placed;
  }

  /** Somebody has logged in, or is not logged in any more: then it is the youngest of those. */
  authenticated(isAuthenticated: boolean): void {
    this.#places.rank(this, isAuthenticated);
  }

  /** The connection is gone. */
  leave(): void {
    this.#places.leave(this);
  }
}

export class ConnectionPlaces {
  readonly #connectionsMax: number;
  /** Where nobody has logged in, the oldest first. */
  readonly #unknown = new Set<Place>();
  #taken = 0;

  constructor(connectionsMax: number) {
    this.#connectionsMax = connectionsMax;
  }

  /** Takes a place, if need be that of another; undefined when everybody else has logged in. */
  take(placed: Placed): Place | undefined {
    if (this.#taken >= this.#connectionsMax) {
      const [oldest] = this.#unknown;
      if (oldest === undefined) return undefined;
      this.leave(oldest);
      oldest.placed.evict(
        ResultCode.busy,
        'All connections are taken, and nobody has logged in on this one: it makes room for a new one.',
      );
    }
    const place = new Place(this, placed);
    this.#taken += 1;
    this.#unknown.add(place);
    return place;
  }

  rank(place: Place, isKnown: boolean): void {
    this.#unknown.delete(place);
    if (!isKnown && !place.isLeft) this.#unknown.add(place);
  }

  leave(place: Place): void {
    if (place.isLeft) return;
    place.isLeft = true;
    this.#taken -= 1;
    this.#unknown.delete(place);
  }
}
