// The servers of a cluster: this one announces itself and keeps its entry, and sees the others. A server that is missed is recorded
// once, by the server that is first; so is its return. The one that was first reports it for the whole cluster.

import { randomUUID } from 'node:crypto';
import type { EtcdClient } from '../etcd/etcd-client.ts';
import { EtcdError } from '../etcd/etcd-error.ts';
import type { Comparison } from '../etcd/messages.ts';
import type { ClusterKeys } from './cluster-keys.ts';
import { LogError } from './cluster-log.ts';
import type { EtcdLease } from './etcd-lease.ts';
import { EtcdMirror } from './etcd-mirror.ts';
import type { LogKeys } from './log-keys.ts';
import { decodeHead } from './log-values.ts';
import {
  type About,
  type Away,
  bounded,
  ID_SHOWN,
  type KnownMember,
  MemberReader,
  sealed,
} from './member-values.ts';

/** Description of a server by itself at a time; the rest of `About` is added to it. */
export type SelfDescription = Omit<About, 'head' | 'at' | 'isStopped'>;

/** A server as this one sees it. */
export interface Member extends Omit<About, 'head' | 'since' | 'at' | 'isStopped'> {
  readonly id: string;
  readonly isSelf: boolean;
  readonly state: 'here' | 'stopped' | 'away';
  /** Time since which that is so. */
  readonly since: Date;
  /** True if nobody has seen it go: `since` is the time of its last news then, and it may have run for longer. */
  readonly isSinceNews: boolean;
  /** Number of changes that it does not show and that the log has. */
  readonly lag: number;
}

export interface MemberReports {
  /** A server is missed, and no other server has reported that. */
  away(member: Member): void;
  /** A server is there that was reported as missed. */
  back(member: Member, awaySince: Date): void;
}

export interface MembersOptions {
  readonly client: EtcdClient;
  readonly lease: EtcdLease;
  readonly keys: LogKeys;
  readonly codes: ClusterKeys;
  /** Identifier of this server. */
  readonly id: string;
  readonly now: () => Date;
  /** Returns milliseconds of a clock that never goes back. */
  readonly elapsed: () => number;
  readonly reports: MemberReports;
}

/** After a start this server waits so long for others that it has not seen: all of a cluster may have been started together. */
const START_MS = 30_000;

export class Members {
  readonly #options: MembersOptions;
  readonly #reader: MemberReader;
  readonly #mirror: EtcdMirror;
  readonly #startedAt: number;
  /** Identifiers of servers that this one has seen. */
  readonly #seen = new Set<string>();
  /** Name of this run in the marks that it puts. */
  readonly #run = randomUUID();
  /** Identifiers of servers for which etcd has not said what came of the mark that they are away. */
  readonly #unsureAway = new Set<string>();
  /** Times of marks for which etcd has not said whether they are deleted, by the identifiers of the servers. */
  readonly #unsureBack = new Map<string, number>();
  #describe: (() => SelfDescription) | undefined;
  /** Description that etcd has of this server, and the lease with it. */
  #shown: { readonly text: string; readonly lease: bigint } | undefined;
  #head = 0;
  #showing: Promise<void> = Promise.resolve();
  #isLooking = false;
  #hasNews = false;
  #endWork: () => void = () => {};

  constructor(options: MembersOptions) {
    this.#options = options;
    this.#startedAt = options.elapsed();
    const { client, keys, codes } = options;
    this.#reader = new MemberReader(keys.servers.key, codes);
    this.#mirror = new EtcdMirror(client, keys.servers, (key) => this.#reader.isWanted(key));
    this.#mirror.onChange(() => void this.#look());
  }

  /** Shows this server to the others, as it describes itself from then on. */
  announce(describe: () => SelfDescription): void {
    this.#describe = describe;
    this.#endWork = this.#options.lease.each(async (lease) => {
      this.#showing = this.#show(lease);
      await this.#showing;
      await this.#look();
    });
  }

  /** The servers that belong to the cluster, by name; this one is among them once it has announced itself. */
  get all(): readonly Member[] {
    const self = this.#describe?.();
    const others = this.#known().filter(({ id }) => self === undefined || id !== this.#options.id);
    const members = others.map((known) => this.#memberOf(known));
    if (self !== undefined) members.push(this.#self(self));
    return withOwnNames(members).sort((one, other) => compare(one.name, other.name));
  }

  /** Number of the last change that the log had when it was asked last. */
  get head(): number {
    return Math.max(this.#head, this.#describe?.().number ?? 0);
  }

  /** True while this server sees the others. */
  get isCurrent(): boolean {
    return this.#mirror.isCurrent;
  }

  /** Tells the others that this server stops. The keys of its lease go with it. */
  async close(): Promise<void> {
    this.#endWork();
    // What is under way would come after the last word, and take it back.
    await this.#showing.catch(ignoreAway);
    if (this.#describe !== undefined) await this.#put(this.#describe(), true).catch(ignoreAway);
    // The client ends what the mirror waits for.
    this.#options.client.close();
    await this.#mirror.close();
  }

  #known(): readonly KnownMember[] {
    return this.#reader.read(this.#mirror.values);
  }

  #memberOf({ id, about, isHere, away }: KnownMember): Member {
    const { head, since, at, isStopped, ...said } = about;
    const isThere = isHere && !isStopped;
    const lag = Math.max(0, (isThere ? head : this.head) - said.number);
    const facts = { ...said, id, lag, isSelf: false, isSinceNews: false };
    if (isThere) return { ...facts, state: 'here', since: new Date(since) };
    if (isStopped) return { ...facts, state: 'stopped', since: new Date(at) };
    const missed = away?.since ?? at;
    return { ...facts, state: 'away', since: new Date(missed), isSinceNews: missed === at };
  }

  #self({ since, ...facts }: SelfDescription): Member {
    const lag = Math.max(0, this.#head - facts.number);
    const { id } = this.#options;
    return { ...facts, id, lag, isSelf: true, state: 'here', since: new Date(since), isSinceNews: false };
  }

  /** Puts what this server says of itself, if etcd does not have it. */
  async #show(lease: bigint): Promise<void> {
    const { client, keys, id } = this.#options;
    const describe = this.#describe;
    if (describe === undefined) return;
    const { values } = await client.range({ key: keys.head });
    const [head] = values;
    if (head !== undefined) this.#head = numberIn(head.value) ?? this.#head;
    const self = describe();
    const text = JSON.stringify({ ...self, head: this.#head });
    const { key } = keys.server(id);
    const isThere = this.#mirror.values.has(`${key}here`) && this.#mirror.values.has(`${key}about`);
    if (isThere && this.#shown?.text === text && this.#shown.lease === lease) return;
    await this.#put(self, false, lease);
    this.#shown = { text, lease };
  }

  async #put(self: SelfDescription, isStopped: boolean, lease?: bigint): Promise<void> {
    const { client, keys, codes, id, now } = this.#options;
    const { key } = keys.server(id);
    const at = now().getTime();
    const about = bounded({ ...self, head: Math.max(this.#head, self.number), at, isStopped });
    await client.transaction({
      comparisons: [],
      success: [
        { type: 'put', key: `${key}about`, value: sealed(codes, id, 'about', about) },
        ...(lease === undefined
          ? []
          : [{ type: 'put', key: `${key}here`, value: Buffer.from(id, 'utf8'), lease } as const]),
      ],
      failure: [],
    });
  }

  /** Records servers that are missed, and those that are back. What changes meanwhile is looked at afterwards. */
  async #look(): Promise<void> {
    this.#hasNews = true;
    if (this.#isLooking) return;
    this.#isLooking = true;
    try {
      while (this.#hasNews) {
        this.#hasNews = false;
        await this.#lookOnce();
      }
    } catch (error) {
      ignoreAway(error);
    } finally {
      this.#isLooking = false;
    }
  }

  async #lookOnce(): Promise<void> {
    if (this.#options.lease.id === undefined || !this.#mirror.isCurrent) return;
    const isOld = this.#options.elapsed() - this.#startedAt >= START_MS;
    for (const known of this.#known()) {
      if (known.isHere) this.#seen.add(known.id);
      this.#learn(known);
      const isMissed = !known.isHere && known.away === undefined && known.id !== this.#options.id;
      if (isMissed && (isOld || this.#seen.has(known.id))) await this.#missed(known);
      else if (known.isHere && known.away !== undefined) await this.#returned(known, known.away);
    }
  }

  async #missed(known: KnownMember): Promise<void> {
    const { client, keys, codes, now, reports } = this.#options;
    const { key } = keys.server(known.id);
    const isSeen = this.#seen.has(known.id) && !known.about.isStopped;
    const since = isSeen ? now().getTime() : known.about.at;
    const comparisons: Comparison[] = [
      { target: 'createRevision', key: `${key}here`, equals: 0n },
      { target: 'createRevision', key: `${key}away`, equals: 0n },
      { target: 'modRevision', key: `${key}about`, equals: known.aboutKey.modRevision },
    ];
    const value = sealed(codes, known.id, 'away', { since, by: this.#run });
    const request = {
      comparisons,
      success: [{ type: 'put', key: `${key}away`, value } as const],
      failure: [],
    };
    const { succeeded } = await client.transaction(request).catch((error: unknown) => {
      if (isUnknown(error)) this.#unsureAway.add(known.id);
      throw error;
    });
    if (!succeeded) return;
    this.#unsureAway.delete(known.id);
    reports.away(this.#memberOf({ ...known, away: { since, by: this.#run, key: known.aboutKey } }));
  }

  /** Reports what this server has recorded without an answer, once the record shows. */
  #learn(known: KnownMember): void {
    const { reports } = this.#options;
    const { id, away, isHere } = known;
    if (away !== undefined || isHere) {
      const isUnsure = this.#unsureAway.delete(id);
      if (isUnsure && away?.by === this.#run) reports.away(this.#memberOf(known));
    }
    const since = this.#unsureBack.get(id);
    if (since === undefined || away !== undefined) return;
    this.#unsureBack.delete(id);
    // Another server may have deleted the mark, and reported that: two reports are better than none.
    if (isHere) reports.back(this.#memberOf(known), new Date(since));
  }

  async #returned(known: KnownMember, away: Away): Promise<void> {
    const { client, reports } = this.#options;
    const { key, modRevision } = away.key;
    const request = {
      comparisons: [{ target: 'modRevision', key, equals: modRevision } as const],
      success: [{ type: 'delete', key } as const],
      failure: [],
    };
    const { succeeded } = await client.transaction(request).catch((error: unknown) => {
      if (isUnknown(error)) this.#unsureBack.set(known.id, away.since);
      throw error;
    });
    if (!succeeded) return;
    this.#unsureBack.delete(known.id);
    reports.back(this.#memberOf(known), new Date(away.since));
  }
}

/** Servers on one machine may have one name: then each gets the beginning of its identifier too. */
function withOwnNames(members: readonly Member[]): Member[] {
  const counts = new Map<string, number>();
  for (const { name } of members) counts.set(name.toLowerCase(), (counts.get(name.toLowerCase()) ?? 0) + 1);
  return members.map((member) => {
    const { name, id } = member;
    if (counts.get(name.toLowerCase()) === 1) return member;
    return { ...member, name: `${name} ${id.slice(0, ID_SHOWN)}` };
  });
}

/** Returns the number in the value of the head; undefined for one that cannot be read, which the log reports. */
function numberIn(head: Uint8Array): number | undefined {
  try {
    return decodeHead(head).number;
  } catch (error) {
    if (error instanceof LogError) return undefined;
    throw error;
  }
}

function compare(one: string, other: string): number {
  if (one === other) return 0;
  return one < other ? -1 : 1;
}

function isUnknown(error: unknown): boolean {
  return error instanceof EtcdError && error.problem === 'unknown';
}

/** Ignores an error of etcd: the same is tried again with the next renewal. */
function ignoreAway(error: unknown): void {
  if (!(error instanceof EtcdError)) throw error;
}
