// What logins have made of accounts, in memory and in a small file of the instance. The file is written whole, at
// most once in a while, so that somebody who tries passwords costs no write for each. A crash loses what came after the
// last write; the file is no part of the history.

import { messageOf } from '../files/file-error.ts';
import { nodeFileSystem, readWholeFile, writeNewFile } from '../files/file-system.ts';
import type { Log } from '../files/log.ts';
import { Reason } from '../files/program-error.ts';
import type { Later } from '../mail/pauses.ts';
import type { LoginState } from '../policy/login-rules.ts';

export interface LoginStatesOptions {
  readonly folder: string;
  readonly later: Later;
  readonly log: Pick<Log, 'warn'>;
}

const NAME = 'config-logins.json';
const WRITE_AFTER_MS = 1000;
/** Accounts with logins that are remembered; the oldest make room. */
const STATES_MAX = 100_000;

export class LoginStates {
  readonly #options: LoginStatesOptions;
  readonly #states: Map<string, LoginState>;
  #isDirty = false;
  #isClosed = false;
  #writing: Promise<void> | undefined;
  #cancel: (() => void) | undefined;

  private constructor(options: LoginStatesOptions, states: Map<string, LoginState>) {
    this.#options = options;
    this.#states = states;
  }

  /** Reads the file. What cannot be read is reported and counts as empty. */
  static async open(options: LoginStatesOptions): Promise<LoginStates> {
    const path = `${options.folder}/${NAME}`;
    if ((await nodeFileSystem.inspect(path)) === undefined) return new LoginStates(options, new Map());
    try {
      const octets = await readWholeFile(nodeFileSystem, path);
      const value: unknown = JSON.parse(octets.toString('utf8'));
      return new LoginStates(options, statesIn(value));
    } catch (error) {
      options.log.warn({ file: path, problem: messageOf(error) }, 'earlier logins are forgotten');
      return new LoginStates(options, new Map());
    }
  }

  get size(): number {
    return this.#states.size;
  }

  /** Takes what identifies the account: its entryUUID. */
  find(key: string): LoginState | undefined {
    return this.#states.get(key);
  }

  /** Replaces the state of an account; undefined forgets it. */
  set(key: string, state: LoginState | undefined): void {
    if (!this.#states.delete(key) && state === undefined) return;
    if (state !== undefined) this.#states.set(key, state);
    for (const oldest of this.#states.keys()) {
      if (this.#states.size <= STATES_MAX) break;
      this.#states.delete(oldest);
    }
    this.#isDirty = true;
    this.#writeLater();
  }

  /** Writes what has not been written yet. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#cancel?.();
    await this.#writing;
    if (this.#isDirty) await this.#write();
  }

  #writeLater(): void {
    if (this.#cancel !== undefined || this.#writing !== undefined || this.#isClosed) return;
    this.#cancel = this.#options.later(WRITE_AFTER_MS, () => {
      this.#cancel = undefined;
      this.#writing = this.#write().finally(() => {
        this.#writing = undefined;
        if (this.#isDirty) this.#writeLater();
      });
    });
  }

  async #write(): Promise<void> {
    const { folder, log } = this.#options;
    const path = `${folder}/${NAME}`;
    this.#isDirty = false;
    try {
      await nodeFileSystem.remove(`${path}.tmp`);
      const text = JSON.stringify(Object.fromEntries(this.#states));
      await writeNewFile(nodeFileSystem, `${path}.tmp`, Buffer.from(text));
      await nodeFileSystem.rename(`${path}.tmp`, path);
      await nodeFileSystem.syncFolder(folder);
    } catch (error) {
      log.warn({ file: path, problem: messageOf(error) }, 'logins could not be written');
    }
  }
}

function statesIn(value: unknown): Map<string, LoginState> {
  if (typeof value !== 'object' || value === null) throw new Reason('It is no JSON object.');
  return new Map(Object.entries(value).map(([key, one]) => [key, stateIn(one)]));
}

function stateIn(value: unknown): LoginState {
  const {
    passwords,
    failedAt,
    lockedAt,
    graceUsedAt,
    warnedAt,
    lastLoginAt,
  }: Partial<Record<string, unknown>> = Object(value);
  if (
    typeof passwords !== 'string' ||
    !areTimes(failedAt) ||
    !areTimes(graceUsedAt) ||
    !isTimeOrNone(lockedAt) ||
    !isTimeOrNone(warnedAt) ||
    !isTimeOrNone(lastLoginAt)
  )
    throw new Reason('It has something else than the logins of an account.');
  return {
    passwords,
    failedAt,
    lockedAt,
    graceUsedAt,
    ...(warnedAt !== undefined && { warnedAt }),
    ...(lastLoginAt !== undefined && { lastLoginAt }),
  };
}

function areTimes(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every((at: unknown) => typeof at === 'number');
}

function isTimeOrNone(value: unknown): value is number | undefined {
  return value === undefined || typeof value === 'number';
}
