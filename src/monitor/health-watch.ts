// Checks periodically that every enabled object runs, by asking the components, and that no step of the write
// path and no file system hangs. Its findings make the server unhealthy and are sent once as an alert.

import { setImmediate as otherWork } from 'node:timers/promises';
import type { PropertyValidator } from '../config/property-validator.ts';
import type { Configuration } from '../configuration/configuration.ts';
import type { SlowWork } from '../configuration/write/work-under-way.ts';
import type { FileReader } from '../files/file-reader.ts';
import type { Entry } from '../ldap/entry.ts';
import type { AlertSink } from '../mail/alert.ts';
import type { Runtime } from '../runtime/runtime.ts';

export interface HealthWatchOptions {
  readonly configuration: Configuration;
  /** Returns the longest step of the write path in progress. */
  readonly slowest: () => SlowWork | undefined;
  /** Reader of the files that values name. */
  readonly files: Pick<FileReader, 'current' | 'abandoned'>;
  readonly alerts: AlertSink;
  readonly log: { warn(fields: object, message: string): void };
}

const LOOK_MS = 10_000;
/** Interval while something seems to be wrong, in milliseconds. */
const LOOK_AGAIN_MS = 1000;
/** Duration from which a step of the write path is reported, in milliseconds. */
const SLOW_MS = 10_000;
const ENTRIES_AT_A_TIME = 64;
const NAMES_SHOWN_MAX = 20;
const ENABLED_KEY = 'ds-cfg-enabled';

/** Periodic health check of one running server. */
export class HealthWatch {
  readonly #options: HealthWatchOptions;
  /**
   * True for an entry that is enabled with these sources. The same entry may resolve to another value after a reload.
   */
  #readings = new WeakMap<Entry, boolean>();
  #readWith: PropertyValidator | undefined;
  #notRunning: readonly string[] = [];
  /** Problems seen once. They may be a change in progress and are not reported yet. */
  #suspects: ReadonlySet<string> = new Set();
  #isSlowTold = false;
  #stuckTold: ReadonlySet<string> = new Set();
  #isStopped = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: HealthWatchOptions) {
    this.#options = options;
  }

  /** Names of enabled objects that do not run. */
  get notRunning(): readonly string[] {
    return this.#notRunning;
  }

  /** Problems as sentences; empty if the server is healthy. */
  get problems(): readonly string[] {
    const shown = this.#notRunning.slice(0, NAMES_SHOWN_MAX);
    const more = this.#notRunning.length - shown.length;
    return [
      ...shown.map((name) => `${name} is enabled and does not run, or not as it should; the log says why.`),
      ...(more > 0 ? [`And ${more} more are enabled and do not run.`] : []),
      ...(this.#slowSentence() ?? []),
      ...[...new Set(this.#options.files.abandoned)].map(stuckSentence),
    ];
  }

  /** Checks now and then periodically, until it is stopped. */
  start(runtime: Runtime): void {
    const looking = this.look(runtime).catch((error: unknown) =>
      this.#options.log.warn({ err: error }, 'what runs could not be described'),
    );
    void looking.then(() => {
      if (this.#isStopped) return;
      const pauseMs = this.#suspects.size > 0 ? LOOK_AGAIN_MS : LOOK_MS;
      this.#timer = setTimeout(() => this.start(runtime), pauseMs).unref();
    });
  }

  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
  }

  /** Checks everything once. A problem counts if it is seen twice in a row. */
  async look(runtime: Runtime): Promise<void> {
    this.#tellIfSlow();
    this.#tellIfStuck();
    const { tree } = this.#options.configuration;
    const missing = new Set<string>();
    let count = 0;
    for (const { key, entry } of tree.nodes()) {
      if (++count % ENTRIES_AT_A_TIME === 0) await otherWork();
      if (entry !== undefined && tree.find(key) === entry && !(await this.#isFine(runtime, key, entry)))
        missing.add(entry.dn.toString());
    }
    const notRunning = [...missing].filter((name) => this.#suspects.has(name));
    const isNew = notRunning.filter((name) => !this.#notRunning.includes(name));
    this.#suspects = missing;
    this.#notRunning = notRunning;
    if (isNew.length === 0) return;
    const names = isNew.slice(0, NAMES_SHOWN_MAX).join('; ');
    this.#options.alerts.raise({
      type: 'confdit.NotRunning',
      message: `Enabled in the configuration, and not running: ${names}${isNew.length > NAMES_SHOWN_MAX ? '; and others' : ''}.`,
    });
  }

  async #isFine(runtime: Runtime, key: string, entry: Entry): Promise<boolean> {
    const { validator } = this.#options.configuration;
    const kind = validator.definitions.findForEntry(entry)?.kind;
    if (kind === undefined || !runtime.knowsEnabled(kind) || !this.#isEnabled(entry)) return true;
    return runtime.runs(kind, key);
  }

  /**
   * Returns true if the entry is enabled. Reads a plain boolean without decoding the entry, which suffices for
   * most of many mail servers.
   */
  #isEnabled(entry: Entry): boolean {
    const word = entry.first(ENABLED_KEY) ?? '';
    if (/^(?:true|false)$/i.test(word)) return word.toLowerCase() === 'true';
    const { inForce, validator } = this.#options.configuration;
    if (this.#readWith !== validator) this.#readings = new WeakMap();
    this.#readWith = validator;
    const known = this.#readings.get(entry);
    if (known !== undefined) return known;
    const object = inForce.decode(entry);
    const isEnabled = object !== undefined && 'enabled' in object && object.enabled === true;
    this.#readings.set(entry, isEnabled);
    return isEnabled;
  }

  #slowSentence(): readonly [string] | undefined {
    const step = this.#options.slowest();
    if (step === undefined || step.ms < SLOW_MS) return undefined;
    const { current } = this.#options.files;
    const files = current.length === 0 ? '' : ` Being read now: ${current.join(' and ')}.`;
    return [`For ${Math.floor(step.ms / 1000)} s ${step.what}, and those behind it wait.${files}`];
  }

  #tellIfSlow(): void {
    const [message] = this.#slowSentence() ?? [];
    if (message !== undefined && !this.#isSlowTold)
      this.#options.alerts.raise({ type: 'confdit.ChangesStuck', message });
    this.#isSlowTold = message !== undefined;
  }

  #tellIfStuck(): void {
    const { files, alerts } = this.#options;
    const stuck = new Set(files.abandoned);
    for (const path of stuck)
      if (!this.#stuckTold.has(path))
        alerts.raise({ type: 'confdit.FileSystemStuck', message: stuckSentence(path) });
    this.#stuckTold = stuck;
  }
}

function stuckSentence(path: string): string {
  return `The file system of ${path} does not answer; what needs the file is refused until it does.`;
}
