// The cookie of content synchronization (RFC 4533): up to which commit of which history a client knows the result of
// which search.

import { createHash } from 'node:crypto';
import type { Search, Watching } from '../../backend/backend.ts';

const PARTS = /^([0-9a-f-]{36}),(\d{1,15}),([0-9a-f]{16})$/i;
const DIGEST_DIGITS = 16;

export class SyncCookies {
  readonly #history: string;
  readonly #digest: string;

  constructor({ history, rightsId }: Pick<Watching, 'history' | 'rightsId'>, search: Search) {
    const { baseKey, scope, filter, selectors, requester } = search;
    const asked = JSON.stringify([baseKey, scope, filter, selectors.toSorted(), requester.dn, rightsId]);
    this.#history = history;
    this.#digest = createHash('sha256').update(asked).digest('hex').slice(0, DIGEST_DIGITS);
  }

  format(number: number): string {
    return `${this.#history},${number},${this.#digest}`;
  }

  /** The number of the commit; undefined for a cookie of another search or another tree. */
  parse(cookie: string): number | undefined {
    const [, history, number, digest] = PARTS.exec(cookie) ?? [];
    return history === this.#history && digest === this.#digest ? Number(number) : undefined;
  }
}
