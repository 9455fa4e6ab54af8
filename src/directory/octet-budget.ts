// How much memory requests may hold: octets, counted before they are held. A connection has a budget, and so has the
// server for all of them together; what is taken from the first is taken from the second. Whatever a request collects
// (what it sorts, what it compares, what waits) counts here, so that a request that asks for too much is refused, and the
// process never ends because of it.

import { LdapError } from '../ldap/ldap-error.ts';

const OCTETS_PER_MEBIBYTE = 1024 * 1024;

export class OctetBudget {
  /** How many octets may be held at a time. */
  readonly octetsMax: number;
  readonly #within: OctetBudget | undefined;
  #octets = 0;

  /** @param within the budget of all, where this is that of one connection. */
  constructor(octetsMax: number, within?: OctetBudget) {
    this.octetsMax = octetsMax;
    this.#within = within;
  }

  /** How many octets are held now. */
  get octets(): number {
    return this.#octets;
  }

  /**
   * Counts octets before they are held. Throws adminLimitExceeded (11) when this budget is used up, busy (51) when that of
   * all is; nothing is counted then.
   */
  take(octets: number): void {
    if (this.#octets + octets > this.octetsMax) throw this.#refusal();
    this.#within?.take(octets);
    this.#octets += octets;
  }

  /** The same; false instead of an error. */
  tryTake(octets: number): boolean {
    if (this.#octets + octets > this.octetsMax || this.#within?.tryTake(octets) === false) return false;
    this.#octets += octets;
    return true;
  }

  /** Counts octets that are not held any more. */
  give(octets: number): void {
    this.#octets -= octets;
    this.#within?.give(octets);
  }

  /** The count of one collection, which is given back as a whole. */
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

/** What one collection holds of a budget. */
export class HeldOctets {
  /** Whether somebody waits for what is made of it; whoever works long without an answer looks. */
  isWanted = true;
  readonly #budget: OctetBudget;
  #octets = 0;

  constructor(budget: OctetBudget) {
    this.#budget = budget;
  }

  get octets(): number {
    return this.#octets;
  }

  /** Throws what `OctetBudget.take` throws. */
  take(octets: number): void {
    this.#budget.take(octets);
    this.#octets += octets;
  }

  /** The same; false instead of an error. */
  tryTake(octets: number): boolean {
    if (!this.#budget.tryTake(octets)) return false;
    this.#octets += octets;
    return true;
  }

  give(octets: number): void {
    this.#budget.give(octets);
    this.#octets -= octets;
  }

  /** Gives back all of it. May be called more than once. */
  release(): void {
    if (this.#octets > 0) this.give(this.#octets);
  }
}

/** For whoever works alone with a process of its own, such as a command on the files of an instance. */
export function unlimited(): HeldOctets {
  return new OctetBudget(Number.POSITIVE_INFINITY).hold();
}
