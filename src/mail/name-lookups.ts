// Looks up the names of mail servers. The system's look-up holds one of the few threads in which the runtime also writes
// files, for as long as a name server is silent: so the mail of this server uses few of them at a time, and one for a name.

import type { LookupAddress } from 'node:dns';
import { lookup } from 'node:dns/promises';
import type { LookupFunction } from 'node:net';

/** Of four threads, unless the environment says otherwise. */
const LOOKUPS_MAX = 2;

export class NameLookups {
  readonly #pending = new Map<string, Promise<readonly LookupAddress[]>>();
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  /** For net.connect. */
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
  return Object.assign(new Error(`${host} has no address that fits`), { code: 'ENOTFOUND' });
}
