// Names of the keys that a cluster has in etcd, below its prefix. Numbers have 16 digits, so that keys are in the order of numbers.

import type { KeyRange } from '../etcd/messages.ts';

export const NUMBER_DIGITS = 16;
const PART_DIGITS = 6;
/** The character after `/`: the end of what is in a folder. */
const AFTER_SLASH = '0';

export class LogKeys {
  readonly #prefix: string;

  /** @param prefix such as `/confdit/default` */
  constructor(prefix: string) {
    this.#prefix = prefix.endsWith('/') ? prefix : `${prefix}/`;
  }

  /** Version of the format of all other keys. */
  get format(): string {
    return `${this.#prefix}format`;
  }

  /** End of the log. */
  get head(): string {
    return `${this.#prefix}head`;
  }

  /** Newest whole snapshot. */
  get snapshot(): string {
    return `${this.#prefix}snapshot`;
  }

  /** All that is known of servers. */
  get servers(): KeyRange & { readonly end: string } {
    return { key: `${this.#prefix}servers/`, end: `${this.#prefix}servers${AFTER_SLASH}` };
  }

  /** All that is known of one server: see MemberKeys. */
  server(id: string): KeyRange {
    return folder(`${this.servers.key}${id}/`);
  }

  /** Held by the server that does some work for all. */
  leader(work: string): string {
    return `${this.#prefix}leader/${work}`;
  }

  /** Batch whose last record has this number. */
  batch(last: number): string {
    return `${this.#prefix}commit/${padded(last)}`;
  }

  /** Batches with a record that has this number or a higher one. */
  batchesFrom(number: number): KeyRange & { readonly end: string } {
    return { key: this.batch(number), end: `${this.#prefix}commit${AFTER_SLASH}` };
  }

  /** Batches whose last record has a lower number. */
  batchesBefore(number: number): KeyRange {
    return { key: `${this.#prefix}commit/`, end: this.batch(number) };
  }

  /** Parts of the batch whose last record has this number; the identifier keeps attempts of several servers apart. */
  batchParts(last: number, id: string): string {
    return `${this.#prefix}part/${padded(last)}-${id}/`;
  }

  batchPartsBefore(number: number): KeyRange {
    return { key: `${this.#prefix}part/`, end: `${this.#prefix}part/${padded(number)}` };
  }

  snapshotParts(number: number, id: string): string {
    return `${this.#prefix}snapshot/${padded(number)}-${id}/`;
  }

  /** Parts of snapshots with lower numbers, and of some others with the same. */
  snapshotPartsBefore(number: number, id: string): KeyRange {
    return { key: `${this.#prefix}snapshot/`, end: this.snapshotParts(number, id) };
  }
}

/** Keys in a folder, whose name ends with a slash. */
export function folder(key: string): KeyRange {
  return { key, end: `${key.slice(0, -1)}${AFTER_SLASH}` };
}

/** Key of a part in a folder of parts. */
export function partKey(parts: string, index: number): string {
  return `${parts}${String(index).padStart(PART_DIGITS, '0')}`;
}

function padded(number: number): string {
  return String(number).padStart(NUMBER_DIGITS, '0');
}
