// Reading everything again that the configuration draws from: environment files and expression files, the files that
// $<file:path> names, key stores and trust stores. All of it resolves and is right, or nothing changes and every problem
// is told. A reload has its turn between two changes, and stores nothing.

import { setImmediate } from 'node:timers/promises';
import type { PropertyDefinition } from '../../config/property-definition.ts';
import type { Sources } from '../../expression/sources.ts';
import { SourcesError } from '../../expression/sources-error.ts';
import { messageOf } from '../../files/file-error.ts';
import type { Log } from '../../files/log.ts';
import { formatIssue } from '../../ldap/issue.ts';
import type { AlertSink } from '../../mail/alert.ts';
import type { ObjectDifference, Prepared } from '../../runtime/component.ts';
import type { ProviderFiles } from '../../runtime/provider-files.ts';
import type { Patience, Runtime } from '../../runtime/runtime.ts';
import type { Configuration } from '../configuration.ts';
import type { WritePath } from '../write/write-path.ts';
import { KeptEntries } from './kept-entries.ts';
import { planReload, type ReloadedObject, type ReloadPlan } from './reload-plan.ts';

export interface ReloadOptions {
  readonly configuration: Configuration;
  readonly writePath: WritePath;
  /** Reads the sources of expressions. Rejects with SourcesError. */
  readonly openSources: () => Promise<Sources>;
  /** Takes the objects that are about to change. */
  readonly files: (changes: readonly ObjectDifference[]) => readonly ProviderFiles[];
  /** Told what has become of entries once it is in force. */
  readonly reloaded: (objects: readonly ReloadedObject[]) => void;
  readonly alerts: AlertSink;
  readonly now: () => Date;
  readonly log: Pick<Log, 'info' | 'warn'>;
}

export interface LastReload {
  readonly at: Date;
  /** Why nothing was reloaded. */
  readonly problems: readonly string[];
}

/** Report of a reload for people: a line for each property whose effective value has changed, without values of secrets. */
export interface ReloadReport {
  readonly lines: readonly string[];
  /** A sentence for each reason why something that another server has stored is still not in force here. */
  readonly kept: readonly string[];
}

/** Everything that a reload would put into force. */
interface Made {
  readonly plan: ReloadPlan;
  readonly ready: readonly Prepared[];
}

/** Nothing has changed. One problem a line; never the value of a secret. */
export class ReloadRefused extends Error {
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(problems.join('\n'));
    this.name = 'ReloadRefused';
    this.problems = problems;
  }
}

/** Lines about one reload; of more, only the number is told. */
const LINES_MAX = 1000;
const PROBLEMS_MAILED_MAX = 20;
const VALUE_CHARACTERS_MAX = 120;

export class Reload {
  readonly #options: ReloadOptions;
  /** The one that waits for its turn: whoever asks meanwhile asks for the same. */
  #waiting: Promise<ReloadReport> | undefined;
  #last: LastReload | undefined;

  /** Undefined: there was none since the start. */
  get last(): LastReload | undefined {
    return this.#last;
  }

  constructor(options: ReloadOptions) {
    this.#options = options;
  }

  /**
   * Resolves when everything that was read is in force; rejects with ReloadRefused when nothing has changed.
   * @param cause why, for the log: `SIGHUP`.
   */
  run(cause: string): Promise<ReloadReport> {
    this.#waiting ??= this.#run(cause);
    return this.#waiting;
  }

  async #run(cause: string): Promise<ReloadReport> {
    const { writePath, log, alerts, now } = this.#options;
    try {
      const report = await writePath.runExclusive((runtime) => {
        this.#waiting = undefined;
        return this.#reload(runtime);
      });
      this.#last = { at: now(), problems: [] };
      for (const line of report.lines) log.info({ cause, change: line }, 'effective value changed');
      for (const problem of report.kept) log.warn({ cause, problem }, 'still not in force on this server');
      log.info({ cause, changes: report.lines.length }, 'reloaded');
      return report;
    } catch (error) {
      this.#waiting = undefined;
      const refused = error instanceof ReloadRefused ? error : new ReloadRefused([messageOf(error)]);
      this.#last = { at: now(), problems: refused.problems };
      for (const problem of refused.problems.slice(0, LINES_MAX))
        log.warn({ cause, problem }, 'not reloaded');
      log.warn({ cause, problems: refused.problems.length }, 'nothing was reloaded: put the problems right');
      alerts.raise({ type: 'confdit.ReloadRefused', message: alertText(cause, refused.problems) });
      throw refused;
    }
  }

  async #reload(runtime: Runtime): Promise<ReloadReport> {
    const { configuration, reloaded } = this.#options;
    const sources = await this.#sources();
    const kept = new KeptEntries(configuration);
    let made = await this.#prepare(runtime, sources, kept);
    while (made === undefined) made = await this.#prepare(runtime, sources, kept);
    const { plan, ready } = made;
    plan.commit();
    for (const one of ready) one.commit();
    await Promise.all(ready.map((one) => one.settled?.()));
    reloaded(plan.objects);
    return { lines: linesOf(plan.objects), kept: kept.problems };
  }

  /** Resolves to undefined if an entry could not be tried again, and everything is to be prepared without it. */
  async #prepare(runtime: Runtime, sources: Sources, kept: KeptEntries): Promise<Made | undefined> {
    const { configuration, now } = this.#options;
    const plan = await planReload(configuration, sources, now(), kept);
    if (kept.takeUnsettled()) return undefined;
    const problems = plan.issues.map(formatIssue);
    const patience: Patience = {
      refused: ({ message }, key) => {
        if (key === undefined || !kept.keep(key, [message])) problems.push(message);
      },
      turn: () => setImmediate(),
    };
    const ready = [await runtime.prepareAll(plan.differences, patience)];
    try {
      if (kept.takeUnsettled()) {
        abortAll(ready);
        return undefined;
      }
      await this.#reviewHeld(plan, runtime, kept);
      if (kept.takeUnsettled()) {
        abortAll(ready);
        return undefined;
      }
      for (const reread of await this.#reread(plan, problems)) ready.push(reread);
      await runtime.review(plan.differences, { isEverythingRead: true }, patience);
      if (problems.length > 0) throw new ReloadRefused([...new Set(problems)]);
    } catch (error) {
      abortAll(ready);
      throw error;
    }
    return { plan, ready };
  }

  /** Asks about each entry that is tried again, apart from all others: those that cannot be in force yet are kept. */
  async #reviewHeld({ objects }: ReloadPlan, runtime: Runtime, kept: KeptEntries): Promise<void> {
    for (const { key, entry, difference } of objects) {
      if (difference === undefined || !this.#options.configuration.inForce.isHeld(entry)) continue;
      const patience: Patience = {
        refused: ({ message }) => void kept.keep(key, [message]),
        turn: () => setImmediate(),
      };
      await runtime.review([difference], { isEverythingRead: false }, patience);
    }
  }

  async #sources(): Promise<Sources> {
    try {
      return await this.#options.openSources();
    } catch (error) {
      throw error instanceof SourcesError ? new ReloadRefused(error.problems) : error;
    }
  }

  /**
   * Reads again what components have read. A source that could not be read before and that nothing uses does not refuse the
   * reload.
   */
  async #reread({ differences }: ReloadPlan, problems: string[]): Promise<readonly Prepared[]> {
    const { files, configuration } = this.#options;
    const read: Prepared[] = [];
    for (const file of files(differences)) {
      try {
        read.push(await file.reread());
      } catch (error) {
        if (file.isRead || configuration.users(file.key).count > 0)
          problems.push(`${file.dn}: ${messageOf(error)}`);
      }
    }
    return read;
  }
}

function abortAll(ready: readonly Prepared[]): void {
  for (const one of ready.toReversed()) one.abort();
}

function alertText(cause: string, problems: readonly string[]): string {
  const more =
    problems.length > PROBLEMS_MAILED_MAX ? [`And ${problems.length - PROBLEMS_MAILED_MAX} more.`] : [];
  const shown = [...problems.slice(0, PROBLEMS_MAILED_MAX), ...more];
  return [`A reload (${cause}) was refused, and nothing has changed:`, ...shown].join('\n');
}

function linesOf(objects: readonly ReloadedObject[]): readonly string[] {
  const lines = objects.flatMap(({ entry, changed, waiting }) => [
    ...changed.map(({ property, before, after }) => {
      if (property.type.secret) return `${entry.dn}: ${property.name} has another value.`;
      return `${entry.dn}: ${property.name} was ${shown(property, before)} and is ${shown(property, after)}.`;
    }),
    ...waiting.map(
      (name) => `${entry.dn}: ${name} has another value, which waits; see ds-cfg-pending-change.`,
    ),
  ]);
  if (lines.length <= LINES_MAX) return lines;
  return [...lines.slice(0, LINES_MAX), `And ${lines.length - LINES_MAX} more.`];
}

function shown({ type }: PropertyDefinition, texts: readonly string[]): string {
  const list = texts.map((text) => JSON.stringify(type.show(text))).join(', ');
  if (list === '') return 'nothing';
  return list.length > VALUE_CHARACTERS_MAX ? `${list.slice(0, VALUE_CHARACTERS_MAX)}…` : list;
}
