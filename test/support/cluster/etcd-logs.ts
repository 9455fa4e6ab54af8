// Logs in etcd for tests of one file: each test has keys of its own, and all logs are closed after it.

import { EtcdLog, type EtcdLogOptions } from '../../../src/cluster/etcd-log.ts';
import { FileReader } from '../../../src/files/file-reader.ts';

export class EtcdLogs {
  readonly #name: string;
  readonly #defaults: Partial<EtcdLogOptions>;
  readonly #open: EtcdLog[] = [];
  #prefixes = 0;

  /** @param name of the test file, in the prefixes of its keys */
  constructor(name: string, defaults: Partial<EtcdLogOptions> = {}) {
    this.#name = name;
    this.#defaults = defaults;
  }

  /** Prefix of the keys of the present test. */
  get prefix(): string {
    return `/${this.#name}/${this.#prefixes}`;
  }

  newPrefix(): void {
    this.#prefixes += 1;
  }

  /** Opens a log. Limits are long, so that a busy machine is no failure. */
  open(urls: readonly string[], options: Partial<EtcdLogOptions> = {}): EtcdLog {
    const log = new EtcdLog({
      prefix: this.prefix,
      urls,
      files: new FileReader(),
      now: () => Date.now(),
      callMs: 60_000,
      lookUpMs: 60_000,
      patienceMs: 60_000,
      ...this.#defaults,
      ...options,
    });
    this.#open.push(log);
    return log;
  }

  async close(): Promise<void> {
    for (const log of this.#open.splice(0)) await log.close();
  }
}
