// Searches that wait for their next page (RFC 2696). What is left of a result stays in the server; the cookie is a
// random name for it, known to one connection, good for one use and for the same search only.

import { randomBytes } from 'node:crypto';
import type { Found } from '../backend/backend.ts';
import type { OctetBudget } from '../directory/octet-budget.ts';
import { LdapError } from '../ldap/ldap-error.ts';

export interface PagedSearch {
  /** First result of the next page. It is known to be there, so that no cookie leads to an empty page. */
  readonly next: Exclude<Found, undefined>;
  /** Results after it. */
  readonly rest: Iterator<Found>;
  /** Equal for requests that are the same search. */
  readonly fingerprint: string;
  /** Entries that were sent, over all pages. */
  readonly sent: number;
}

/** When another one waits, the oldest is forgotten. */
const WAITING_MAX = 16;
const COOKIE_OCTETS = 16;

/** Memory of one search beside its fingerprint: its iterators. */
const STATE_OCTETS = 4096;

export class PagedSearches {
  readonly #budget: OctetBudget;
  readonly #waiting = new Map<string, PagedSearch>();

  constructor(budget: OctetBudget) {
    this.#budget = budget;
  }

  /** Returns the cookie. Throws adminLimitExceeded or busy when there is no memory for it; the search is over then. */
  keep(search: PagedSearch): string {
    const [oldest] = this.#waiting.keys();
    if (this.#waiting.size >= WAITING_MAX && oldest !== undefined) this.#drop(oldest);
    try {
      this.#budget.take(octetsOf(search));
    } catch (error) {
      search.rest.return?.();
      throw error;
    }
    const cookie = randomBytes(COOKIE_OCTETS).toString('base64url');
    this.#waiting.set(cookie, search);
    return cookie;
  }

  /** Throws unwillingToPerform for a cookie that is not known here, or is another search's. */
  take(cookie: string, fingerprint: string): PagedSearch {
    const search = this.#waiting.get(cookie);
    if (search === undefined || search.fingerprint !== fingerprint) {
      throw new LdapError(
        'unwillingToPerform',
        'The cookie of the paged results control is not of this search on this connection, or was used before. Begin the search again, without a cookie.',
      );
    }
    this.#waiting.delete(cookie);
    this.#budget.give(octetsOf(search));
    return search;
  }

  clear(): void {
    for (const cookie of [...this.#waiting.keys()]) this.#drop(cookie);
  }

  #drop(cookie: string): void {
    const search = this.#waiting.get(cookie);
    if (search === undefined) return;
    this.#waiting.delete(cookie);
    this.#budget.give(octetsOf(search));
    search.rest.return?.();
  }
}

function octetsOf({ fingerprint }: PagedSearch): number {
  return STATE_OCTETS + 2 * fingerprint.length;
}
