// The cookie of content synchronization (RFC 4533): up to which commit of which history a client knows the result of
// which search, and by which rights.

import { createHash } from 'node:crypto';
import type { Search, Watching } from '../../backend/backend.ts';

const PARTS = /^([0-9a-f-]{36}),(\d{1,15}),([0-9a-f]{16}),([0-9a-f]{16})$/i;
const DIGEST_DIGITS = 16;

export interface SyncCookie {
  /** Number of the commit. */
  readonly number: number;
  /** False if the requester has other rights now: what the client knows is what it saw by those. */
  readonly isOfRights: boolean;
}

export class SyncCookies {
  readonly #history: string;
  readonly #searchDigest: string;
  readonly #requesterDn: string;
  #known = { rightsId: '', digest: '' };

  constructor({ history }: Pick<Watching, 'history'>, search: Search) {
    const { baseKey, scope, filter, selectors, requester } = search;
    this.#history = history;
    this.#requesterDn = requester.dn;
    this.#searchDigest = digestOf([baseKey, scope, filter, selectors.toSorted(), requester.dn]);
  }

  /** @param rightsId Of the rights by which the client has seen the result, see Watching.rightsId. */
  format(number: number, rightsId: string): string {
    return [this.#history, number, this.#searchDigest, this.#rightsDigest(rightsId)].join(',');
  }

  /** Undefined for a cookie of another search or another tree. */
  parse(cookie: string, rightsId: string): SyncCookie | undefined {
    const [, history, number, search, rights] = PARTS.exec(cookie) ?? [];
    if (history !== this.#history || search !== this.#searchDigest) return undefined;
    return { number: Number(number), isOfRights: rights === this.#rightsDigest(rightsId) };
  }

  #rightsDigest(rightsId: string): string {
    if (this.#known.rightsId !== rightsId || this.#known.digest === '')
      this.#known = { rightsId, digest: digestOf([this.#requesterDn, rightsId]) };
    return this.#known.digest;
  }
}

function digestOf(parts: unknown): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, DIGEST_DIGITS);
}
