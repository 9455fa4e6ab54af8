// Files that expressions name, looked at again and again while the administrator wants it: when one holds something else,
// everything is reloaded. Looks at the files themselves and not for events: what is mounted is swapped by links above
// them, which no event of theirs tells. Expression files are not watched.

import type { Sources } from '../../expression/sources.ts';
import type { FileReader } from '../../files/file-reader.ts';
import type { Component, ObjectDifference, Prepared } from '../../runtime/component.ts';
import type { RunningPart } from '../../runtime/description.ts';
import { neverRenamed } from '../../runtime/renamed-keys.ts';

export interface FileWatchOptions {
  /** The sources in force. */
  readonly sources: () => Sources;
  readonly files: FileReader;
  /** Takes why, for the log. What is wrong is told there. */
  readonly reload: (cause: string) => Promise<unknown>;
}

const LOOK_MS = 1000;

export class FileWatch implements Component {
  readonly kind = 'global-configuration';
  readonly renamed = neverRenamed;
  readonly #options: FileWatchOptions;
  #timer: NodeJS.Timeout | undefined;
  /** Stamps of the changed files, at the last look and at the last reload. */
  #seen = '';
  #tried = '';

  constructor(options: FileWatchOptions) {
    this.#options = options;
  }

  prepare({ after }: ObjectDifference): Prepared {
    const isWanted = after?.kind === 'global-configuration' && after.reloadOnFileChange;
    return { commit: () => (isWanted ? this.#start() : this.stop()), abort: () => {} };
  }

  *describe(): Generator<RunningPart> {
    const files = this.#options.sources().filesRead();
    const watched = [...files].map(({ path }) => path).toSorted();
    yield { key: undefined, facts: { watchedFiles: this.#timer === undefined ? false : watched } };
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #start(): void {
    if (this.#timer === undefined) this.#lookLater();
  }

  #lookLater(): void {
    const timer = setTimeout(async () => {
      await this.#look();
      if (this.#timer === timer) this.#lookLater();
    }, LOOK_MS);
    timer.unref();
    this.#timer = timer;
  }

  /**
   * Reloads when the files look the same twice, because then nobody is writing them. After a failed reload it waits for
   * another difference.
   */
  async #look(): Promise<void> {
    const changed: string[] = [];
    for (const { path, stamp } of this.#options.sources().filesRead()) {
      const now = await this.#options.files.stamp(path);
      if (now !== stamp) changed.push(`${path} ${now}`);
    }
    const seen = changed.join('\n');
    const isSettled = seen === this.#seen;
    this.#seen = seen;
    if (seen === '') this.#tried = '';
    if (seen === '' || !isSettled || seen === this.#tried) return;
    this.#tried = seen;
    await this.#options.reload('a file that an expression names has changed').catch(() => {});
  }
}
