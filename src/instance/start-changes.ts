// Changes that wait for a server to start: config.ldif edited by hand, config-changes.ldif beside it, or the wish to go
// back to what the last good start had. Each is validated as a whole, becomes one change of the journal, and only then
// counts; one that is not valid keeps the server from starting, and leaves the files as they are.

import { createHash, randomUUID } from 'node:crypto';
import { dirname, join } from 'node:path';
import { readLdif } from '../codec/ldif-reader.ts';
import { deriveForCommand } from '../config/passwords/derivation.ts';
import type { Configuration } from '../configuration/configuration.ts';
import { loadEntries } from '../configuration/loading/configuration-loader.ts';
import { changesOfEdit } from '../configuration/loading/edit-by-hand.ts';
import { withStoredPasswords } from '../configuration/rights/stored-passwords.ts';
import {
  addSiteSchema,
  adoptSiteSchema,
  loadSiteSchema,
  repeatWithSiteSchema,
} from '../configuration/site-schema.ts';
import { append, Staging, stageAll } from '../configuration/write/staging.ts';
import { freeName, nodeFileSystem, writeNewFile } from '../files/file-system.ts';
import type { Log } from '../files/log.ts';
import { readNamedFile, UnreadableFile } from '../files/named-file.ts';
import { requirePrivate } from '../files/permissions.ts';
import { type Change, dnOfChange } from '../ldap/change.ts';
import type { Entry } from '../ldap/entry.ts';
import { countOf, formatIssue } from '../ldap/issue.ts';
import { LdapError } from '../ldap/ldap-error.ts';
import { textFromOctets } from '../ldap/octets.ts';
import type { AlertSink } from '../mail/alert.ts';
import { keepEditAside } from '../store/edited-snapshot.ts';
import { rewriteLdif } from '../store/encryption/rewrite-ldif.ts';
import type { StoredValues } from '../store/encryption/stored-values.ts';
import type { OpenedLdifStore } from '../store/ldif-store.ts';
import { readSnapshot, SNAPSHOT_NAME } from '../store/snapshot.ts';
import type { Commit, Store } from '../store/store.ts';
import { START_OK_NAME } from './last-known-good.ts';
import { refusedControl } from './refused-control.ts';
import { StartError } from './start-error.ts';
import { policiesOf } from './stored-policies.ts';

const CHANGES_OCTETS_MAX = 256 * 1024 * 1024;
const CHANGES_NAME = 'config-changes.ldif';
/** Of those that a file has changed. */
const ENTRIES_TOLD_MAX = 20;
const MANUAL_EDIT = 'cn=Manual Edit';
const LAST_KNOWN_GOOD = 'cn=Last Known Good';

export interface StartChangesOptions {
  readonly configFolder: string;
  readonly opened: Pick<OpenedLdifStore, 'entries' | 'edited' | 'commits'> & {
    readonly store: Pick<Store, 'lastNumber' | 'append'>;
  };
  /** An empty one, to try changes on. */
  readonly newConfiguration: () => Configuration;
  readonly now: Date;
  readonly log: Log;
  readonly alerts: AlertSink;
  readonly isLastKnownGood: boolean;
  /** True if an edit that loses entries or looks like damage is meant. */
  readonly acceptsEdit: boolean;
  readonly values: StoredValues;
  /** Nothing is renamed; what is appended is the caller's business. */
  readonly isTrial?: boolean;
}

/** The commits to repeat, those that were made now among them. Throws StartError. */
export async function makeStartChanges(options: StartChangesOptions): Promise<readonly Commit[]> {
  const { opened, configFolder, log, now, isLastKnownGood, values } = options;
  const waiting = new StartChanges(options);
  if (isLastKnownGood) {
    if (opened.edited !== undefined) {
      const aside = await keepEditAside(nodeFileSystem, configFolder, now, values);
      log.warn({ file: aside }, 'config.ldif was edited; the edit is not taken and kept aside');
    }
    await waiting.goBackToLastGood();
    return waiting.commits;
  }
  await waiting.takeEdit();
  await waiting.takeChangesFile();
  return waiting.commits;
}

class StartChanges {
  readonly #options: StartChangesOptions;
  #commits: readonly Commit[];

  constructor(options: StartChangesOptions) {
    this.#options = options;
    this.#commits = options.opened.commits;
  }

  get commits(): readonly Commit[] {
    return this.#commits;
  }

  async takeEdit(): Promise<void> {
    const { edited: edit } = this.#options.opened;
    if (edit === undefined) return;
    const { entries: edited, original, flippedOctet } = edit;
    const path = join(this.#options.configFolder, SNAPSHOT_NAME);
    const configuration = this.#present();
    const changes = asStartError(`${path} was edited, and cannot be taken as it is`, () =>
      changesOfEdit({ schema: configuration.schema, present: byKey(configuration), original, edited }),
    );
    const what = `${path} was edited, and cannot be taken as it is`;
    await this.#make(configuration, changes, MANUAL_EDIT, what, () => {
      // It is the first problem that is reported.
      if (!this.#options.acceptsEdit) requireMeant(path, changes, flippedOctet);
    });
  }

  async takeChangesFile(): Promise<void> {
    const { configFolder } = this.#options;
    const path = join(configFolder, CHANGES_NAME);
    const octets = await readIfThere(path);
    if (octets === undefined) return;
    await requirePrivate(nodeFileSystem, { folders: [], files: [path] });
    const digest = createHash('sha256').update(octets).digest('hex').slice(0, 16);
    const by = `cn=${CHANGES_NAME} ${digest}`;
    // The server may have stopped after the change was stored and before the file got its other name: nothing came after.
    if (this.#commits.at(-1)?.by !== by) {
      const what = `${path} cannot be applied`;
      const changes = asStartError(what, () => changesIn(octets));
      await this.#make(this.#present(), changes, by, what);
    }
    if (this.#options.isTrial === true) return;
    const applied = await freeName(nodeFileSystem, configFolder, `${CHANGES_NAME}.applied`);
    // The file is kept with encrypted secrets. If the server stops in between, the next start finds the file again.
    const kept = rewriteLdif(octets, this.#options.values).octets;
    await writeNewFile(nodeFileSystem, join(configFolder, applied), kept);
    await nodeFileSystem.syncFolder(configFolder);
    await nodeFileSystem.remove(path);
    await nodeFileSystem.syncFolder(configFolder);
  }

  async goBackToLastGood(): Promise<void> {
    const { configFolder, values } = this.#options;
    const path = join(configFolder, START_OK_NAME);
    const good = await readSnapshot(nodeFileSystem, configFolder, values, START_OK_NAME);
    if (good === undefined)
      throw new StartError(`There is no ${path}: no start was good yet. Start without --last-known-good.`);
    if (!good.hasHeader || good.isEdited) {
      throw new StartError(
        `The file ${path} is not as the server wrote it (its checksum differs), and is not taken. Restore it from a ` +
          'backup; or start without --last-known-good, and go back with confdit rollback.',
      );
    }
    const configuration = this.#present();
    const edited = good.entries;
    const changes = changesOfEdit({
      schema: configuration.schema,
      present: byKey(configuration),
      original: undefined,
      edited,
    });
    await this.#make(configuration, changes, LAST_KNOWN_GOOD, `${path} cannot be taken`);
  }

  /** As it is without the changes that wait, whether it is valid or not. */
  #present(): Configuration {
    const { opened, newConfiguration, now } = this.#options;
    const configuration = newConfiguration();
    loadSiteSchema(configuration.schema, opened.entries);
    loadEntries(configuration, opened.entries, { at: now, by: MANUAL_EDIT }, randomUUID);
    repeatWithSiteSchema(configuration, this.#commits);
    return configuration;
  }

  /** Takes the configuration to try it on, which is of no more use afterwards. */
  async #make(
    configuration: Configuration,
    changes: readonly Change[],
    by: string,
    what: string,
    confirm: () => void = () => {},
  ): Promise<void> {
    if (changes.length === 0) return;
    const { opened, now, log, alerts } = this.#options;
    const { schema, tree, validator } = configuration;
    const findPolicy = await policiesOf(configuration, dirname(this.#options.configFolder));
    const stored = await Promise.all(
      changes.map((change) =>
        // What the server had in force once is taken as it was, whatever the policies say now.
        by === LAST_KNOWN_GOOD
          ? change
          : withStoredPasswords(change, {
              schema,
              acceptance: 'strong',
              derive: deriveForCommand,
              find: (dn) => tree.find(schema.dnKey(dn)),
              findPolicy,
              by,
              now: () => now,
            }),
      ),
    );
    const number = opened.store.lastNumber + 1;
    // An edit is a whole that somebody has written; otherwise references follow what is renamed.
    const isWhole = by === MANUAL_EDIT || by === LAST_KNOWN_GOOD;
    const staging = new Staging(configuration, { at: now, by, id: randomUUID() });
    addSiteSchema(schema, stored);
    const withFollowers = (change: Change) => configuration.withFollowers(change);
    const { places } = asStartError(what, () =>
      stageAll(staging, stored, isWhole ? undefined : withFollowers),
    );
    tree.commit();
    asStartError(what, () => adoptSiteSchema(configuration));
    await configuration.readAheadOf(places.flatMap(({ after }) => after ?? []));
    const issues = [
      // What is there in the end says nothing of what should never have gone: the containers, the last administrator.
      ...places.flatMap((place) =>
        place.after === undefined ? validator.validate(place, configuration) : [],
      ),
      ...configuration.checkAll(),
      ...places.flatMap(({ before, after }) => (after ? validator.checkOutdated(after, before) : [])),
    ];
    if (issues.length > 0)
      throw new StartError(
        [`${what}; ${countOf(issues.length, 'error')}:`, ...issues.map(formatIssue)].join('\n'),
      );
    confirm();
    const commit = staging.commit(number);
    await append(opened.store, [commit]);
    this.#commits = [...this.#commits, commit];
    const entries = changes.map((change) => dnOfChange(change).toString());
    log.info({ change: number, by, entries }, 'changes that waited for the start are made');
    alerts.raise({
      type: 'org.opends.server.ManualConfigEditHandled',
      message: `Change ${number} was made at the start by ${by}, not over LDAP: ${entries.slice(0, ENTRIES_TOLD_MAX).join('; ')}${entries.length > ENTRIES_TOLD_MAX ? '; and others' : ''}.`,
    });
  }
}

/** Damage is never taken for somebody's will. Throws StartError with what would be lost. */
function requireMeant(path: string, changes: readonly Change[], flippedOctet: number | undefined): void {
  const lost = changes.flatMap((change) => (change.type === 'delete' ? [change.dn.toString()] : []));
  const shown = lost.slice(0, ENTRIES_TOLD_MAX).join('; ');
  const others = lost.length > ENTRIES_TOLD_MAX ? `; and ${lost.length - ENTRIES_TOLD_MAX} others` : '';
  const what =
    lost.length > 0
      ? `no longer has ${lost.length === 1 ? 'one entry' : `${lost.length} entries`}: ${shown}${others}`
      : `differs from what the server wrote in one bit only, at octet ${flippedOctet}, as damage does`;
  if (lost.length === 0 && flippedOctet === undefined) return;
  throw new StartError(
    `${path} was edited, and ${what}. If that is meant: confdit start --accept-edit. If not, restore the file from a backup.`,
  );
}

function byKey({ schema, tree }: Configuration): Map<string, Entry> {
  return new Map([...tree.entries()].map((entry) => [schema.dnKey(entry.dn), entry]));
}

/** Throws LdapError with every problem there is, by its line. */
function changesIn(octets: Buffer): Change[] {
  const problems: string[] = [];
  const records = readLdif(textFromOctets(octets), { wrong: ({ message }) => problems.push(message) });
  for (const record of records) {
    const refused =
      record.type === 'change' ? record.controls.find(({ criticality }) => criticality) : undefined;
    if (refused !== undefined) problems.push(`Line ${record.line}: ${refusedControl(refused)}`);
  }
  if (problems.length > 0) throw new LdapError('unwillingToPerform', problems.join('\n'));
  return records.map((record) =>
    record.type === 'change' ? record.change : { type: 'add', entry: record.entry },
  );
}

/** Turns what a person can correct into an error of the start. */
function asStartError<Result>(what: string, work: () => Result): Result {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof LdapError)) throw error;
    throw new StartError(`${what}:\n${error.message}`, { cause: error });
  }
}

async function readIfThere(path: string): Promise<Buffer | undefined> {
  try {
    return (await readNamedFile(path, CHANGES_OCTETS_MAX)).octets;
  } catch (error) {
    if (error instanceof UnreadableFile && error.isAbsent) return undefined;
    throw error;
  }
}
