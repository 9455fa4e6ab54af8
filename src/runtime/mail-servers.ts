// The mail servers of the configuration, in the order in which they are tried, and the limits of the spool. A
// change creates a new mail server for later messages; the old one finishes its own.

import type { ObjectOfKind } from '../config/configuration-object.ts';
import { hintsOf } from '../config/hints.ts';
import { ignoredSettings } from '../config/types/java-mail.ts';
import { BrokenInvariant } from '../files/program-error.ts';
import type { QueueLimits } from '../mail/mail-queue.ts';
import { MailServer, type MailWorld } from '../mail/mail-server.ts';
import { MailServerFigures } from '../mail/mail-server-figures.ts';
import type { SpoolLimits } from '../mail/spool.ts';
import type { ServerTrust } from '../trust/server-trust.ts';
import { TrustError } from '../trust/trust-error.ts';
import type { Component, ObjectDifference, Prepared } from './component.ts';
import { type Digest, factsOf, type RunningPart } from './description.ts';
import { neverRenamed, onCommit, renameKeys } from './renamed-keys.ts';
import type { ServerTrusts } from './server-trust.ts';

export interface MailServersOptions extends Omit<MailWorld, 'pauses'> {
  readonly trusts: ServerTrusts;
  readonly keyOf: (dn: string) => string;
}

export type MailServerObject = ObjectOfKind<'mail-server'>;
type GlobalObject = ObjectOfKind<'global-configuration'>;

/** One mail server of the configuration, enabled or not. */
export interface KnownMailServer {
  /** DN of its entry, and the cn of it. */
  readonly name: string;
  readonly commonName: string;
  readonly figures: MailServerFigures;
  /** A disabled mail server takes no messages but can be checked. */
  readonly isEnabled: boolean;
  readonly server: MailServer;
  /** Key of the DN of its trust manager; undefined for the authorities of the runtime. */
  readonly trustKey: string | undefined;
  /** Settings of smtp-property without effect: unknown names, each with the name that may be meant. */
  readonly ignored: ReturnType<typeof ignoredSettings>;
  /** Other settings without effect, as sentences. */
  readonly hints: readonly string[];
}

/** A mail server with its object. */
interface Known {
  readonly difference: ObjectDifference;
  /** Figures of the mail server before it; undefined if there is none. */
  figures: MailServerFigures | undefined;
  made: KnownMailServer | undefined;
}

/** Former names that are remembered. */
const RENAMED_MAX = 1000;

/** Component that runs the mail servers. */
export class MailServers {
  readonly components: readonly Component[] = [
    {
      kind: 'mail-server',
      renamed: (keys) => onCommit(() => renameKeys(this.#known, keys)),
      prepare: (difference) => this.#prepare(difference),
      describe: (digest) => this.#describe(digest),
      runs: (key) => this.#runs(key),
    },
    {
      kind: 'global-configuration',
      renamed: neverRenamed,
      prepare: (difference) => this.#prepareLimits(difference),
      describe: () => this.#describeLimits(),
    },
  ];
  readonly #options: MailServersOptions;
  /** Mail servers by key. With very many, most are created only when they are used. */
  readonly #known = new Map<string, Known>();
  /** The keys of today, by those of names that mail servers had since the start. */
  readonly #renamed = new Map<string, string>();
  #ordered: readonly MailServer[] | undefined;
  #limits: GlobalObject | undefined;
  #hear: () => void = () => {};

  constructor(options: MailServersOptions) {
    this.#options = options;
  }

  /** Enabled mail servers, sorted by priority, then by name. */
  get ordered(): readonly MailServer[] {
    this.#ordered ??= [...this.all]
      .flatMap(({ server, isEnabled }) => (isEnabled ? [server] : []))
      .toSorted((one, other) => one.priority - other.priority || (one.name < other.name ? -1 : 1));
    return this.#ordered;
  }

  get all(): Iterable<KnownMailServer> {
    return this.#all();
  }

  /** Finds a mail server by the key of its DN. */
  find(key: string): KnownMailServer | undefined {
    const known = this.#known.get(key);
    return known && this.#made(known);
  }

  /** Does the same for a name that was right a while ago. */
  findNow(key: string): KnownMailServer | undefined {
    return this.find(key) ?? this.find(this.#renamed.get(key) ?? key);
  }

  /** Creates a mail server outside this list: it takes no messages, and can be checked. The caller closes it. */
  makeAside(object: MailServerObject): MailServer {
    return this.#makeServer(object, new MailServerFigures());
  }

  /** Sets the function that is called after every change of a mail server or a limit. */
  onChange(hear: () => void): void {
    this.#hear = hear;
  }

  get spoolLimits(): SpoolLimits {
    const { mailSpoolMessageLimit, mailSpoolSizeLimit } = this.#global();
    return { messagesMax: mailSpoolMessageLimit, octetsMax: mailSpoolSizeLimit };
  }

  get queueLimits(): QueueLimits {
    const { mailRetryPause, mailRetryPauseLimit, mailLifetime } = this.#global();
    return { pauses: { firstMs: mailRetryPause, longestMs: mailRetryPauseLimit }, lifetimeMs: mailLifetime };
  }

  /** Yields the keys of the trust managers whose mail servers rest because their certificates are not trusted. */
  *notTrusted(): Generator<string> {
    for (const { made } of this.#known.values()) {
      if (made?.isEnabled === true && made.server.isNotTrusted && made.trustKey !== undefined)
        yield made.trustKey;
    }
  }

  /** Tells mail servers that a trust manager, by the key of its DN, may trust other certificates now. */
  trustChanged(key: string): void {
    const changed = [...this.#known.values()].filter(
      ({ made }) => made?.trustKey === key && made.server.trustChanged(),
    );
    if (changed.length > 0) this.#hear();
  }

  /** Closes all connections. */
  close(): void {
    for (const { made } of this.#known.values()) made?.server.close();
  }

  #global(): GlobalObject {
    if (this.#limits === undefined)
      throw new BrokenInvariant('The limits of the mail spool were asked for too early.');
    return this.#limits;
  }

  #prepare(difference: ObjectDifference): Prepared {
    const { key, from, kinds } = difference;
    return onCommit(() => {
      if (from !== undefined) this.#rename(from, key);
      const old = this.#known.get(key);
      const made = old?.made && this.#goingOn(old.made, difference);
      if (kinds.after === 'mail-server') this.#known.set(key, { difference, figures: old?.figures, made });
      else this.#known.delete(key);
      this.#ordered = undefined;
      if (made === undefined) old?.made?.server.retire();
      this.#hear();
    });
  }

  #rename(from: string, key: string): void {
    for (const [earlier, now] of this.#renamed) if (now === from) this.#renamed.set(earlier, key);
    this.#renamed.delete(key);
    this.#renamed.set(from, key);
    const [oldest] = this.#renamed.keys();
    if (this.#renamed.size > RENAMED_MAX && oldest !== undefined) this.#renamed.delete(oldest);
  }

  /**
   * Returns the mail server under its new name, with its connections and state. Returns undefined if a new one
   * must be created.
   */
  #goingOn(
    made: KnownMailServer,
    { after, differsInNamesOnly }: ObjectDifference,
  ): KnownMailServer | undefined {
    if (differsInNamesOnly !== true || after?.kind !== 'mail-server') return undefined;
    made.server.rename(after.dn.toString(), () => this.#trustOf(after));
    return { ...made, ...this.#namesOf(after) };
  }

  #namesOf({
    dn,
    name,
    trustManagerProvider,
  }: MailServerObject): Pick<KnownMailServer, 'name' | 'commonName' | 'trustKey'> {
    return {
      name: dn.toString(),
      commonName: name,
      trustKey: trustManagerProvider && this.#options.keyOf(trustManagerProvider.toString()),
    };
  }

  #prepareLimits({ after }: ObjectDifference): Prepared {
    return {
      commit: () => {
        if (after?.kind === 'global-configuration') this.#limits = after;
        this.#hear();
      },
      abort: () => {},
    };
  }

  /** Returns true if the mail server runs. Those not used yet are created on demand. */
  #runs(key: string): boolean {
    const known = this.#known.get(key);
    return known !== undefined && (known.made?.isEnabled ?? true);
  }

  *#describe(digest: Digest): Generator<RunningPart> {
    for (const [key, known] of this.#known) {
      const { name, isEnabled, server, ignored } = this.#made(known);
      const place = this.ordered.indexOf(server);
      yield {
        key,
        facts: {
          name,
          isEnabled,
          place,
          priority: server.priority,
          isRetired: server.isRetired,
          plan: factsOf(server.plan, digest),
          trust: server.trustName,
          ignored: factsOf(ignored, digest),
        },
      };
    }
  }

  *#describeLimits(): Generator<RunningPart> {
    const facts = { spool: { ...this.spoolLimits }, queue: factsOf(this.queueLimits, String) };
    yield { key: undefined, facts };
  }

  *#all(): Generator<KnownMailServer> {
    for (const known of this.#known.values()) yield this.#made(known);
  }

  #made(known: Known): KnownMailServer {
    known.made ??= this.#make(known);
    return known.made;
  }

  #make(known: Known): KnownMailServer {
    const object = known.difference.after;
    if (object?.kind !== 'mail-server')
      throw new BrokenInvariant(`${known.difference.key} is in use and is no mail server.`);
    known.figures ??= new MailServerFigures();
    const { figures } = known;
    return {
      ...this.#namesOf(object),
      figures,
      server: this.#makeServer(object, figures),
      isEnabled: object.enabled,
      ignored: ignoredSettings(object.smtpProperty),
      hints: hintsOf(object),
    };
  }

  #makeServer(object: MailServerObject, figures: MailServerFigures): MailServer {
    const { log, now, clockMs, lookups } = this.#options;
    const trust = () => this.#trustOf(object);
    const pauses = () => this.queueLimits.pauses;
    const world = { trust, pauses, log, now, clockMs, lookups };
    return new MailServer({ name: object.dn.toString(), settings: object, figures, ...world });
  }

  /** Returns the trust manager, which every new connection looks up again. */
  #trustOf({ dn, trustManagerProvider }: MailServerObject): ServerTrust {
    const { trusts, keyOf } = this.#options;
    const name = trustManagerProvider?.toString();
    const trust = trusts.find(name === undefined ? undefined : keyOf(name));
    if (trust !== undefined) return trust;
    throw new TrustError(`${dn}: the trust manager ${name} is not there or not enabled.`);
  }
}
