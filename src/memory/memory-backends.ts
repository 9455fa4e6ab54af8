// The memory backends of the configuration, as a component of the runtime. Enabling one adds its naming contexts; disabling
// it removes them with all entries.

import { randomUUID } from 'node:crypto';
import type { Requester } from '../backend/backend.ts';
import type { CommitListener } from '../backend/change-feed.ts';
import type { EntryViews } from '../backend/entry-views.ts';
import type { NamingContexts } from '../backend/naming-contexts.ts';
import { OWN_TREES } from '../config/checks/trust-base-check.ts';
import type { Derive } from '../config/passwords/derivation.ts';
import type { PasswordProfiles, ProfileSection } from '../config/passwords/password-profiles.ts';
import { storePassword } from '../config/passwords/stored-password.ts';
import { withStoredPasswords } from '../configuration/rights/stored-passwords.ts';
import { WritePath, type WritePathOptions } from '../configuration/write/write-path.ts';
import { findReferral, referralsOf } from '../directory/referral.ts';
import { messageOf } from '../files/file-error.ts';
import type { Change, Modification } from '../ldap/change.ts';
import { Dn } from '../ldap/dn.ts';
import { Attribute, type Entry } from '../ldap/entry.ts';
import { countOf } from '../ldap/issue.ts';
import { LdapError } from '../ldap/ldap-error.ts';
import type { Account } from '../runtime/accounts.ts';
import type { Component, NewKeys, ObjectDifference, Prepared } from '../runtime/component.ts';
import type { RunningPart } from '../runtime/description.ts';
import type { FindPolicy } from '../runtime/password-policies.ts';
import { PreparedMap } from '../runtime/prepared-map.ts';
import { together } from '../runtime/renamed-keys.ts';
import { Runtime } from '../runtime/runtime.ts';
import type { Schema } from '../schema/schema.ts';
import { MemoryAccounts } from './memory-accounts.ts';
import { MemoryBackend } from './memory-backend.ts';
import { requireMemoryLoginRights } from './memory-login-rights.ts';
import { collect, isEnabled, overlap, readsTheSame, type Settings } from './memory-settings.ts';
import { MemoryStore } from './memory-store.ts';
import { MemoryTree } from './memory-tree.ts';

export interface MemoryBackendsOptions {
  readonly schema: Schema;
  readonly views: EntryViews;
  readonly contexts: NamingContexts;
  readonly isSecret: (key: string, value: string) => boolean;
  /** Keys of the base DNs of authorities for client certificates. */
  readonly clientTrustBases: () => Iterable<string>;
  /** Reads the entries of an LDIF file. Throws LdapError or an error of the file. */
  readonly readEntries: (path: string) => Promise<readonly Entry[]>;
  /** Returns where the passwords of a requester's source are hashed. */
  readonly deriveFor: (source: string) => Derive;
  readonly findPolicy: FindPolicy;
  /** Receives the password attributes of all entries. */
  readonly profiles: PasswordProfiles;
  readonly now: () => Date;
  readonly log: WritePathOptions['log'];
}

/** A backend to be enabled: its effective values, and those of the next start. */
interface Plan {
  readonly settings: Settings;
  readonly written: Settings;
}

/** An enabled backend. */
interface Running {
  settings: Settings;
  readonly entries: MemoryTree;
  readonly writePath: WritePath;
  readonly backends: readonly MemoryBackend[];
  readonly passwords: ProfileSection;
}

/** Maximum number of issues of a file in one answer. */
const ISSUES_MAX = 20;
/** Number of entries of a file whose passwords are hashed concurrently. */
const FILLED_TOGETHER = 256;
const PASSWORD_KEY = 'userpassword';
/** Requester of the replacement of a foreign hash. */
const UPGRADE: Requester = { dn: '', name: 'password upgrade', privileges: new Set(['password-reset']) };

export class MemoryBackends implements Component {
  readonly kind = 'memory-backend';
  readonly #options: MemoryBackendsOptions;
  readonly #running = new PreparedMap<Running>();
  readonly #plans = new PreparedMap<Plan>();
  readonly #accounts = new MemoryAccounts();
  #listener: CommitListener | undefined;

  constructor(options: MemoryBackendsOptions) {
    this.#options = options;
  }

  /** Reports the commits of backends that open later. */
  readonly listen = (listener: CommitListener): void => {
    this.#listener = listener;
  };

  readonly findEntry = (key: string): Entry | undefined => this.#treeAt(key)?.find(key);

  /** Finds the account of an entry with a password by the key of its name. It has no privileges. */
  readonly findAccount = (key: string): Account | undefined => {
    const tree = this.#treeAt(key);
    const entry = tree?.find(key);
    const account = entry && this.#accounts.accountOf(key, entry);
    // Entries below a referral belong to another server: they are invisible, and cannot log in.
    if (tree === undefined || account === undefined || referralsOf(tree) === undefined) return account;
    return findReferral(key, (one) => tree.find(one)) === undefined ? account : undefined;
  };

  /**
   * Replaces the stored hash of an account by a better one of the same password; the account stays the same. Does nothing
   * if entries are read-only, or if the hash has changed meanwhile.
   */
  readonly renewPassword = async (
    account: Account,
    old: readonly string[],
    password: string,
    derive: Derive,
  ): Promise<void> => {
    const running = [...this.#running.values()].find(
      ({ entries }) => entries.tree.find(account.key) !== undefined,
    );
    if (running?.settings.writabilityMode !== 'enabled') return;
    const { credentials, dn } = account;
    const fresh = await storePassword(password, derive);
    const kept = credentials.passwords.filter((value) => !old.includes(value));
    const modify = (operation: Modification['operation'], values: readonly string[]): Modification => ({
      operation,
      attribute: new Attribute('userPassword', values),
    });
    const change: Change = {
      type: 'modify',
      dn: Dn.parse(dn),
      modifications: [modify('delete', old), modify('add', fresh)],
    };
    await this.#accounts.renewing(account, [...kept, ...fresh], async () => {
      await running.writePath.submit(change, UPGRADE);
      this.findAccount(account.key);
    });
  };

  renamed(keys: NewKeys): Prepared {
    const parts = [this.#running.rename(keys), this.#plans.rename(keys)];
    return together(parts);
  }

  announce({ key, after, written }: ObjectDifference): Prepared {
    const plan = isEnabled(after)
      ? { settings: after, written: isEnabled(written) ? written : after }
      : undefined;
    return this.#plans.stage(key, plan);
  }

  async prepare({ key, before, after }: ObjectDifference): Promise<Prepared | undefined> {
    const wasEnabled = isEnabled(before);
    if (!isEnabled(after)) return wasEnabled ? this.#stopping(key) : undefined;
    return wasEnabled ? this.#changing(key, after) : this.#starting(key, after);
  }

  /** Tries what the next start would do, if that differs from the present state. */
  review(differences: readonly ObjectDifference[]): Promise<void> | undefined {
    const mine = differences.filter(({ kinds }) => kinds.after === this.kind);
    return mine.length === 0 ? undefined : this.#tryNextStart(mine);
  }

  async #tryNextStart(differences: readonly ObjectDifference[]): Promise<void> {
    for (const { key, before } of differences) {
      const plan = this.#plans.findPrepared(key);
      if (plan === undefined) continue;
      const { settings, written } = plan;
      if (written !== settings) this.#refuseTaken(key, written, (other) => other.written);
      const hasFewer = isEnabled(before) && written.entryLimit < before.entryLimit;
      if (hasFewer || !readsTheSame(settings, written)) await this.#tryFile(written);
    }
  }

  async #tryFile(written: Settings): Promise<void> {
    const trial = this.#open(written);
    try {
      await this.#fill(trial);
    } finally {
      trial.passwords.clear();
      await trial.writePath.close();
    }
  }

  *describe(): Generator<RunningPart> {
    const { contexts } = this.#options;
    const served = new Set([...contexts]);
    for (const [key, { settings, entries, backends }] of this.#running.entries()) {
      const trees = backends.map((backend) => ({
        base: backend.baseKey,
        isServed: served.has(backend),
        ...backend.rights,
      }));
      yield { key, facts: { trees, entries: entries.tree.size, entryLimit: settings.entryLimit } };
    }
  }

  runs(key: string): boolean {
    return this.#running.find(key) !== undefined;
  }

  /** Resolves when the changes under way have ended. */
  async close(): Promise<void> {
    await Promise.all([...this.#running.values()].map(({ writePath }) => writePath.close()));
  }

  #stopping(key: string): Prepared | undefined {
    const running = this.#running.findPrepared(key);
    if (running === undefined) return undefined;
    const parts = [
      this.#running.stage(key, undefined),
      this.#options.contexts.stage({ removed: running.backends, added: [] }),
    ];
    return {
      commit: () => {
        for (const part of parts) part.commit();
        running.passwords.clear();
        running.writePath.feed.close(
          new LdapError(
            'unavailable',
            `${running.settings.dn}: the backend was disabled or removed, and its entries are gone.`,
          ),
        );
        // Not awaited: late changes are refused, and those under way change nothing visible.
        void running.writePath.close();
      },
      abort: () => {
        for (const part of parts) part.abort();
      },
    };
  }

  /** Prepares a change: operations allowed change at once, base DNs and the file when the backend is enabled again. */
  #changing(key: string, settings: Settings): Prepared | undefined {
    const running = this.#running.findPrepared(key);
    if (running === undefined) return undefined;
    const { size } = running.entries.tree;
    if (settings.entryLimit < size) {
      throw new LdapError(
        'unwillingToPerform',
        `${settings.dn}: entry-limit "${settings.entryLimit}" is less than the ${size} entries that are there. Delete some first, or choose at least ${size}.`,
      );
    }
    return {
      commit: () => {
        running.settings = settings;
      },
      abort: () => {},
    };
  }

  async #starting(key: string, settings: Settings): Promise<Prepared> {
    const { contexts } = this.#options;
    this.#refuseTaken(key, settings, (other) => other.settings);
    const running = this.#open(settings);
    await this.#fill(running).catch((error: unknown) => {
      running.passwords.clear();
      throw error;
    });
    const parts = [
      this.#running.stage(key, running),
      contexts.stage({ removed: [], added: running.backends }),
    ];
    return {
      commit: () => {
        for (const part of parts) part.commit();
      },
      abort: () => {
        running.passwords.clear();
        for (const part of parts) part.abort();
      },
    };
  }

  /**
   * Throws unwillingToPerform if a base DN overlaps a tree of the server or of another backend, for the values that
   * `settingsOf` returns. Backends that the same change disables do not count.
   */
  #refuseTaken(key: string, { dn, baseDn }: Settings, settingsOf: (plan: Plan) => Settings): void {
    const { schema, contexts } = this.#options;
    const own = [...contexts].filter((backend) => !(backend instanceof MemoryBackend));
    const others = [...this.#plans.prepared()].filter(([other]) => other !== key);
    const taken = [
      ...[...own.map(({ baseKey }) => baseKey), ...OWN_TREES],
      ...others.flatMap(([, plan]) => settingsOf(plan).baseDn.map((base) => schema.dnKey(base))),
    ];
    for (const base of baseDn) {
      const other = taken.find((one) => overlap(one, schema.dnKey(base)));
      if (other === undefined) continue;
      throw new LdapError(
        'unwillingToPerform',
        `${dn}: base-dn "${base}" is part of the tree ${other}, or has that tree in it. Name a tree that is nobody else's.`,
      );
    }
  }

  #treeAt(key: string): MemoryTree['tree'] | undefined {
    const backend = this.#options.contexts.find(key);
    const owner = [...this.#running.values()].find(({ backends }) => backends.some((one) => one === backend));
    return owner?.entries.tree;
  }

  #open(settings: Settings): Running {
    const { schema, isSecret, clientTrustBases, now, log, profiles } = this.#options;
    const passwords = profiles.section();
    const current = () => running.settings;
    const entries = new MemoryTree({
      schema,
      topKeys: new Set(settings.baseDn.map((dn) => schema.dnKey(dn))),
      isSecret,
      entryLimit: () => current().entryLimit,
      shown: (key, entry) => passwords.set(key, entry?.values(PASSWORD_KEY) ?? []),
      permit: (effect, requester) => requireMemoryLoginRights(effect, requester, clientTrustBases),
    });
    const writePath = new WritePath({
      target: entries,
      runtime: new Runtime([]),
      store: new MemoryStore(),
      now,
      log,
    });
    if (this.#listener !== undefined) writePath.feed.listen(this.#listener);
    const rights = () => ({
      allowAnonymousRead: current().allowAnonymousRead,
      isWritable: current().writabilityMode === 'enabled',
    });
    const backends = settings.baseDn.map(
      (baseDn) => new MemoryBackend({ ...this.#options, baseDn, entries, writePath, rights }),
    );
    const running: Running = { settings, entries, writePath, backends, passwords };
    return running;
  }

  /** Returns an entry of a file with hashed passwords. */
  async #storedEntry(entry: Entry, backend: Dn): Promise<Entry> {
    const { schema, deriveFor, findPolicy, now } = this.#options;
    const change = await withStoredPasswords(
      { type: 'add', entry },
      {
        schema,
        acceptance: 'any',
        derive: deriveFor(backend.toString()),
        find: () => undefined,
        findPolicy,
        by: '',
        now,
        isFromFile: true,
      },
    );
    return change.type === 'add' ? change.entry : entry;
  }

  async #fill({ settings, entries }: Running): Promise<void> {
    const { ldifFile, dn } = settings;
    if (ldifFile === undefined) return;
    const { now, readEntries } = this.#options;
    const [issues, at]: [string[], Date] = [[], now()];
    try {
      const read = await readEntries(ldifFile);
      for (let first = 0; first < read.length; first += FILLED_TOGETHER) {
        const ready = read.slice(first, first + FILLED_TOGETHER).map((entry) => this.#storedEntry(entry, dn));
        for (const outcome of await Promise.allSettled(ready)) {
          collect(issues, () => {
            if (outcome.status === 'rejected') throw outcome.reason;
            entries.load(outcome.value, { at, by: '', id: randomUUID() });
          });
        }
      }
    } catch (error) {
      issues.push(messageOf(error));
    }
    entries.tree.commit();
    if (issues.length === 0) return;
    const shown = issues.slice(0, ISSUES_MAX).join('\n');
    throw new LdapError(
      'unwillingToPerform',
      `${dn}: ldif-file ${JSON.stringify(ldifFile)} cannot be read, or not all of it; ${countOf(issues.length, 'error')}:\n${shown}`,
    );
  }
}
