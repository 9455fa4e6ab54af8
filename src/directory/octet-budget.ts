// Limits the memory of requests, in octets, which are counted before they are allocated. Each connection has a
// budget; the server has one for all connections. Octets taken from the first are also taken from the second.
// Everything a request collects (to sort, to compare, to queue) is counted, so that a request that needs too
// much is refused and the process never ends because of it.

import { LdapError } from '../ldap/ldap-error.ts';

const OCTETS_PER_MEBIBYTE = 1024 * 1024;

/** Budget of memory in octets, for one connection or for all of them. */
export class OctetBudget {
  /** Maximum number of octets at a time. */
  readonly octetsMax: number;
  readonly #within: OctetBudget | undefined;
  #octets = 0;

  /** @param within The budget of all connections, if this is the budget of one. */
  constructor(octetsMax: number, within?: OctetBudget) {
    this.octetsMax = octetsMax;
    this.#within = within;
  }

  /** Number of octets taken now. */
  get octets(): number {
    return this.#octets;
  }

  /**
   * Counts octets before they are allocated. Throws LdapError adminLimitExceeded (11) if this budget is used
   * up, busy (51) if the common one is; then nothing is counted.
   */
  take(octets: number): void {
    if (this.#octets + octets > this.octetsMax) throw this.#refusal();
    this.#within?.take(octets);
    this.#octets += octets;
  }

  /** Counts octets like `take`. Returns false instead of throwing. */
  tryTake(octets: number): boolean {
    if (this.#octets + octets > this.octetsMax || this.#within?.tryTake(octets) === false) return false;
    this.#octets += octets;
    return true;
  }

  /** Gives octets back. */
  give(octets: number): void {
    this.#octets -= octets;
    this.#within?.give(octets);
  }

  /** Returns the count of one collection, which is given back as a whole. */
  hold(): HeldOctets {
    return new HeldOctets(this);
  }

  #refusal(): LdapError {
    const allowed = `${Math.floor(this.octetsMax / OCTETS_PER_MEBIBYTE)} MiB`;
    return this.#within === undefined
      ? new LdapError(
          'busy',
          `The requests of all clients hold the ${allowed} that they may. Try again later.`,
        )
      : new LdapError(
          'adminLimitExceeded',
          `The requests of this connection would hold more than the ${allowed} that they may. ` +
            'Ask for less at a time, or wait for the answers to the other requests.',
        );
  }
}

/** Octets that one collection takes from a budget. */
export class HeldOctets {
  /** False once nobody waits for the result. Long loops check it. */
  isWanted = true;
  readonly #budget: OctetBudget;
  #octets = 0;

  constructor(budget: OctetBudget) {
    this.#budget = budget;
  }

  get octets(): number {
    return this.#octets;
  }

  /** Counts octets. Throws the LdapError of `OctetBudget.take`. */
  take(octets: number): void {
    this.#budget.take(octets);
    this.#octets += octets;
  }

  /** Counts octets like `take`. Returns false instead of throwing. */
  tryTake(octets: number): boolean {
    if (!this.#budget.tryTake(octets)) return false;
    this.#octets += octets;
    return true;
  }

  give(octets: number): void {
    this.#budget.give(octets);
    this.#octets -= octets;
  }

  /** Gives back all octets. May be called more than once. */
  release(): void {
    if (this.#octets > 0) this.give(this.#octets);
  }
}

/** Returns a budget without limit, for commands that have a process of their own. */
export function unlimited(): HeldOctets {
  return new OctetBudget(Number.POSITIVE_INFINITY).hold();
}
