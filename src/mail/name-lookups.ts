// Looks up the names of mail servers. A lookup blocks one of the few threads of the runtime while a name server
// is silent, and files are written by the same threads. So the number of lookups at once is limited, and equal
// ones are shared.

import type { LookupAddress } from 'node:dns';
import { lookup } from 'node:dns/promises';
import type { LookupFunction } from 'node:net';
import { CodedError } from '../files/program-error.ts';

/** Maximum number of lookups at once; the runtime has four threads by default. */
const LOOKUPS_MAX = 2;

/** Name lookups of one server. */
export class NameLookups {
  readonly #pending = new Map<string, Promise<readonly LookupAddress[]>>();
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  /** Lookup function for net.connect. */
  readonly lookup: LookupFunction = (host, { all, family }, callback) => {
    this.#find(host).then(
      (found) => {
        const fitting = found.filter((one) => (family !== 4 && family !== 6 ? true : one.family === family));
        const [first] = fitting;
        if (first === undefined) callback(notFound(host), '');
        else if (all === true) callback(null, fitting);
        else callback(null, first.address, first.family);
      },
      (error) => callback(error, ''),
    );
  };

  #find(host: string): Promise<readonly LookupAddress[]> {
    const known = this.#pending.get(host);
    if (known !== undefined) return known;
    const pending = this.#inTurn(() => lookup(host, { all: true })).finally(() => this.#pending.delete(host));
    this.#pending.set(host, pending);
    return pending;
  }

  async #inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (this.#running >= LOOKUPS_MAX) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    this.#running += 1;
    try {
      return await work();
    } finally {
      this.#running -= 1;
      this.#waiting.shift()?.();
    }
  }
}

function notFound(host: string): Error {
  return new CodedError('ENOTFOUND', `${host} has no address that fits`);
}
