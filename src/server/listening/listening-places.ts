// The addresses of the connection handlers: open now, prepared, and of the next start. Two handlers may exchange addresses in
// one commit. An address that cannot be used is refused when it is written, not at the next start.

import { lookup } from 'node:dns/promises';
import { realpath } from 'node:fs/promises';
import { isIP } from 'node:net';
import { networkInterfaces } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import type { ConfigurationObject, ObjectOfKind } from '../../config/configuration-object.ts';
import { LdapError } from '../../ldap/ldap-error.ts';
import type { Component, NewKeys, ObjectDifference, Prepared } from '../../runtime/component.ts';
import { PreparedMap } from '../../runtime/prepared-map.ts';
import type { AddressKeeper } from './listener.ts';
import { isLocal, type ListenAddress, refusal, tryAddress, urlOf } from './listening-socket.ts';

const KINDS = ['ldap-connection-handler', 'ldapi-connection-handler', 'http-connection-handler'] as const;

export type HandlerObject = ObjectOfKind<(typeof KINDS)[number]>;

/** The handler that has an address, independent of its name. */
type Owner = object;

/** A handler to be enabled. */
interface Plan {
  readonly owner: Owner;
  readonly dn: string;
  readonly places: readonly ListenAddress[];
  /** Addresses that the next start opens. */
  readonly written: readonly ListenAddress[];
}

interface OpenAddress {
  readonly owner: Owner | undefined;
  readonly place: ListenAddress;
}

/** An address and a port, or a path, in canonical form. */
type Exact = { readonly address: string; readonly port: number } | { readonly path: string };

const EVERY_IPV4 = '0.0.0.0';
const EVERY_ADDRESS = '::';

export class ListeningAddresses {
  /** Components that come before those that open addresses. */
  readonly components: readonly Component[];
  readonly #instanceFolder: string;
  readonly #plans = new PreparedMap<Plan>();
  readonly #open = new Set<OpenAddress>();

  /** @param instanceFolder base of relative paths. */
  constructor(instanceFolder: string) {
    this.#instanceFolder = instanceFolder;
    this.components = KINDS.map((kind, index) => ({
      kind,
      renamed: (keys: NewKeys) => this.#plans.rename(keys),
      announce: (difference: ObjectDifference) => this.#announce(difference),
      prepare: () => undefined,
      describe: () => [],
      // One review for all kinds.
      ...(index === 0
        ? { review: (differences: readonly ObjectDifference[]) => this.#review(differences) }
        : {}),
    }));
  }

  placesOf(handler: HandlerObject): readonly ListenAddress[] {
    if (handler.kind === 'ldapi-connection-handler') {
      const path = resolve(this.#instanceFolder, handler.socketFile);
      return [{ path, mode: Number.parseInt(handler.socketFileMode, 8) }];
    }
    const scheme = schemeOf(handler);
    return handler.listenAddress.map((host) => ({ scheme, host, port: handler.listenPort }));
  }

  /** Returns the keeper for the handler with this key. */
  keeper(key: string): AddressKeeper {
    const owner = this.#plans.findPrepared(key)?.owner;
    return {
      isBeingLeft: (place) => this.#isBeingLeft(place, owner),
      opened: (place) => {
        const open: OpenAddress = { owner, place };
        this.#open.add(open);
        return () => void this.#open.delete(open);
      },
    };
  }

  #announce({ key, after, written }: ObjectDifference): Prepared {
    if (!isEnabledHandler(after)) return this.#plans.stage(key, undefined);
    return this.#plans.stage(key, {
      owner: this.#plans.findPrepared(key)?.owner ?? {},
      dn: after.dn.toString(),
      places: this.placesOf(after),
      written: this.placesOf(isEnabledHandler(written) ? written : after),
    });
  }

  async #isBeingLeft(place: ListenAddress, owner: Owner | undefined): Promise<boolean> {
    const wanted = await exactly(place);
    const plans = [...this.#plans.prepared().values()];
    let isTaken = false;
    for (const open of this.#open) {
      if (!overlap(await exactly(open.place), wanted)) continue;
      const plan = open.owner === owner ? undefined : plans.find((one) => one.owner === open.owner);
      const kept = await exactlyAll(plan?.places ?? []);
      if (plan !== undefined && kept.some((one) => overlap(one, wanted))) {
        const reason = `${plan.dn} listens there; choose another place, or change or disable that one too`;
        throw refusal(urlOf(place, undefined), reason, undefined);
      }
      isTaken = true;
    }
    if (isTaken) await this.#try(place, wanted);
    return isTaken;
  }

  #review(differences: readonly ObjectDifference[]): Promise<void> | undefined {
    const mine = differences.filter(({ kinds }) => KINDS.some((kind) => kind === kinds.after));
    return mine.length === 0 ? undefined : this.#tryNextStart(mine.map(({ key }) => key));
  }

  /** Throws if another handler has the address after the next start, or if it cannot be opened. */
  async #tryNextStart(keys: readonly string[]): Promise<void> {
    const problems = new Set<string>();
    for (const key of keys) {
      const plan = this.#plans.findPrepared(key);
      if (plan === undefined) continue;
      for (const place of plan.written) {
        const wanted = await exactly(place);
        const other = await this.#otherAt(wanted, key);
        if (other !== undefined)
          problems.add(
            `${plan.dn}: the next start could not listen on ${urlOf(place, undefined)}, where ${other.dn} listens then; choose another place, or change that one too.`,
          );
        else if (!isAmong(wanted, await exactlyAll(plan.places)))
          await this.#try(place, wanted).catch((error: unknown) => {
            if (!(error instanceof LdapError)) throw error;
            problems.add(`${plan.dn}: ${error.message} The next start would be refused.`);
          });
      }
    }
    if (problems.size > 0) throw new LdapError('unwillingToPerform', [...problems].join('\n'));
  }

  async #otherAt(wanted: Exact, key: string): Promise<Plan | undefined> {
    for (const [other, plan] of this.#plans.prepared()) {
      if (other === key) continue;
      if ((await exactlyAll(plan.written)).some((one) => overlap(one, wanted))) return plan;
    }
    return undefined;
  }

  /** Throws unwillingToPerform if nobody could listen. Skips addresses that this server has open. */
  async #try(place: ListenAddress, wanted: Exact): Promise<void> {
    const open = await exactlyAll([...this.#open].map((one) => one.place));
    const own = open.filter((one) => overlap(one, wanted));
    if (own.length === 0) return tryAddress(place);
    if (isLocal(place) || !('address' in wanted) || isAmong(wanted, own)) return;
    const addresses = addressesOf(wanted.address).filter(
      (address) => !own.some((one) => overlap(one, { address, port: wanted.port })),
    );
    // Part of an open address: only whether the machine has it remains to be checked.
    if (addresses.length === 0) return tryAddress({ ...place, port: 0 });
    for (const host of addresses) await tryAddress({ ...place, host });
  }
}

function schemeOf(handler: Exclude<HandlerObject, { kind: 'ldapi-connection-handler' }>) {
  if (handler.kind === 'http-connection-handler') return 'http';
  return handler.useSsl ? 'ldaps' : 'ldap';
}

function isEnabledHandler(object: ConfigurationObject | undefined): object is HandlerObject {
  return object !== undefined && KINDS.some((kind) => kind === object.kind) && 'enabled' in object
    ? object.enabled === true
    : false;
}

function exactlyAll(places: readonly ListenAddress[]): Promise<Exact[]> {
  return Promise.all(places.map(exactly));
}

/** Returns the canonical form, for host names and links in paths. One that leads nowhere stays as written. */
async function exactly(place: ListenAddress): Promise<Exact> {
  if (isLocal(place)) {
    const folder = dirname(place.path);
    return { path: join(await realpath(folder).catch(() => folder), basename(place.path)) };
  }
  const { host, port } = place;
  if (isIP(host) !== 0) return { address: canonical(host), port };
  const found = await lookup(host).catch(() => undefined);
  return { address: found === undefined ? host : canonical(found.address), port };
}

/** Returns IPv6 in its shortest form, and IPv4-mapped IPv6 as IPv4. */
function canonical(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped !== undefined) return mapped;
  if (isIP(address) !== 6 || address.includes('%')) return address;
  return new URL(`http://[${address}]/`).hostname.slice(1, -1);
}

/** Returns true if two handlers cannot have both. */
function overlap(one: Exact, other: Exact): boolean {
  if ('path' in one || 'path' in other) return 'path' in one && 'path' in other && one.path === other.path;
  if (one.port !== other.port || one.port === 0) return false;
  return covers(one.address, other.address) || covers(other.address, one.address);
}

function covers(one: string, other: string): boolean {
  return one === other || one === EVERY_ADDRESS || (one === EVERY_IPV4 && isIP(other) === 4);
}

function isAmong(wanted: Exact, all: readonly Exact[]): boolean {
  return all.some((one) =>
    'path' in one
      ? 'path' in wanted && one.path === wanted.path
      : 'address' in wanted && one.address === wanted.address && one.port === wanted.port,
  );
}

/** Returns the addresses of this machine that a wildcard matches; none for another address. */
function addressesOf(address: string): readonly string[] {
  if (address !== EVERY_ADDRESS && address !== EVERY_IPV4) return [];
  const all = Object.values(networkInterfaces()).flatMap((ones) => ones ?? []);
  return all
    .filter((one) => (address === EVERY_IPV4 ? one.family === 'IPv4' : true))
    .filter((one) => !one.address.startsWith('fe80:'))
    .map((one) => canonical(one.address));
}
