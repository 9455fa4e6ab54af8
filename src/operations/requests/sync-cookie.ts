// The cookie of content synchronization (RFC 4533): up to which commit of which history a client knows the result of
// which search.

import { createHash } from 'node:crypto';
import type { Search, Watching } from '../../backend/backend.ts';

const PARTS = /^([0-9a-f-]{36}),(\d{1,15}),([0-9a-f]{16})$/i;
const DIGEST_DIGITS = 16;

export class SyncCookies {
  readonly #watching: Pick<Watching, 'history' | 'rightsId'>;
  readonly #search: Search;
  #known: { readonly rightsId: string; readonly digest: string } | undefined;

  constructor(watching: Pick<Watching, 'history' | 'rightsId'>, search: Search) {
    this.#watching = watching;
    this.#search = search;
  }

  format(number: number): string {
    return `${this.#watching.history},${number},${this.#digest}`;
  }

  /** The number of the commit; undefined for a cookie of another search or another tree. */
  parse(cookie: string): number | undefined {
    const [, history, number, digest] = PARTS.exec(cookie) ?? [];
    return history === this.#watching.history && digest === this.#digest ? Number(number) : undefined;
  }

  /** Another when the rights are others: what the client knows by a cookie is what it saw by those. */
  get #digest(): string {
    const { rightsId } = this.#watching;
    if (this.#known?.rightsId === rightsId) return this.#known.digest;
    const { baseKey, scope, filter, selectors, requester } = this.#search;
    const asked = JSON.stringify([baseKey, scope, filter, selectors.toSorted(), requester.dn, rightsId]);
    const digest = createHash('sha256').update(asked).digest('hex').slice(0, DIGEST_DIGITS);
    this.#known = { rightsId, digest };
    return digest;
  }
}
