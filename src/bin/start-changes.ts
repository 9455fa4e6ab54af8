// Changes that wait for a server to start: config.ldif edited by hand, config-changes.ldif beside it, or the wish to go
// back to what the last good start had. Each is validated as a whole, becomes one change of the journal, and only then
// counts; one that is not valid keeps the server from starting, and leaves the files as they are.

import { createHash, randomUUID } from 'node:crypto';
import { readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import type { Configuration } from '../backend/configuration.ts';
import { loadEntries, replayCommits } from '../backend/configuration-loader.ts';
import { changesOfEdit } from '../backend/edit-by-hand.ts';
import { withStoredPasswords } from '../backend/stored-passwords.ts';
import { LdifError } from '../codec/ldif-error.ts';
import { readLdif } from '../codec/ldif-reader.ts';
import { type Change, dnOfChange } from '../ldap/change.ts';
import type { Entry } from '../ldap/entry.ts';
import { formatIssue } from '../ldap/issue.ts';
import { LdapError } from '../ldap/ldap-error.ts';
import type { AlertSink } from '../mail/alert.ts';
import type { Log } from '../server/access-log.ts';
import { keepEditAside } from '../store/edited-snapshot.ts';
import { nodeFileSystem } from '../store/file-system.ts';
import type { OpenedLdifStore } from '../store/ldif-store.ts';
import { requirePrivate } from '../store/permissions.ts';
import { readSnapshot, SNAPSHOT_NAME } from '../store/snapshot.ts';
import type { Commit } from '../store/store.ts';
import { START_OK_NAME } from './last-known-good.ts';
import { StartError } from './start-error.ts';

const CHANGES_NAME = 'config-changes.ldif';
/** Of those that a file has changed. */
const ENTRIES_TOLD_MAX = 20;
const MANUAL_EDIT = 'cn=Manual Edit';
const LAST_KNOWN_GOOD = 'cn=Last Known Good';

export interface StartChangesOptions {
  readonly configFolder: string;
  readonly opened: OpenedLdifStore;
  /** An empty one, to try changes on. */
  readonly newConfiguration: () => Configuration;
  readonly now: Date;
  readonly log: Log;
  readonly alerts: AlertSink;
  readonly isLastKnownGood: boolean;
}

/** The commits to repeat, those that were made now among them. Throws StartError. */
export async function makeStartChanges(options: StartChangesOptions): Promise<readonly Commit[]> {
  const { opened, configFolder, log, now, isLastKnownGood } = options;
  const waiting = new StartChanges(options);
  if (isLastKnownGood) {
    if (opened.edited !== undefined) {
      const aside = await keepEditAside(nodeFileSystem, configFolder, now);
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
    const { edited } = this.#options.opened;
    if (edited === undefined) return;
    const path = join(this.#options.configFolder, SNAPSHOT_NAME);
    const configuration = this.#present();
    const changes = inWords(`${path} was edited, and cannot be taken as it is`, () =>
      changesOfEdit({ schema: configuration.schema, present: byKey(configuration), ...editOf(edited) }),
    );
    await this.#make(configuration, changes, MANUAL_EDIT, `${path} was edited, and cannot be taken as it is`);
  }

  async takeChangesFile(): Promise<void> {
    const path = join(this.#options.configFolder, CHANGES_NAME);
    const octets = await readIfThere(path);
    if (octets === undefined) return;
    await requirePrivate(nodeFileSystem, { folders: [], files: [path] });
    const digest = createHash('sha256').update(octets).digest('hex').slice(0, 16);
    const by = `cn=${CHANGES_NAME} ${digest}`;
    // The server may have stopped after the change was stored and before the file got its other name.
    if (!this.#commits.some((commit) => commit.by === by)) {
      const what = `${path} cannot be applied`;
      const changes = inWords(what, () => changesIn(octets.toString('utf8')));
      await this.#make(this.#present(), changes, by, what);
    }
    await rename(path, `${path}.applied`);
    await nodeFileSystem.syncFolder(this.#options.configFolder);
  }

  async goBackToLastGood(): Promise<void> {
    const { configFolder } = this.#options;
    const path = join(configFolder, START_OK_NAME);
    const good = await readSnapshot(nodeFileSystem, configFolder, START_OK_NAME);
    if (good === undefined)
      throw new StartError(`There is no ${path}: no start was good yet. Start without --last-known-good.`);
    const configuration = this.#present();
    const edited = good.entries;
    const changes = changesOfEdit({
      ...{ schema: configuration.schema, present: byKey(configuration) },
      ...{ original: undefined, edited },
    });
    await this.#make(configuration, changes, LAST_KNOWN_GOOD, `${path} cannot be taken`);
  }

  /** As it is without the changes that wait, whether it is valid or not. */
  #present(): Configuration {
    const { opened, newConfiguration, now } = this.#options;
    const configuration = newConfiguration();
    loadEntries(configuration, opened.entries, { at: now, by: MANUAL_EDIT }, randomUUID);
    replayCommits(configuration, this.#commits);
    return configuration;
  }

  /** Takes the configuration to try it on, which is of no more use afterwards. */
  async #make(
    configuration: Configuration,
    changes: readonly Change[],
    by: string,
    what: string,
  ): Promise<void> {
    if (changes.length === 0) return;
    const { opened, now, log, alerts } = this.#options;
    const { schema, tree } = configuration;
    const stored = await Promise.all(
      changes.map((change) => withStoredPasswords(change, schema, (dn) => tree.find(schema.dnKey(dn)))),
    );
    const number = opened.store.lastNumber + 1;
    const commit: Commit = { number, at: now, by, id: randomUUID(), changes: stored };
    inWords(what, () => {
      refuseRenames(changes);
      replayCommits(configuration, [commit]);
    });
    const issues = configuration.validator.validateAll(tree.entries());
    if (issues.length > 0)
      throw new StartError(
        [`${what}; ${issues.length} to be put right:`, ...issues.map(formatIssue)].join('\n'),
      );
    await opened.store.append([commit]);
    this.#commits = [...this.#commits, commit];
    const entries = changes.map((change) => dnOfChange(change).toString());
    log.info({ change: number, by, entries }, 'changes that waited for the start are made');
    alerts.raise({
      type: 'org.opends.server.ManualConfigEditHandled',
      message: `Change ${number} was made at the start by ${by}, not over LDAP: ${entries.slice(0, ENTRIES_TOLD_MAX).join('; ')}${entries.length > ENTRIES_TOLD_MAX ? '; and others' : ''}.`,
    });
  }
}

function editOf({ entries, original }: NonNullable<OpenedLdifStore['edited']>): {
  readonly edited: readonly Entry[];
  readonly original: readonly Entry[] | undefined;
} {
  return { edited: entries, original };
}

function byKey({ schema, tree }: Configuration): Map<string, Entry> {
  return new Map([...tree.entries()].map((entry) => [schema.dnKey(entry.dn), entry]));
}

function changesIn(text: string): Change[] {
  return readLdif(text).map((record) =>
    record.type === 'change' ? record.change : { type: 'add', entry: record.entry },
  );
}

function refuseRenames(changes: readonly Change[]): void {
  const renamed = changes.find(({ type }) => type === 'modifyDn');
  if (renamed === undefined) return;
  throw new LdapError(
    'unwillingToPerform',
    `${dnOfChange(renamed)}: configuration objects are not renamed. Add the object under its new name and delete the old one.`,
  );
}

/** What a person can put right becomes an error of the start. */
function inWords<Result>(what: string, work: () => Result): Result {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof LdapError || error instanceof LdifError)) throw error;
    throw new StartError(`${what}:\n${error.message}`, { cause: error });
  }
}

async function readIfThere(path: string): Promise<Buffer | undefined> {
  try {
    return await readFile(path);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}
