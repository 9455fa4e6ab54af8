// Watches the number of open file descriptors. Without a free one the process cannot open connections, files or
// mail. The operating system does not report connections that it drops for that reason, so the watch polls.

import type { AlertSink } from '../mail/alert.ts';
import type { Later } from '../mail/pauses.ts';
import type { MonitorFigures } from './monitor.ts';

/** Open descriptors and their limit; `exhausted` if even reading them fails. */
export type Descriptors = { readonly open: number; readonly limit: number } | 'exhausted';

export interface DescriptorWatchOptions {
  /** Returns undefined if the operating system does not report it. */
  readonly look: () => Descriptors | undefined;
  /** Opens some descriptors as a reserve. Returns the function that closes them. */
  readonly reserve: () => () => void;
  readonly alerts: AlertSink;
  readonly later: Later;
  readonly log: {
    info(fields: object, message: string): void;
    error(fields: object, message: string): void;
  };
}

const LOOK_MS = 5000;
/** Share of the limit at which descriptors are scarce, and the lower one at which they are sufficient again. */
const SCARCE_SHARE = 0.9;
const WELL_SHARE = 0.75;
const ADVICE = 'Raise the limit of open files (LimitNOFILE of systemd, ulimit -n), or lower max-connections.';

/** Watches file descriptors, sends alerts, and reports problems to health. */
export class DescriptorWatch {
  readonly #options: DescriptorWatchOptions;
  #last: Descriptors | undefined;
  #isScarce = false;
  #exhaustedCount = 0;
  #isExhausted = false;
  #release: (() => void) | undefined;
  #cancel: () => void = () => {};

  constructor(options: DescriptorWatchOptions) {
    this.#options = options;
  }

  /** Problems for health, as sentences: reasons to send requests to another server. */
  get problems(): readonly string[] {
    return this.#isExhausted ? [`No file descriptor is free. ${ADVICE}`] : [];
  }

  get figures(): MonitorFigures {
    const known = this.#last === 'exhausted' ? undefined : this.#last;
    return {
      'ds-mon-file-descriptors-open': known?.open,
      'ds-mon-file-descriptors-limit': known?.limit,
      'ds-mon-file-descriptors-exhausted': this.#exhaustedCount,
    };
  }

  /** Checks now and then every few seconds. */
  start(): void {
    this.look();
    this.#cancel = this.#options.later(LOOK_MS, () => this.start());
  }

  stop(): void {
    this.#cancel();
    this.#release?.();
    this.#release = undefined;
  }

  look(): void {
    const found = this.#options.look();
    if (found === undefined) return;
    if (found === 'exhausted') this.#noteExhausted();
    else this.#noteCount(found.open, found.limit);
    this.#last = found === 'exhausted' ? this.#last : found;
  }

  #noteExhausted(): void {
    if (this.#isExhausted) return;
    this.#isExhausted = true;
    this.#isScarce = true;
    this.#exhaustedCount += 1;
    // Makes room for sending the alert.
    this.#release?.();
    this.#release = undefined;
    const message = `No file descriptor is free: connections and files cannot be opened. ${ADVICE}`;
    this.#options.log.error({}, message);
    this.#options.alerts.raise({ type: 'confdit.FileDescriptorsLow', message });
  }

  #noteCount(open: number, limit: number): void {
    const { alerts, log, reserve } = this.#options;
    if (this.#isExhausted) {
      this.#isExhausted = false;
      // The first alert may not have been sent: it needed a file and a connection.
      const message = `File descriptors were exhausted; ${open} of ${limit} are open now. ${ADVICE}`;
      log.info({ open, limit }, 'there are file descriptors again');
      alerts.raise({ type: 'confdit.FileDescriptorsLow', message });
    }
    if (!this.#isScarce && open > limit * SCARCE_SHARE) {
      this.#isScarce = true;
      const message = `${open} of ${limit} file descriptors are open. ${ADVICE}`;
      log.error({ open, limit }, message);
      alerts.raise({ type: 'confdit.FileDescriptorsLow', message });
    }
    if (open < limit * WELL_SHARE) this.#isScarce = false;
    if (!this.#isScarce) this.#release ??= reserve();
  }
}
