/**
 * What the benchmark knows of any server it measures, and how it waits until one is ready.
 */
import type { ChildProcess } from 'node:child_process';
import { closeSync, openSync, readFileSync, rmSync, truncateSync } from 'node:fs';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Target } from '../requests.ts';
import { SERVER_CORE, type Stage } from '../stage.ts';

const READY_TIMEOUT_MS = 60_000;
const PROBE_INTERVAL_MS = 2;

/** A server that is up. `startMs` is the time from its spawn until it was ready. */
export interface RunningServer {
  readonly pid: number;
  /** All processes that its work costs something, if there are others. */
  readonly pids?: readonly number[];
  readonly port: number;
  readonly ldapsPort: number;
  readonly target: Target;
  readonly startMs: number;
  /** Stops its clock while another server is measured, so that work in the background is not charged to that one. */
  pause(): void;
  resume(): void;
  stop(): Promise<void>;
}

/** How to start a kind of server on a folder; on a folder used before it finds its entries again. */
export interface ServerKind {
  readonly name: string;
  /** It holds nothing, and takes no entries. */
  readonly isCanned?: boolean;
  start(stage: Stage, folder: string): Promise<RunningServer>;
}

/** What `launch` needs; `isReady` is asked every 2 ms and gets what the server has printed so far. */
export interface Launch {
  readonly name: string;
  readonly command: readonly string[];
  /** The core of the servers unless another one, or several, is given. */
  readonly core?: number | string | undefined;
  readonly environment?: NodeJS.ProcessEnv | undefined;
  /** Milliseconds until it must be ready, if it has much to do before. */
  readonly readyTimeoutMs?: number | undefined;
  readonly logFile: string;
  readonly port: number;
  readonly ldapsPort: number;
  readonly target: Target;
  isReady(log: string): boolean | Promise<boolean>;
}

/** Starts a server process on the server core with its output in a file, and waits until it is ready. */
export async function launch(stage: Stage, options: Launch): Promise<RunningServer> {
  // The log of an earlier start must not be taken for this one's.
  rmSync(options.logFile, { force: true });
  const log = openSync(options.logFile, 'a');
  const startedAt = performance.now();
  const child = stage.spawn(options.core ?? SERVER_CORE, options.command, {
    stdio: ['ignore', log, log],
    env: { ...process.env, ...options.environment },
  });
  closeSync(log);
  await waitUntilReady(child, options, startedAt);
  const startMs = performance.now() - startedAt;
  return {
    pid: child.pid ?? 0,
    port: options.port,
    ldapsPort: options.ldapsPort,
    target: options.target,
    startMs,
    pause: () => void child.kill('SIGSTOP'),
    resume: () => {
      // What a server logs is no part of the measurement, only that it logs: the file starts again with every run.
      truncateSync(options.logFile);
      child.kill('SIGCONT');
    },
    stop: () => stage.stop(child),
  };
}

async function waitUntilReady(child: ChildProcess, options: Launch, startedAt: number): Promise<void> {
  const { readyTimeoutMs = READY_TIMEOUT_MS } = options;
  const readLog = () => readFileSync(options.logFile, 'utf8');
  let failure: Error | undefined;
  child.once('error', (error) => {
    failure = error;
  });
  while (!(await options.isReady(readLog()))) {
    if (failure !== undefined) throw failure;
    if (child.exitCode !== null || child.signalCode !== null) {
      throw new Error(
        `${options.name} ended before it was ready. Its last words:\n${readLog().slice(-2000)}`,
      );
    }
    if (performance.now() - startedAt > readyTimeoutMs) {
      throw new Error(
        `${options.name} was not ready after ${readyTimeoutMs / 1000} s:\n${readLog().slice(-2000)}`,
      );
    }
    await sleep(PROBE_INTERVAL_MS);
  }
}

/** Whether something on this machine listens on the port. */
export function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(true));
    socket.once('error', () => resolve(false));
    socket.once('close', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}
