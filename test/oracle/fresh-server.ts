// The second server: started fresh on a copy of the first one's folder with the same sources, and asked what runs.

import { type ChildProcess, spawn } from 'node:child_process';
import { cp, lstat, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { DescribedPart } from '../../src/runtime/description.ts';
import { removeFolder } from '../support/folders.ts';
import { startServer } from '../support/server-process.ts';
import type { HostOrder } from './fresh-host.ts';
import type { Sandbox } from './sandbox.ts';

/** What a fresh server says of itself, or why it does not start. */
export type FreshStart =
  | { readonly parts: readonly DescribedPart[]; readonly folder: string }
  | { readonly refused: string; readonly folder: string };

const ELSEWHERE = fileURLToPath(new URL('elsewhere.mjs', import.meta.url));
const HOST = fileURLToPath(new URL('fresh-host.ts', import.meta.url));
/** A copy is made while the server runs: what it replaces in this moment is gone when its turn comes. */
const COPIES_TRIED_MAX = 5;

export class FreshServers {
  #host: ChildProcess | undefined;

  /** A server in a process that others were in before; `use` may connect to it while it runs. */
  async inHost<T>(sandbox: Sandbox, key: string, use: (start: FreshStart) => Promise<T>): Promise<T> {
    const folder = await copyOf(sandbox.folder);
    try {
      const start = { folder, key, environment: sandbox.environment };
      const { parts, problem = '' } = await this.#order({ start });
      const result = await use(parts === undefined ? { refused: problem, folder } : { parts, folder });
      await this.#order({});
      return result;
    } finally {
      await removeFolder(folder);
    }
  }

  /** A server in a process of its own, as an administrator starts it. */
  async alone<T>(sandbox: Sandbox, key: string, use: (start: FreshStart) => Promise<T>): Promise<T> {
    const folder = await copyOf(sandbox.folder);
    const environment = { ...sandbox.environment, NODE_OPTIONS: `--import=${ELSEWHERE}` };
    try {
      const port = Number(sandbox.places.ldap);
      const server = await startServer({ folder, environment, port, isDescribed: true }).catch(
        (error: unknown) => (error instanceof Error ? error.message : String(error)),
      );
      if (typeof server === 'string') return await use({ refused: server, folder });
      try {
        return await use({ parts: await server.describe(key), folder });
      } finally {
        await server.stop();
      }
    } finally {
      await removeFolder(folder);
    }
  }

  close(): void {
    this.#host?.disconnect();
    this.#host = undefined;
  }

  async #order(
    order: HostOrder,
  ): Promise<{ readonly parts?: readonly DescribedPart[]; readonly problem?: string }> {
    this.#host ??= spawn(process.execPath, [`--import=${ELSEWHERE}`, HOST], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      env: { PATH: process.env.PATH, HOME: process.env.HOME },
    });
    const host = this.#host;
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    const end = (code: number | null) => {
      this.#host = undefined;
      reject(new Error(`The process of the fresh servers has ended with ${code}.`));
    };
    host.once('exit', end).once('message', resolve);
    host.send(order);
    return Object(await promise.finally(() => host.off('exit', end)));
  }
}

/** Without sockets, and without the messages in the spool, which the first server sends. */
async function copyOf(folder: string): Promise<string> {
  const copy = await mkdtemp(join(tmpdir(), 'confdit-fresh-'));
  for (let tried = 1; ; tried++) {
    try {
      await cp(folder, copy, { recursive: true, preserveTimestamps: true, filter: isCopied });
      return copy;
    } catch (error) {
      if (tried === COPIES_TRIED_MAX) throw error;
      await removeFolder(copy);
    }
  }

  async function isCopied(path: string): Promise<boolean> {
    if (path === join(folder, 'mail')) return false;
    const stats = await lstat(path).catch(() => undefined);
    return stats?.isSocket() === false;
  }
}
