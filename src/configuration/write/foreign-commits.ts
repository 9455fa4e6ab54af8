// Commits that other servers have stored. They are facts: none of them is refused here. What cannot be in force on this server
// keeps in force what was, or is gone where it protects, and is reported; a reload tries again. What depends on this server is asked as
// at the server that took the change, the users of changed objects included.

import { setImmediate } from 'node:timers/promises';
import type { Effect } from '../../directory/apply-change.ts';
import { formatIssue } from '../../ldap/issue.ts';
import type { ObjectDifference, Prepared } from '../../runtime/component.ts';
import type { Runtime } from '../../runtime/runtime.ts';
import type { ForeignCommit } from '../../store/store.ts';
import { type NetChange, netOf, Staging } from './staging.ts';
import type { WriteTarget } from './write-target.ts';

export interface MadeForeign {
  readonly places: readonly Effect[];
  /** A sentence for each thing that keeps an object from being in force here. */
  readonly problems: readonly string[];
  /** Resolves when the slow part of it is done; undefined if there is none. Never rejects. */
  readonly settled: Promise<unknown> | undefined;
}

/** Makes a commit of another server. Rejects if it does not fit what is here; then nothing has changed. */
export async function makeForeign(
  { commit, keep }: Pick<ForeignCommit, 'commit' | 'keep'>,
  target: WriteTarget,
  runtime: Runtime,
): Promise<MadeForeign> {
  await target.readAhead?.(commit.changes);
  try {
    const staging = new Staging(target, commit);
    const net = netOf(commit.changes.map((change) => staging.take(change)));
    const making = new Making(net, commit.at, target);
    making.check();
    const prepared = await making.prepare(runtime);
    await keep();
    target.tree.commit();
    prepared.commit();
    return { places: net.places, problems: making.problems, settled: prepared.settled?.() };
  } catch (error) {
    target.tree.abort();
    throw error;
  }
}

class Making {
  readonly #net: NetChange;
  readonly #at: Date;
  readonly #target: WriteTarget;
  /** Keys of objects that keep what was in force. */
  readonly #held = new Set<string>();
  /** Keys of objects that not even that was possible for: the runtime is not asked about them. */
  readonly #left = new Set<string>();
  readonly #problems = new Set<string>();

  constructor(net: NetChange, at: Date, target: WriteTarget) {
    this.#net = net;
    this.#at = at;
    this.#target = target;
    for (const effect of net.entries) target.settle?.(effect, at, net.names);
  }

  get problems(): readonly string[] {
    return [...this.#problems];
  }

  /** Holds what is not valid here, such as an expression that names a file of another server. */
  check(): void {
    const issues = this.#net.places.flatMap((effect) => this.#target.check(effect));
    for (const issue of issues) {
      this.#problems.add(formatIssue(issue));
      const effect = this.#net.entries.find(({ after }) => after?.dn.toString() === issue.dn);
      if (effect !== undefined) this.#hold(effect.key);
    }
  }

  /** Prepares everything. What is refused is held, and all is prepared again. */
  async prepare(runtime: Runtime): Promise<Prepared> {
    const { entries, names } = this.#net;
    for (;;) {
      const refused = new Set<string>();
      const differences = entries
        .filter(({ key }) => !this.#left.has(key))
        .flatMap((effect) => this.#target.differenceOf(effect, names) ?? []);
      const prepared = await runtime.prepareAll(differences, {
        refused: ({ message }, key) => {
          this.#problems.add(message);
          if (key !== undefined) refused.add(key);
        },
        turn: () => setImmediate(),
      });
      if (refused.size === 0) {
        for (const key of await this.#reviewed(differences, runtime)) refused.add(key);
        if (refused.size === 0) return prepared;
      }
      prepared.abort();
      for (const key of refused) this.#hold(key);
    }
  }

  /**
   * Resolves to the keys of objects whose users cannot go on with them, and that are not held yet. An object of which nothing
   * would be kept is not among them: its users do without.
   */
  async #reviewed(differences: readonly ObjectDifference[], runtime: Runtime): Promise<readonly string[]> {
    const refused: string[] = [];
    for (const difference of differences) {
      const { key } = difference;
      const isKept = !this.#held.has(key) && this.#target.keepsWhatWas?.(difference) === true;
      await runtime.review(
        [difference],
        { isEverythingRead: false },
        {
          refused: ({ message }) => {
            this.#problems.add(message);
            if (isKept) refused.push(key);
          },
          turn: () => setImmediate(),
        },
      );
    }
    return refused;
  }

  #hold(key: string): void {
    if (this.#held.has(key)) this.#left.add(key);
    this.#held.add(key);
    const effect = this.#net.entries.find((one) => one.key === key);
    if (effect !== undefined) this.#target.hold?.(effect, this.#at, this.#net.names);
    else this.#left.add(key);
  }
}
