// Where hashes of passwords are computed. Logins have threads of their own, so that a login never waits behind a load of
// many people. Sources take turns in both.
//
// What the runtime can compute itself is computed on its pool for logins, two at a time: of its four threads the others
// are left to files. Loads, which could fill it, never use it.

import { availableParallelism } from 'node:os';
import { type Derivation, type Derive, deriveNatively, isNative } from '../../config/passwords/derivation.ts';
import { DerivationThreads } from '../../config/passwords/derivation-threads.ts';
import { FairQueue } from '../fair-queue.ts';

/** Logins that are verified at a time; each takes 16 MiB and a thread for a while. */
export const LOGIN_THREADS_MAX = 2;
const LOAD_THREADS_MAX = 4;
/** Hashes of one source; a password takes three. */
const LOAD_WAITING_MAX = 8192;

export class PasswordHashing {
  readonly #loginThreads = new DerivationThreads(LOGIN_THREADS_MAX);
  readonly #loadThreadsMax = Math.min(LOAD_THREADS_MAX, availableParallelism());
  readonly #loadThreads = new DerivationThreads(this.#loadThreadsMax);
  readonly #loads = new FairQueue(
    this.#loadThreadsMax,
    LOAD_WAITING_MAX,
    (source) =>
      `${LOAD_WAITING_MAX} hashes of passwords that ${source} has set wait already. Try again later.`,
  );

  /** For logins, which take turns before they come here. */
  readonly forLogin: Derive = (derivation: Derivation) =>
    isNative(derivation) ? deriveNatively(derivation) : this.#loginThreads.derive(derivation);

  /** For passwords that are set by whoever has this name. Rejects with busy (51) when too many wait. */
  readonly forLoad =
    (source: string): Derive =>
    (derivation) =>
      this.#loads.run(source, () => this.#loadThreads.derive(derivation));

  close(): void {
    this.#loginThreads.close();
    this.#loadThreads.close();
  }
}
