// Members of a cluster in etcd: entries bound to a lease, which etcd deletes when a server no longer renews it.
//
// The lease is renewed three times while it lives. A server counts its lease as lost by its own clock, from the moment it sent the
// last successful renewal: never later than etcd does, unless the clock stands still with the machine. So `claim` asks etcd.

import { EtcdClient, type EtcdClientOptions } from '../etcd/etcd-client.ts';
import { EtcdError } from '../etcd/etcd-error.ts';
import type { Comparison, KeyValue } from '../etcd/messages.ts';
import { decodeUtf8 } from '../files/text.ts';
import { idleTimer } from '../time/deadline.ts';
import { pause } from '../time/pause.ts';
import type { ClusterMembers, MemberRecord } from './cluster-members.ts';
import { EtcdService } from './etcd-service.ts';
import { LogKeys } from './log-keys.ts';

export interface EtcdMembersOptions extends EtcdClientOptions {
  /** Prefix of all keys, such as `/confdit/default`. */
  readonly prefix: string;
  /** Identifier of this server: no other server of the cluster may have it. */
  readonly id: string;
  /** Returns milliseconds since 1970. */
  readonly now: () => number;
  /** Returns milliseconds of a clock that never goes back. */
  readonly elapsed: () => number;
  /** Seconds that the entry of a server lives without it. */
  readonly ttl?: number;
}

const TTL = 5;
/** Seconds for which a claim is remembered, at least half of it: far longer than any server could claim the same act again. */
const ACT_TTL = 172_800;
const RENEWALS = 3;
const RETRY_PAUSE_MS = 250;
const MS = 1000;

/** Work that this server wants to lead. */
interface Candidacy {
  readonly work: string;
  readonly listener: (isLeader: boolean) => void;
  isLeader: boolean;
  hasResigned: boolean;
}

export class EtcdMembers implements ClusterMembers {
  readonly #client: EtcdClient;
  readonly #service: EtcdService;
  readonly #keys: LogKeys;
  readonly #id: string;
  readonly #ttl: number;
  readonly #elapsed: () => number;
  readonly #closing = new AbortController();
  readonly #listeners = new Set<() => void>();
  readonly #candidacies = new Set<Candidacy>();
  readonly #present = new Map<string, MemberRecord>();
  /** Text that this server shows; undefined while it shows nothing. */
  #text: string | undefined;
  #shownText: string | undefined;
  #lease: bigint | undefined;
  /** Time on the own clock until which etcd certainly keeps the lease. */
  #leasedUntil = 0;
  #cancelExpiry: () => void = () => {};
  #wake: () => void = () => {};
  /** Lease that claimed acts are bound to, so that they do not pile up, and until when it is given to more of them. */
  #actLease: { readonly id: bigint; readonly until: number } | undefined;
  readonly #running: Promise<unknown>[] = [];

  constructor(options: EtcdMembersOptions) {
    this.#client = new EtcdClient(options);
    this.#service = new EtcdService(options.now);
    this.#keys = new LogKeys(options.prefix);
    this.#id = options.id;
    this.#ttl = options.ttl ?? TTL;
    this.#elapsed = options.elapsed;
    this.#running.push(this.#keepLease(), this.#watch());
  }

  get present(): readonly MemberRecord[] {
    return [...this.#present.values()];
  }

  announce(text: string): void {
    this.#text = text;
    this.#wake();
  }

  async leave(): Promise<void> {
    this.#text = undefined;
    const lease = this.#lease;
    this.#dropLease();
    // The entry and all leadership go with the lease; if etcd is away, they go when it ends.
    if (lease !== undefined) await this.#client.revokeLease(lease).catch(ignoreAway);
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  lead(work: string, listener: (isLeader: boolean) => void): () => Promise<void> {
    const candidacy: Candidacy = { work, listener, isLeader: false, hasResigned: false };
    this.#candidacies.add(candidacy);
    this.#wake();
    return async () => {
      this.#candidacies.delete(candidacy);
      const wasLeader = candidacy.isLeader;
      candidacy.hasResigned = true;
      setLeader(candidacy, false);
      if (!wasLeader) return;
      const key = this.#keys.leader(work);
      const comparisons = [this.#isOwn(key)];
      await this.#client
        .transaction({ comparisons, success: [{ type: 'delete', key }], failure: [] })
        .catch(ignoreAway);
    };
  }

  async claim(work: string, act: string): Promise<boolean> {
    if (this.#lease === undefined) return false;
    const key = this.#keys.act(work, act);
    const value = Buffer.from(this.#id, 'utf8');
    const lease = await this.#leaseForActs();
    const { succeeded } = await this.#service.ask(() =>
      this.#client.transaction({
        comparisons: [this.#isOwn(this.#keys.leader(work)), { target: 'createRevision', key, equals: 0n }],
        success: [{ type: 'put', key, value, lease }],
        failure: [],
      }),
    );
    return succeeded;
  }

  async close(): Promise<void> {
    await this.leave();
    this.#closing.abort();
    this.#wake();
    this.#client.close();
    await Promise.all(this.#running);
  }

  /** True while a key is the one that this server put with its lease. */
  #isOwn(key: string): Comparison {
    return { target: 'value', key, equals: Buffer.from(`${this.#id} ${this.#lease ?? 0n}`, 'utf8') };
  }

  async #leaseForActs(): Promise<bigint> {
    const now = this.#elapsed();
    if (this.#actLease === undefined || this.#actLease.until < now) {
      const { id, ttl } = await this.#service.do(() => this.#client.grantLease(ACT_TTL));
      this.#actLease = { id, until: now + (ttl * MS) / 2 };
    }
    return this.#actLease.id;
  }

  async #keepLease(): Promise<void> {
    const { signal } = this.#closing;
    while (!signal.aborted) {
      let waitMs = (this.#ttl * MS) / RENEWALS;
      try {
        if (this.#text !== undefined || this.#candidacies.size > 0) await this.#renew();
      } catch (error) {
        if (signal.aborted) return;
        if (!(error instanceof EtcdError)) throw error;
        if (error.problem === 'absent') this.#dropLease();
        waitMs = RETRY_PAUSE_MS;
      }
      const waking = new AbortController();
      this.#wake = () => waking.abort();
      await pause(waitMs, AbortSignal.any([signal, waking.signal]));
    }
  }

  async #renew(): Promise<void> {
    const sentAt = this.#elapsed();
    const answer =
      this.#lease === undefined
        ? await this.#client.grantLease(this.#ttl)
        : await this.#client.keepAlive(this.#lease);
    if (answer.ttl <= 0) {
      this.#dropLease();
      return this.#renew();
    }
    this.#lease = answer.id;
    this.#leasedUntil = sentAt + answer.ttl * MS;
    this.#expireOnTime();
    await this.#show(answer.id);
    for (const candidacy of this.#candidacies) await this.#campaign(candidacy, answer.id);
  }

  /** Leadership ends on time, also while a renewal gets no answer. */
  #expireOnTime(): void {
    this.#cancelExpiry();
    const left = this.#leasedUntil - this.#elapsed();
    if (left <= 0) this.#dropLease();
    else this.#cancelExpiry = idleTimer(left, () => this.#expireOnTime());
  }

  async #show(lease: bigint): Promise<void> {
    const text = this.#text;
    if (text === undefined || text === this.#shownText) return;
    await this.#client.put({ key: this.#keys.server(this.#id), value: Buffer.from(text, 'utf8'), lease });
    this.#shownText = text;
  }

  async #campaign(candidacy: Candidacy, lease: bigint): Promise<void> {
    const key = this.#keys.leader(candidacy.work);
    const own = this.#isOwn(key);
    if (own.target !== 'value') return;
    const { succeeded, ranges } = await this.#client.transaction({
      comparisons: [{ target: 'createRevision', key, equals: 0n }],
      success: [{ type: 'put', key, value: own.equals, lease }],
      failure: [{ type: 'range', key }],
    });
    const holder = ranges[0]?.values[0]?.value;
    const isLeader = succeeded || (holder !== undefined && Buffer.compare(holder, own.equals) === 0);
    if (!candidacy.hasResigned) setLeader(candidacy, isLeader);
  }

  #dropLease(): void {
    this.#cancelExpiry();
    this.#lease = undefined;
    this.#shownText = undefined;
    for (const candidacy of this.#candidacies) setLeader(candidacy, false);
  }

  /** Reads who is there, then watches; reads again after whatever the watch cannot survive. */
  async #watch(): Promise<void> {
    const { signal } = this.#closing;
    while (!signal.aborted) {
      try {
        await this.#watchOnce(signal);
      } catch (error) {
        if (signal.aborted) return;
        if (!(error instanceof EtcdError)) throw error;
        await pause(RETRY_PAUSE_MS, signal);
      }
    }
  }

  async #watchOnce(signal: AbortSignal): Promise<void> {
    const range = this.#keys.servers;
    const { header, values } = await this.#client.range(range);
    this.#present.clear();
    for (const value of values) this.#note(value);
    this.#changed();
    for await (const { events } of this.#client.watch(
      { ...range, fromRevision: header.revision + 1n },
      signal,
    )) {
      for (const { type, value } of events) {
        if (type === 'put') this.#note(value);
        else this.#present.delete(value.key);
      }
      if (events.length > 0) this.#changed();
    }
  }

  #note({ key, value }: KeyValue): void {
    const text = decodeUtf8(value);
    if (text === undefined) this.#present.delete(key);
    else this.#present.set(key, { id: key.slice(this.#keys.servers.key.length), text });
  }

  #changed(): void {
    for (const listener of this.#listeners) listener();
  }
}

function setLeader(candidacy: Candidacy, isLeader: boolean): void {
  if (candidacy.isLeader === isLeader) return;
  candidacy.isLeader = isLeader;
  candidacy.listener(isLeader);
}

/** Ignores an error of etcd: keys of a lease go by themselves. */
function ignoreAway(error: unknown): void {
  if (!(error instanceof EtcdError)) throw error;
}
