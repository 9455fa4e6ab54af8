// Guessing is made slow and then stopped. Failed logins are counted for each name and address together, for each
// address and for each name: first every further one has to wait, then all are refused for a while. Nobody shuts
// others out: a name is only refused from the addresses that fail with it, or, under attack from many addresses, from
// those that have never logged in with it. The machine's own addresses are not counted as addresses or against names.
//
// What is remembered is bounded and forgotten; nothing of it survives a restart.

import { hash } from 'node:crypto';
import type { ObjectOfKind } from '../../config/configuration-object.ts';
import { LdapError } from '../../ldap/ldap-error.ts';
import type { Component, ObjectDifference, Prepared } from '../../runtime/component.ts';
import type { RunningPart } from '../../runtime/description.ts';
import { neverRenamed } from '../../runtime/renamed-keys.ts';
import { FailureRecords } from './failure-records.ts';
import type { LoginSource } from './login-source.ts';

export interface ThrottleLimits {
  /** Failures with one name from one address, then it is refused; an address and a name may fail several times as often. */
  readonly failuresMax: number;
  readonly refusalMs: number;
  /** After so long without a failure, earlier ones are forgotten. */
  readonly forgetMs: number;
}

/** Returns the limits that the properties of cn=config set. */
export function throttleLimitsOf(global: ObjectOfKind<'global-configuration'>): ThrottleLimits {
  return {
    failuresMax: global.lockoutFailureCount,
    refusalMs: global.lockoutDuration,
    forgetMs: global.lockoutFailureExpirationInterval,
  };
}

export interface ThrottleOptions {
  /** Milliseconds on a clock that only goes forward. */
  readonly now: () => number;
  readonly sleep: (ms: number) => Promise<void>;
  /** Told when logins begin to be refused. */
  readonly refused?: (logins: RefusedLogins) => void;
}

export interface RefusedLogins {
  /** To be read after "logins have failed": `with the name "x" from 192.0.2.1`. */
  readonly whose: string;
  readonly failures: number;
  readonly forMs: number;
}

/** Refuses a login, right or wrong, because others have failed. */
export class LoginsRefused extends LdapError {
  /** How long logins are refused yet. */
  readonly waitMs: number;

  constructor({ address }: LoginSource, waitMs: number) {
    super(
      'invalidCredentials',
      `Too many logins from ${address} or with this name have failed. Try again in ${Math.ceil(waitMs / 1000)} seconds.`,
    );
    this.waitMs = waitMs;
  }
}

const RECORDS_MAX = 10_000;
const NAME_CHARACTERS_MAX = 128;
/** An address, or a name from everywhere, may fail so many times as often as one name from one address. */
const SHARED_FACTOR = 5;
/** So many typing errors cost nothing. */
const FREE_FAILURES = 3;
const DELAY_FIRST_MS = 100;
const DELAY_MAX_MS = 3_000;
/** A login that would have to wait longer for those before it is refused. */
const WAIT_MAX_MS = 15_000;

interface RecordKey {
  readonly records: FailureRecords;
  readonly key: string;
  readonly factor: number;
}

export class LoginThrottle implements Component {
  readonly kind = 'global-configuration';
  readonly renamed = neverRenamed;
  readonly #options: ThrottleOptions;
  readonly #pairs = new FailureRecords(RECORDS_MAX);
  readonly #addresses = new FailureRecords(RECORDS_MAX);
  readonly #names = new FailureRecords(RECORDS_MAX);
  /** Names and addresses together that have logged in, oldest first. */
  readonly #known = new Set<string>();
  #limits: ThrottleLimits;

  constructor(options: ThrottleOptions, limits: ThrottleLimits) {
    this.#options = options;
    this.#limits = limits;
  }

  /** The limits are properties of cn=config. */
  prepare({ after }: ObjectDifference): Prepared | undefined {
    if (after?.kind !== this.kind) return undefined;
    const limits = throttleLimitsOf(after);
    return {
      commit: () => {
        this.#limits = limits;
      },
      abort: () => {},
    };
  }

  *describe(): Generator<RunningPart> {
    yield { key: undefined, facts: { logins: { ...this.#limits } } };
  }

  /** Returns true if `admit` would neither wait nor refuse, as for most logins. */
  mayTryNow(source: LoginSource, name: string): boolean {
    if (this.#pairs.size === 0 && this.#addresses.size === 0) return true;
    return this.#placesOf(source, name).every(({ records, key }) => {
      const record = records.find(key, this.#options.now(), this.#limits.forgetMs);
      return record === undefined || (record.refusedUntil === 0 && record.delayMs === 0);
    });
  }

  /** Resolves when the login may be tried. Throws invalidCredentials (49) while it is refused, busy (51) when too many wait. */
  async admit(source: LoginSource, name: string): Promise<void> {
    this.refuseIfDue(source, name);
    const waitMs = this.#reserve(this.#placesOf(source, name));
    if (waitMs === 0) return;
    await this.#options.sleep(waitMs);
    this.refuseIfDue(source, name);
  }

  /** Throws invalidCredentials (49) while logins are refused: others may have failed since one was admitted. */
  refuseIfDue(source: LoginSource, name: string): void {
    const now = this.#options.now();
    for (const { records, key } of this.#placesOf(source, name)) {
      const record = records.find(key, now, this.#limits.forgetMs);
      if (record === undefined || record.refusedUntil === 0) continue;
      if (record.refusedUntil > now) throw new LoginsRefused(source, record.refusedUntil - now);
      records.forget(key);
    }
  }

  failed(source: LoginSource, name: string): void {
    const now = this.#options.now();
    for (const { records, key, factor } of this.#placesOf(source, name)) {
      const record = records.record(key, now, this.#limits.forgetMs);
      record.failures += 1;
      record.lastAt = now;
      if (record.failures >= this.#limits.failuresMax * factor) {
        if (record.refusedUntil === 0) this.#tell(records, source, name, record.failures);
        record.refusedUntil = now + this.#limits.refusalMs;
      }
      const paid = record.failures - FREE_FAILURES * factor;
      record.delayMs = paid <= 0 ? 0 : Math.min(DELAY_FIRST_MS * 2 ** Math.min(paid - 1, 16), DELAY_MAX_MS);
      record.nextAt = Math.max(record.nextAt, now + record.delayMs);
    }
  }

  #tell(records: FailureRecords, { address }: LoginSource, name: string, failures: number): void {
    const quoted = JSON.stringify(name.slice(0, NAME_CHARACTERS_MAX));
    const whose =
      records === this.#pairs
        ? `with the name ${quoted} from ${address}`
        : records === this.#names
          ? `with the name ${quoted} from many addresses`
          : `from ${address}`;
    this.#options.refused?.({ whose, failures, forMs: this.#limits.refusalMs });
  }

  succeeded(source: LoginSource, name: string): void {
    if (source.isLocal && this.#pairs.size === 0) return;
    const pair = pairKey(source, name);
    this.#pairs.forget(pair);
    if (source.isLocal || this.#known.has(pair)) return;
    if (this.#known.size >= RECORDS_MAX) this.#forgetOldestKnown();
    this.#known.add(pair);
  }

  #forgetOldestKnown(): void {
    for (const oldest of this.#known) {
      this.#known.delete(oldest);
      return;
    }
  }

  #placesOf(source: LoginSource, name: string): RecordKey[] {
    const pair = pairKey(source, name);
    const places: RecordKey[] = [{ records: this.#pairs, key: pair, factor: 1 }];
    if (source.isLocal) return places;
    places.push({ records: this.#addresses, key: source.address, factor: SHARED_FACTOR });
    if (!this.#known.has(pair))
      places.push({ records: this.#names, key: nameKey(name), factor: SHARED_FACTOR });
    return places;
  }

  /** Takes a place in the line of each record; returns how long it takes until it is reached. */
  #reserve(places: readonly RecordKey[]): number {
    const now = this.#options.now();
    const found = places.flatMap(({ records, key }) => records.find(key, now, this.#limits.forgetMs) ?? []);
    const at = found.reduce((latest, { nextAt }) => Math.max(latest, nextAt), now);
    if (at - now > WAIT_MAX_MS) {
      throw new LdapError('busy', 'Too many logins wait because others have failed. Try again later.');
    }
    for (const record of found) record.nextAt = at + record.delayMs;
    return at - now;
  }
}

function pairKey({ address }: LoginSource, name: string): string {
  return `${address} ${nameKey(name)}`;
}

/** Names are as long as whoever sends them likes. */
function nameKey(name: string): string {
  return name.length <= NAME_CHARACTERS_MAX ? name : hash('sha256', name, 'base64');
}
