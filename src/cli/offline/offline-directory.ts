// The tree of an instance whose server is down, for commands that do not care where a tree is: read from its files, and
// changed by the same write path that the server has. Nothing runs, so nothing has to take effect.

import { type ChangeStep, NO_OPTIONS, type Requester } from '../../backend/backend.ts';
import { ChangeRefused } from '../../backend/change-refused.ts';
import { parseFilter } from '../../codec/filter-text.ts';
import { deriveForCommand } from '../../config/passwords/derivation.ts';
import { ConfigBackend } from '../../configuration/config-backend.ts';
import type { Configuration } from '../../configuration/configuration.ts';
import type { InstanceChoice } from '../../instance/instance-choice.ts';
import { type OfflineInstance, openOfflineInstance } from '../../instance/offline-instance.ts';
import { policiesOf } from '../../instance/stored-policies.ts';
import { UNUSABLE, unusableFiles } from '../../instance/unusable-files.ts';
import { type Change, dnOfChange, type Modification } from '../../ldap/change.ts';
import { Dn } from '../../ldap/dn.ts';
import { Entry } from '../../ldap/entry.ts';
import { LdapError } from '../../ldap/ldap-error.ts';
import { SearchScope } from '../../ldap/message.ts';
import type { Rdn } from '../../ldap/rdn.ts';
import type { FindPolicy } from '../../runtime/password-policies.ts';
import { CommandError, type World } from '../command.ts';
import { asCommandError } from '../command-errors.ts';
import type { Directory, DirectoryStep, SearchRequest } from '../connection/directory.ts';
import { exitCodeOfResult } from '../exit-code.ts';
import { offlineViews } from './offline-views.ts';

const SCOPES = {
  base: SearchScope.baseObject,
  one: SearchScope.singleLevel,
  sub: SearchScope.wholeSubtree,
} as const;

/** Opens the tree of an instance whose server is down. Rejects with CommandError. */
export async function openOfflineDirectory(
  choice: InstanceChoice,
  { env, stderr }: Pick<World, 'env' | 'stderr'>,
): Promise<Directory> {
  const report = (warning: string) => void stderr.write(`${warning}\n`);
  const [instance, findPolicy] = await asCommandError(async () => {
    const opened = await openOfflineInstance(choice, env, report);
    return [opened, await policiesOf(opened.configuration, opened.folder)] as const;
  });
  return new OfflineDirectory(instance, findPolicy);
}

class OfflineDirectory implements Directory {
  readonly #instance: OfflineInstance;
  readonly #configuration: Configuration;
  readonly #requester: Requester;
  readonly #backend: ConfigBackend;

  /** The instance is closed with the directory. */
  constructor(instance: OfflineInstance, findPolicy: FindPolicy) {
    const { configuration, writePath, requester } = instance;
    this.#instance = instance;
    this.#configuration = configuration;
    this.#requester = requester;
    const views = offlineViews(configuration);
    this.#backend = new ConfigBackend({
      configuration,
      views,
      writePath,
      deriveFor: () => deriveForCommand,
      findPolicy,
      now: () => new Date(),
    });
  }

  search({ base, scope, filter = '(objectClass=*)', attributes = ['*'] }: SearchRequest): Promise<Entry[]> {
    return refusalsInWords(async () => {
      const baseKey = this.#configuration.schema.dnKey(Dn.parse(base));
      const found = this.#backend.search({
        base,
        baseKey,
        scope: SCOPES[scope],
        filter: parseFilter(filter),
        selectors: attributes,
        requester: this.#requester,
      });
      return [...found].filter((one) => one instanceof Entry);
    });
  }

  add(entry: Entry): Promise<string> {
    return this.#change({ type: 'add', entry });
  }

  modify(dn: string, modifications: readonly Modification[]): Promise<string> {
    return this.#change({ type: 'modify', dn: Dn.parse(dn), modifications });
  }

  delete(dn: string): Promise<string> {
    return this.#change({ type: 'delete', dn: Dn.parse(dn) });
  }

  rename(dn: string, newRdn: Rdn): Promise<string> {
    const change = { type: 'modifyDn', dn: Dn.parse(dn), newRdn, deleteOldRdn: true } as const;
    return this.#change({ ...change, newSuperior: undefined });
  }

  async changeAll(steps: readonly DirectoryStep[]): Promise<string> {
    const before = steps.map(({ change }) => this.#entryOf(change));
    const after = await this.#changeAll(steps, false);
    const hints = steps.flatMap(({ change }, at) => this.#hintsOf(change, before[at]));
    return [...hints, ...(await this.#warningsOf(after))].join('\n');
  }

  async tryAll(steps: readonly DirectoryStep[]): Promise<readonly string[]> {
    return this.#warningsOf(await this.#changeAll(steps, true));
  }

  close(): Promise<void> {
    return this.#instance.close();
  }

  /** Resolves to the entries as they are afterwards. */
  async #changeAll(steps: readonly DirectoryStep[], noOp: boolean): Promise<readonly Entry[]> {
    const options = { ...NO_OPTIONS, noOp, postRead: ['*'] };
    const all = steps.map(
      ({ change, assertion }): ChangeStep => ({ change, options: { ...options, assertion } }),
    );
    const outcomes = await refusalsInWords(() => this.#backend.changeAll(all, this.#requester));
    return outcomes.flatMap(({ after }) => after ?? []);
  }

  /** A server would refuse a file that cannot be used; here it may be that of another machine. */
  async #warningsOf(entries: readonly Entry[]): Promise<readonly string[]> {
    const { validator } = this.#configuration;
    const sentences = await unusableFiles(entries, validator, this.#instance.folder);
    return sentences.map((sentence) => UNUSABLE + sentence);
  }

  /** Makes a change. Nothing runs that an administrator would have to restart, so only notes about values are returned. */
  #change(change: Change): Promise<string> {
    return refusalsInWords(async () => {
      const before = this.#entryOf(change);
      await this.#backend.change(change, this.#requester);
      const after = this.#entryOf(change);
      const warnings = await this.#warningsOf(after === undefined || after === before ? [] : [after]);
      return [...this.#hintsOf(change, before), ...warnings].join('\n');
    });
  }

  #entryOf(change: Change): Entry | undefined {
    const { schema, tree } = this.#configuration;
    return tree.find(schema.dnKey(dnOfChange(change)));
  }

  #hintsOf(change: Change, before: Entry | undefined): readonly string[] {
    return this.#configuration.hintsOf({ before, after: this.#entryOf(change) });
  }
}

async function refusalsInWords<Result>(work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    const refusal = error instanceof ChangeRefused ? error.refusal : error;
    if (!(refusal instanceof LdapError)) throw error;
    throw new CommandError(refusal.message, exitCodeOfResult(refusal.code), { cause: error });
  }
}
