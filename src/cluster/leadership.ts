// Work that one server of a cluster does for all: it has the key of the work, which goes with its lease. While it does not know that
// the lease lives, it counts as no leader. An act that must happen once is stored in a log besides: there the second one comes too late.

import { EtcdError } from '../etcd/etcd-error.ts';
import type { Session } from './open-session.ts';

export interface LeadershipOptions {
  readonly session: Pick<Session, 'client' | 'keys' | 'lease'>;
  /** Name of the work, a part of the key. */
  readonly work: string;
  /** Called when this server has become the leader, or is it no longer. */
  readonly changed: (isLeader: boolean) => void;
}

export class Leadership {
  readonly #options: LeadershipOptions;
  readonly #stops: (() => void)[];
  /** Lease by which this server leads. */
  #lease: bigint | undefined;

  constructor(options: LeadershipOptions) {
    this.#options = options;
    const { lease } = options.session;
    this.#stops = [lease.each((id) => this.#campaign(id)), lease.onLost(() => this.#set(undefined))];
  }

  /** True while this server certainly leads, by its own clock. */
  get isLeader(): boolean {
    return this.#lease !== undefined && this.#options.session.lease.id === this.#lease;
  }

  /** Gives the work up, so that another server takes it over at once. */
  async close(): Promise<void> {
    for (const stop of this.#stops) stop();
    const lease = this.#lease;
    this.#set(undefined);
    if (lease === undefined) return;
    const { client } = this.#options.session;
    const key = this.#key;
    const comparisons = [{ target: 'value', key, equals: leaseValue(lease) } as const];
    try {
      await client.transaction({ comparisons, success: [{ type: 'delete', key }], failure: [] });
    } catch (error) {
      // The key goes with the lease.
      if (!(error instanceof EtcdError)) throw error;
    }
  }

  get #key(): string {
    return this.#options.session.keys.leader(this.#options.work);
  }

  async #campaign(lease: bigint): Promise<void> {
    const key = this.#key;
    const { succeeded, ranges } = await this.#options.session.client.transaction({
      comparisons: [{ target: 'createRevision', key, equals: 0n }],
      success: [{ type: 'put', key, value: leaseValue(lease), lease }],
      failure: [{ type: 'range', key }],
    });
    const holder = ranges[0]?.values[0]?.value;
    const isOwn = succeeded || (holder !== undefined && Buffer.compare(holder, leaseValue(lease)) === 0);
    this.#set(isOwn ? lease : undefined);
  }

  #set(lease: bigint | undefined): void {
    const was = this.#lease !== undefined;
    this.#lease = lease;
    const is = lease !== undefined;
    if (was !== is) this.#options.changed(is);
  }
}

function leaseValue(lease: bigint): Uint8Array {
  return Buffer.from(String(lease), 'utf8');
}
