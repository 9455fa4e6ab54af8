// Breaks a cluster again and again while clients change, read and watch, and says whether what they saw can be. The faults are
// drawn from a seed.

import { Random } from '../../fuzz/random.ts';
import { LdapTools } from '../ldap-tools.ts';
import { passes, until } from '../until.ts';
import { checkHistory } from './check-history.ts';
import { ClusterClients, CONTAINER } from './cluster-clients.ts';
import { type Fault, faultOf, kindsOf } from './cluster-faults.ts';
import { ClusterGround, COUNT } from './cluster-ground.ts';
import type { History, State } from './history.ts';
import { logAt, stateAt } from './log-reader.ts';
import { Recorder } from './recorder.ts';

export interface ClusterTortureOptions {
  readonly faults: number;
  /** Whole number; the same seed draws the same faults. */
  readonly seed: number;
  /** 16 if not given. */
  readonly writers?: number;
  /** Kinds to draw from; all if not given. */
  readonly kinds?: readonly string[];
  /** Told of each fault once it is mended. */
  readonly afterFault?: (count: number, fault: string) => void;
  /** Told why some faults are left out. */
  readonly leftOut?: (reason: string) => void;
}

export interface ClusterTortureReport {
  /** How many of each kind. */
  readonly faults: ReadonlyMap<string, number>;
  readonly acknowledged: number;
  readonly refused: number;
  /** Changes whose outcome the writer never learned. */
  readonly unknown: number;
  readonly storedUnknown: number;
  readonly reads: number;
  /** Times that a watcher went to a server, and what came there. */
  readonly watchings: number;
  readonly watched: number;
  /** What must not be; empty when all is well. */
  readonly problems: readonly string[];
  readonly history: History;
}

const WRITERS = 16;
const WATCHERS = 3;
/** Faults at a time. */
const AT_ONCE_MAX = 3;
/** Before a fault. */
const PAUSE_MS = { least: 50, most: 1500 };
const LAST_MS = { least: 600, most: 2500 };
/** Longest time that a healthy cluster may take to be of use again. */
const RECOVERY_MS = 120_000;

/** Makes faults until there were enough of them, and then looks. Rejects if a server or etcd does not come back. */
export async function tortureCluster(options: ClusterTortureOptions): Promise<ClusterTortureReport> {
  const ground = await ClusterGround.open();
  try {
    for (const reason of ground.missing) options.leftOut?.(reason);
    return await new Torture(options, ground).run();
  } finally {
    await ground.close();
  }
}

interface DrawnFault {
  readonly fault: Fault;
  readonly pauseMs: number;
  readonly lastingMs: number;
}

class Torture {
  readonly #options: ClusterTortureOptions;
  readonly #ground: ClusterGround;
  readonly #random: Random;
  readonly #recorder = new Recorder();
  readonly #made = new Map<string, number>();
  readonly #problems: string[] = [];

  constructor(options: ClusterTortureOptions, ground: ClusterGround) {
    this.#options = options;
    this.#ground = ground;
    this.#random = new Random(options.seed);
  }

  async run(): Promise<ClusterTortureReport> {
    const { folders, password } = this.#ground;
    const { seed } = this.#options;
    const beginning = { number: await this.#number(0), state: await stateAt(this.#tools(0), CONTAINER) };
    const clients = new ClusterClients({ folders, password, recorder: this.#recorder, seed });
    await clients.begin();
    const writers = Array.from({ length: this.#options.writers ?? WRITERS }, (_, index) =>
      clients.write(index),
    );
    const readers = folders.map((_, index) => clients.read(index));
    const watchers = Array.from({ length: WATCHERS }, (_, index) => clients.watch(index));
    const all = Promise.all([...writers, ...readers, ...watchers]);
    await Promise.race([all, this.#breakAll()]);
    await this.#ground.etcd.healthy();
    await this.#recovered();
    clients.stopWriting();
    await Promise.all(writers);
    const number = await this.#sameNumber();
    clients.stopLooking(number);
    await all;
    return this.#report(beginning);
  }

  /** Makes all faults, several at once where they do not need the same. */
  async #breakAll(): Promise<void> {
    const waiting = this.#drawFaults();
    const taken = new Set<string>();
    const running = new Set<Promise<void>>();
    let count = 0;
    while (waiting.length + running.size > 0) {
      const next = waiting.findIndex(({ fault }) => fault.needs.every((need) => !taken.has(need)));
      if (running.size === AT_ONCE_MAX || next === -1) {
        await Promise.race(running);
        continue;
      }
      for (const one of waiting.splice(next, 1)) {
        for (const need of one.fault.needs) taken.add(need);
        const others = running.size;
        const work = this.#break(one).then(() => {
          running.delete(work);
          for (const need of one.fault.needs) taken.delete(need);
          count += 1;
          this.#tell(count, one.fault, others);
        });
        running.add(work);
        // The first that fails ends the run; what fails because of that is no news.
        work.catch(() => undefined);
      }
    }
  }

  #drawFaults(): DrawnFault[] {
    const possible = kindsOf(this.#ground);
    const kinds = this.#options.kinds?.filter((kind) => possible.includes(kind)) ?? possible;
    return Array.from({ length: this.#options.faults }, () => ({
      fault: faultOf(this.#random.pick(kinds), this.#ground, this.#random),
      pauseMs: this.#between(PAUSE_MS),
      lastingMs: this.#between(LAST_MS),
    }));
  }

  async #break({ fault, pauseMs, lastingMs }: DrawnFault): Promise<void> {
    await passes(pauseMs);
    const mend = await fault.begin();
    await passes(lastingMs);
    await mend();
  }

  #tell(count: number, { kind, which }: Fault, others: number): void {
    this.#made.set(kind, (this.#made.get(kind) ?? 0) + 1);
    const more = others === 0 ? '' : ` (beside ${others} others)`;
    this.#options.afterFault?.(count, `${[kind, which].filter(Boolean).join(': ')}${more}`);
  }

  #between({ least, most }: { readonly least: number; readonly most: number }): number {
    return least + this.#random.below(most - least);
  }

  /** Resolves when each server takes changes again; it is a problem if one does not. */
  async #recovered(): Promise<void> {
    const since = performance.now();
    for (let index = 0; index < COUNT; index++) {
      const last = this.#recorder.now();
      const isMade = () =>
        this.#recorder.attempts.some(
          ({ server, outcome, invoked }) => server === index && outcome === 'ok' && invoked > last,
        );
      await until(() => isMade() || performance.now() - since > RECOVERY_MS);
      if (!isMade()) this.#problems.push(`Server ${index} takes no changes although everything is mended.`);
    }
  }

  /** Resolves to the number that all servers show in the end. */
  async #sameNumber(): Promise<number> {
    const since = performance.now();
    for (;;) {
      const numbers = await Promise.all(this.#ground.folders.map((_, index) => this.#number(index)));
      const most = Math.max(...numbers);
      if (numbers.every((number) => number === most)) return most;
      if (performance.now() - since > RECOVERY_MS) {
        this.#problems.push(`The servers show ${numbers.join(', ')} although everything is mended.`);
        return Math.min(...numbers);
      }
      await passes(100);
    }
  }

  async #report(beginning: {
    readonly number: number;
    readonly state: State;
  }): Promise<ClusterTortureReport> {
    const { attempts, reads, watchings } = this.#recorder;
    const indexes = this.#ground.folders.map((_, index) => index);
    const logs = await Promise.all(indexes.map((index) => logAt(this.#tools(index), beginning.number)));
    const ends = await Promise.all(indexes.map((index) => stateAt(this.#tools(index), CONTAINER)));
    const history = { beginning, attempts, reads, watchings, logs, ends };
    const stored = new Set(logs[0]?.map(({ type, name, host }) => [type, name, host].join()));
    const countOf = (wanted: string) => attempts.filter(({ outcome }) => outcome === wanted).length;
    return {
      faults: this.#made,
      acknowledged: countOf('ok'),
      refused: countOf('refused'),
      unknown: countOf('unknown'),
      storedUnknown: attempts.filter(
        ({ outcome, type, name, host }) => outcome === 'unknown' && stored.has([type, name, host].join()),
      ).length,
      reads: reads.length,
      watchings: watchings.length,
      watched: watchings.flatMap(({ items }) => items).length,
      problems: [...this.#problems, ...checkHistory(history)],
      history,
    };
  }

  async #number(index: number): Promise<number> {
    const [root] = await this.#tools(index).entries('', '-s', 'base', 'lastChangeNumber');
    return Number(root?.first('lastchangenumber'));
  }

  #tools(index: number): LdapTools {
    const { folders, password } = this.#ground;
    const url = `ldapi://${encodeURIComponent(`${folders[index]}/ldapi`)}`;
    return new LdapTools({ url, password });
  }
}
