// Sizes of the records at the end of the log, each read once: which of them the log keeps.

import { type ClusterLog, LogError } from './cluster-log.ts';

/** How much of the log is kept. */
export interface KeptLimits {
  readonly count: number;
  readonly octets: number;
}

/** Records that are read at once. */
const READ_MAX = 256;

export class KeptRecords {
  readonly #log: Pick<ClusterLog, 'read' | 'firstNumber'>;
  /** Octets by number, without a gap. */
  readonly #sizes = new Map<number, number>();

  constructor(log: Pick<ClusterLog, 'read' | 'firstNumber'>) {
    this.#log = log;
  }

  /** Resolves to the number of the first of the records up to `last` that are within the limits. Rejects with LogError. */
  async firstOf(last: number, { count, octets }: KeptLimits): Promise<number> {
    const first = await this.#log.firstNumber();
    const oldest = Math.min(Math.max(last + 1 - count, first, 1), last + 1);
    for (const number of this.#sizes.keys()) if (number < oldest) this.#sizes.delete(number);
    await this.#readSizes(oldest, last);
    let sum = 0;
    for (let number = last; number >= oldest; number--) {
      sum += this.#sizes.get(number) ?? 0;
      if (sum > octets) return number + 1;
    }
    return oldest;
  }

  async #readSizes(from: number, to: number): Promise<void> {
    for (let next = from; next <= to; ) {
      if (this.#sizes.has(next)) {
        next += 1;
        continue;
      }
      const records = await this.#log.read(next, READ_MAX);
      if (records.length === 0)
        throw new LogError('format', `The log of the cluster ends before change ${to}, which it had.`);
      for (const { number, text } of records) this.#sizes.set(number, text.length);
      next += records.length;
    }
  }
}
