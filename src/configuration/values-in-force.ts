// What is in force of the configuration, entry by entry: mostly what is written, and, where an admin action is due,
// what was there before. It is kept with the entries themselves, which never change: what readers see, what is staged
// and what is rolled back each has its own, and an entry for which nothing waits costs nothing.

import { randomUUID } from 'node:crypto';
import type { HiddenEntries } from '../backend/tree-source.ts';
import type { PendingChange, PendingChanges } from '../config/admin-actions.ts';
import type { ConfigurationObject } from '../config/configuration-object.ts';
import { isOfKind } from '../config/object-definition.ts';
import { connectionHandler } from '../config/objects/connection-handler.ts';
import { globalAccessControlPolicy } from '../config/objects/global-access-control-policy.ts';
import { keyManagerProvider } from '../config/objects/key-manager-provider.ts';
import { rootDnUser } from '../config/objects/root-dn-user.ts';
import { trustManagerProvider } from '../config/objects/trust-manager-provider.ts';
import type { EntryInForce, PropertyValidator } from '../config/property-validator.ts';
import type { NewNames } from '../config/renamed-references.ts';
import type { Effect } from '../directory/apply-change.ts';
import type { Entry } from '../ldap/entry.ts';

/** Kinds of accounts, trust, keys and access. A password policy keeps its values: nobody could log in without it. */
const CLOSED_KINDS: readonly string[] = [
  rootDnUser,
  trustManagerProvider,
  keyManagerProvider,
  globalAccessControlPolicy,
].map(({ kind }) => kind);

/** Properties of a connection handler that decide whom it lets in, and how well connections are protected. */
const CLOSED_PROPERTIES: ReadonlySet<string> = new Set([
  'allowed-client',
  'denied-client',
  'allow-clear-text-password',
  'allow-start-tls',
  'key-manager-provider',
  'socket-file-mode',
  'ssl-cert-nickname',
  'ssl-cipher-suite',
  'ssl-client-auth-policy',
  'ssl-protocol',
  'trust-manager-provider',
  'use-ssl',
]);

const ENABLED_KEY = 'ds-cfg-enabled';
const CLASS_KEY = 'objectclass';

const NOT_HERE =
  'nothing of this entry is effective on this server, which could not put it into force; put right what its log names, and reload';

export class ValuesInForce {
  readonly #pending = new WeakMap<Entry, PendingChanges>();
  readonly #absent = new WeakSet<Entry>();
  /** False until an entry is absent for the first time, as it is for ever on a server without a cluster. */
  #hasAbsent = false;
  #holdCount = 0;
  /** Entries that are stored and not in force here, as readers of what is in force need them. */
  readonly absent: HiddenEntries;
  #validator: PropertyValidator;
  #sourcesId = randomUUID();

  constructor(validator: PropertyValidator) {
    this.#validator = validator;
    this.absent = { isNone: () => !this.#hasAbsent, has: (entry) => this.#absent.has(entry) };
  }

  get validator(): PropertyValidator {
    return this.#validator;
  }

  /** Another text for every time that the sources have been read. */
  get sourcesId(): string {
    return this.#sourcesId;
  }

  /** From now on entries mean what they mean with other sources; takes what waits then, of those for which that is new. */
  reload(validator: PropertyValidator, changed: Iterable<EntryInForce>): void {
    this.#validator = validator;
    this.#sourcesId = randomUUID();
    for (const { entry, pending } of changed) {
      this.#absent.delete(entry);
      if (pending !== this.pending(entry)) this.#keep(entry, pending);
    }
  }

  /** Notes what waits once an entry has become another. Entries that are there when the server starts wait for nothing. */
  settle({ before, after }: Pick<Effect, 'before' | 'after'>, at: Date, names: NewNames): void {
    if (before === undefined || after === undefined) return;
    const validator = this.#validator;
    this.#keep(after, validator.pendingAfter(this.#inForce(before), after, at, validator, names));
  }

  /**
   * Keeps in force what was, once an entry has become another: this server cannot do otherwise. A new entry is absent here,
   * and so is what decides who a client is or what it may do: nothing that was taken away stays in force.
   */
  hold({ before, after }: Pick<Effect, 'before' | 'after'>, at: Date, names: NewNames): void {
    if (after === undefined) return;
    this.#holdCount += 1;
    const isNew = before === undefined || this.#absent.has(before);
    const validator = this.#validator;
    const pending = isNew
      ? undefined
      : validator.pendingAfter(this.#inForce(before), after, at, validator, names, true);
    if (isNew || this.failsClosed(before) || this.failsClosed(after) || this.#wouldStayOpen(after, pending)) {
      this.#absent.add(after);
      this.#hasAbsent = true;
    } else this.#keep(after, pending);
  }

  /** Returns true if an entry that cannot be in force here keeps nothing of what was. */
  failsClosed(entry: Entry): boolean {
    return CLOSED_KINDS.some((kind) => this.#isOf(entry, kind));
  }

  /** Returns true if an object that keeps these values would do what it must not do any more. */
  #wouldStayOpen(after: Entry, pending: PendingChanges | undefined): boolean {
    if (after.first(ENABLED_KEY)?.toLowerCase() === 'false') return true;
    if (pending === undefined || !this.#isOf(after, connectionHandler.kind)) return false;
    return [...pending.keys()].some((name) => CLOSED_PROPERTIES.has(name));
  }

  #isOf(entry: Entry, kind: string): boolean {
    const definition = this.#validator.definitions.findForEntry(entry);
    return definition !== undefined && isOfKind(definition, kind);
  }

  /** Returns true if nothing of an entry is in force here, although it is stored. */
  isAbsent(entry: Entry): boolean {
    return this.#hasAbsent && this.#absent.has(entry);
  }

  /** Number of times that an entry was held: what is held now was held then, or has come from that. */
  get holdCount(): number {
    return this.#holdCount;
  }

  /** Returns the object of an absent entry with its name and defaults alone; undefined if it has no meaning so, or is not absent. */
  bareObject(entry: Entry): ConfigurationObject | undefined {
    if (!this.isAbsent(entry)) return undefined;
    const naming = this.#validator.definitions.findForEntry(entry)?.namingAttribute.toLowerCase();
    const kept = entry.attributes.filter(({ key }) => key === CLASS_KEY || key === naming);
    return this.#validator.decode(entry.withAttributes(kept));
  }

  /** Returns true if this server could not put an entry into force as another server has stored it. */
  isHeld(entry: Entry): boolean {
    if (this.isAbsent(entry)) return true;
    const pending = this.pending(entry);
    return pending !== undefined && [...pending.values()].some(({ action }) => action === 'reload');
  }

  /** Returns true if an entry differs from the one before in names only; see differsInNamesOnly. */
  differsInNamesOnly({ before, after }: Pick<Effect, 'before' | 'after'>, names: NewNames): boolean {
    if (names.size === 0 || before === undefined || after === undefined) return false;
    return this.#validator.differsInNamesOnly(this.#inForce(before), this.#inForce(after), names);
  }

  #inForce(entry: Entry): EntryInForce {
    return { entry, pending: this.pending(entry) };
  }

  #keep(entry: Entry, pending: PendingChanges | undefined): void {
    if (pending === undefined) this.#pending.delete(entry);
    else this.#pending.set(entry, pending);
  }

  pending(entry: Entry): PendingChanges | undefined {
    return this.#pending.get(entry);
  }

  decode(entry: Entry): ConfigurationObject | undefined {
    return this.#validator.decode(entry, this.pending(entry));
  }

  /** The entry with what is in force, under the name it has in cn=config. */
  effectiveEntry(entry: Entry): Entry {
    return this.#validator.effectiveEntry(entry, this.pending(entry));
  }

  /** Where the values in force come from: a text for each property. */
  originTexts(entry: Entry): readonly string[] {
    return this.#validator.originsOf(entry, this.pending(entry));
  }

  /** A line for each property that a change has made wait, or that it has changed once more. */
  notesOf({ before, after }: Pick<Effect, 'before' | 'after'>): readonly string[] {
    if (before === undefined || after === undefined) return [];
    const pending = this.pending(after);
    if (pending === undefined) return [];
    const earlier = this.pending(before);
    const isNew = (change: PendingChange) => earlier?.get(change.property.name) !== change;
    return this.#validator.formatPending(after, [...pending.values()].filter(isNew), 'notes');
  }

  /** Returns a text for each property whose stored value is not effective yet, with what to do about it. */
  pendingTexts(entry: Entry): readonly string[] {
    if (this.isAbsent(entry)) return [NOT_HERE];
    const pending = this.pending(entry);
    return pending === undefined ? [] : this.#validator.formatPending(entry, pending.values(), 'values');
  }
}
