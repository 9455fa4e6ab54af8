// Fetches what values name by $<http:…> before they are resolved: at a start, at a reload, and for a change that brings a
// name. To resolve and check waits for nothing. A change of a secret source, or of a trust manager or key manager that it
// uses, is tried with all names that are in use.

import { randomUUID } from 'node:crypto';
import type { ConfigurationObject } from '../config/configuration-object.ts';
import { Container } from '../config/objects/properties/places.ts';
import { secretSource } from '../config/objects/secret-source.ts';
import type { PropertyValidator } from '../config/property-validator.ts';
import { namesIn, secretNamesIn, secretSourceOf } from '../config/secret-names.ts';
import type { Effect } from '../directory/apply-change.ts';
import type { Change } from '../ldap/change.ts';
import { Dn } from '../ldap/dn.ts';
import type { Entry } from '../ldap/entry.ts';
import type { Issue } from '../ldap/issue.ts';
import type { Schema } from '../schema/schema.ts';
import { Staging } from './write/staging.ts';
import type { WriteTarget } from './write/write-target.ts';

/** A value, or why there is none: a predicate of the source. */
export type FetchedSecret =
  | { readonly text: string }
  | {
      readonly why: string;
      /** True if the source could not be asked at all. */
      readonly isAway: boolean;
    };

/** Returns the object of an entry by its DN as text; undefined if it does not exist or cannot be used here. */
export type FindObject = (dn: string) => ConfigurationObject | undefined;

/**
 * Prepares to ask for a name with the objects that there are now. Returns what asks; it never rejects.
 */
export type PrepareSecret = (name: string, find: FindObject) => () => Promise<FetchedSecret>;

/** The configuration as the writer sees it. */
interface SecretView extends Pick<WriteTarget, 'apply' | 'stage' | 'tree'> {
  readonly schema: Schema;
  readonly validator: PropertyValidator;
  find(key: string): Entry | undefined;
  referrers(key: string): Iterable<string>;
  hasChildren(key: string): boolean;
  childKeys(key: string): Iterable<string>;
}

/** Takes values by their names: all that are in use and may be kept for a start without their sources. */
export type KeepSecrets = (values: ReadonlyMap<string, string>) => void;

interface Wanted {
  readonly name: string;
  readonly ask: () => Promise<FetchedSecret>;
}

/** A secret source that a change concerns, to be asked for what is in use. */
interface Trial {
  readonly dn: Dn;
  /** The entry that is changed: the secret source itself, or a provider that it uses. */
  readonly cause: { readonly key: string; readonly dn: Dn };
}

/** So many requests are under way at once. */
const REQUESTS_MAX = 8;
/** So many names are shown in one sentence. */
const SHOWN_MAX = 3;

export class SecretFetching {
  readonly #configuration: SecretView;
  readonly #prepare: PrepareSecret;
  readonly #sourcesKey: string;
  /** Problems of secret sources, by the keys of what is changed; for the change that is being made. */
  readonly #tried = new Map<string, Issue[]>();
  #keep: KeepSecrets | undefined;
  #isKeepingSoon = false;

  constructor(configuration: SecretView, prepare: PrepareSecret) {
    this.#configuration = configuration;
    this.#prepare = prepare;
    this.#sourcesKey = configuration.schema.dnKeyOfText(Container.secretSources);
  }

  /** Fetches what the entries name and is not known yet. Takes the validator that will read them. Never rejects. */
  async forEntries(entries: Iterable<Entry>, validator: PropertyValidator): Promise<void> {
    const names = new Set<string>();
    for (const entry of entries) {
      for (const name of namesOf(entry, validator)) if (!validator.sources.hasSecret(name)) names.add(name);
    }
    if (names.size > 0) await this.#fetch(this.#want(names, validator), validator);
  }

  /**
   * Fetches what changes bring, and tries the secret sources that they concern. Undefined if there is nothing to do.
   * @param hasExpressions False if no value of the changes has an expression.
   */
  forChanges(changes: readonly Change[], hasExpressions: boolean): Promise<void> | undefined {
    this.#tried.clear();
    const { validator } = this.#configuration;
    const brought = hasExpressions ? this.#namesIn(changes) : [];
    const names = new Set(brought.filter((name) => !this.#isInUse(name)));
    const concerned = this.#concernedSources(changes);
    if (names.size === 0 && concerned.size === 0) return undefined;
    // What the changes make of the secret sources counts, and what they make of everything else does not yet.
    const { wanted, trials } = this.#withStaged(changes, () => ({
      wanted: this.#want(names, validator),
      trials: Array.from(concerned, ([key, trial]) => ({
        ...trial,
        wanted: this.#want(this.#namesOf(key), validator),
      })),
    }));
    return this.#fetchAndTry(wanted, trials, validator);
  }

  /** From now on gives what may be kept, now and after changes and reloads that may make it another. */
  keepWith(keep: KeepSecrets): void {
    this.#keep = keep;
    keep(this.#lasting());
  }

  /** Takes an entry that readers see now, or whose values are others since a reload. */
  shown(entry: Entry | undefined): void {
    if (this.#keep === undefined || entry === undefined || this.#isKeepingSoon) return;
    const { validator } = this.#configuration;
    const definition = validator.definitions.findForEntry(entry);
    if (definition?.kind !== secretSource.kind && namesOf(entry, validator).length === 0) return;
    this.#isKeepingSoon = true;
    // Once for all entries of a commit, and after everything of it counts.
    setImmediate(() => {
      this.#isKeepingSoon = false;
      this.#keep?.(this.#lasting());
    });
  }

  #lasting(): ReadonlyMap<string, string> {
    const { validator } = this.#configuration;
    const values = new Map<string, string>();
    for (const key of this.#configuration.childKeys(this.#sourcesKey)) {
      const entry = this.#configuration.find(key);
      const object = entry && validator.decode(entry);
      if (object?.kind !== 'secret-source' || !object.useLastGoodValue) continue;
      for (const name of this.#namesOf(key)) {
        const reading = validator.sources.readSecret(name);
        if (reading.kind === 'text') values.set(name, reading.text);
      }
    }
    return values;
  }

  /** Returns why secret sources could not be used by those who name them after the change of an entry. */
  issuesOf(key: string): readonly Issue[] {
    return (this.#tried.size === 0 ? undefined : this.#tried.get(key)) ?? [];
  }

  async #fetchAndTry(
    wanted: readonly Wanted[],
    trials: readonly (Trial & { readonly wanted: readonly Wanted[] })[],
    validator: PropertyValidator,
  ): Promise<void> {
    await this.#fetch(wanted, validator);
    for (const { dn, cause, wanted: used } of trials) {
      const problems: string[] = [];
      await fetchAll(used, (name, fetched) => {
        if ('why' in fetched) problems.push(`$<http:${name}>: it ${fetched.why}`);
      });
      if (problems.length > 0) {
        const issues = this.#tried.get(cause.key) ?? [];
        this.#tried.set(cause.key, [...issues, notUsable(dn, problems, cause.dn)]);
      }
    }
  }

  async #fetch(wanted: readonly Wanted[], validator: PropertyValidator): Promise<void> {
    if (wanted.length === 0) return;
    await fetchAll(wanted, (name, fetched) => validator.sources.keepSecret(name, fetched));
    validator.forget();
  }

  #want(names: Iterable<string>, validator: PropertyValidator): readonly Wanted[] {
    const { schema } = this.#configuration;
    // Not with the readings that are kept: those may be of entries that there will never be.
    const reader = validator.withSources(validator.sources);
    const find: FindObject = (dn) => {
      const entry = this.#configuration.find(schema.dnKeyOfText(dn));
      if (entry === undefined || namesOf(entry, reader).length > 0) return undefined;
      return reader.decode(entry);
    };
    return Array.from(names, (name) => ({ name, ask: this.#prepare(name, find) }));
  }

  #namesIn(changes: readonly Change[]): readonly string[] {
    const { schema, validator } = this.#configuration;
    const { secretAttributes } = validator.definitions;
    const attributes = changes.flatMap((change) => {
      if (change.type === 'add') return change.entry.attributes;
      return change.type === 'modify' ? change.modifications.map(({ attribute }) => attribute) : [];
    });
    return attributes.flatMap(({ description, values }) => {
      const names = namesIn(values);
      const isSecret = names.length > 0 && secretAttributes.has(schema.describe(description)?.type.key ?? '');
      return isSecret ? names : [];
    });
  }

  /** The secret sources that changes are about, themselves or a provider that they use, by their keys. */
  #concernedSources(changes: readonly Change[]): ReadonlyMap<string, Trial> {
    const { schema } = this.#configuration;
    const found = new Map<string, Trial>();
    if (!this.#configuration.hasChildren(this.#sourcesKey)) return found;
    for (const change of changes) {
      if (change.type !== 'modify') continue;
      const cause = { key: schema.dnKey(change.dn), dn: change.dn };
      if (this.#isSource(cause.dn)) found.set(cause.key, { dn: cause.dn, cause });
      for (const key of this.#configuration.referrers(cause.key)) {
        const user = this.#configuration.find(key);
        if (user !== undefined && this.#isSource(user.dn) && !found.has(key))
          found.set(key, { dn: user.dn, cause });
      }
    }
    return found;
  }

  #isSource({ parent }: Dn): boolean {
    return this.#configuration.schema.dnKey(parent ?? Dn.root) === this.#sourcesKey;
  }

  /** A value that is in use stays the same for all until a reload. Any other may have been fetched long ago. */
  #isInUse(name: string): boolean {
    const { schema, validator } = this.#configuration;
    return validator.sources.hasSecret(name) && this.#namesOf(schema.dnKey(secretSourceOf(name))).has(name);
  }

  /** The names in use that are about a secret source. */
  #namesOf(sourceKey: string): ReadonlySet<string> {
    const { schema, validator } = this.#configuration;
    const names = new Set<string>();
    for (const key of this.#configuration.referrers(sourceKey)) {
      const entry = this.#configuration.find(key);
      for (const name of entry === undefined ? [] : namesOf(entry, validator))
        if (schema.dnKey(secretSourceOf(name)) === sourceKey) names.add(name);
    }
    return names;
  }

  /** Works with the tree as the changes would make it. Those that cannot be applied are refused later. */
  #withStaged<T>(changes: readonly Change[], work: () => T): T {
    const { tree } = this.#configuration;
    const mark = tree.mark();
    const staging = new Staging(this.#configuration, { at: new Date(0), by: '', id: randomUUID() });
    try {
      for (const change of changes) staging.take(change);
    } catch {
      // What was applied so far is all that there is.
    }
    try {
      return work();
    } finally {
      tree.rollBackTo(mark);
    }
  }
}

/** Returns what is still to be done after a change of a secret source: the values in use stay until they are read again. */
export function secretNotes(
  { key, before, after }: Pick<Effect, 'key' | 'before' | 'after'>,
  configuration: Pick<SecretView, 'validator'> & { users(key: string): { readonly count: number } },
): readonly string[] {
  if (before === undefined || after === undefined) return [];
  const kind = configuration.validator.definitions.findForEntry(after)?.kind;
  if (kind !== secretSource.kind || configuration.users(key).count === 0) return [];
  return [`${after.dn}: the values that come from it stay as they are until a reload reads them again.`];
}

/** The names in the secret values of an entry. */
function namesOf(entry: Entry, { definitions }: PropertyValidator): readonly string[] {
  const definition = definitions.findForEntry(entry);
  return definition === undefined ? [] : secretNamesIn(definition, entry);
}

/** @param changed The entry that is changed: the secret source, or a provider that it uses. */
function notUsable(dn: Dn, problems: readonly string[], changed: Dn): Issue {
  const more = problems.length > SHOWN_MAX ? `; and ${problems.length - SHOWN_MAX} more` : '';
  const isOwn = changed === dn;
  const then = isOwn ? '' : ` after the change of ${changed}`;
  const name = secretSource.friendlyName.toLowerCase();
  return {
    code: 'unwillingToPerform',
    dn: dn.toString(),
    problem: `does not give what is in use${then}: ${problems.slice(0, SHOWN_MAX).join('; ')}${more}`,
    advice: isOwn
      ? `Correct the ${name}, or change the values that name it first.`
      : `Correct the change, or let the ${name} use another provider first.`,
  };
}

/** Asks for all, some at a time. A source that is away is not asked for the next name. */
async function fetchAll(
  wanted: readonly Wanted[],
  take: (name: string, fetched: FetchedSecret) => void,
): Promise<void> {
  const away = new Map<string, FetchedSecret>();
  const rest = wanted.values();
  const work = async () => {
    for (const { name, ask } of rest) {
      const source = secretSourceOf(name).name.toLowerCase();
      const fetched = away.get(source) ?? (await ask());
      if ('why' in fetched && fetched.isAway) away.set(source, fetched);
      take(name, fetched);
    }
  };
  await Promise.all(Array.from({ length: Math.min(REQUESTS_MAX, wanted.length) }, work));
}
