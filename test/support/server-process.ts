// The real server as a process of its own, on a free port and in an instance folder of its own. Whoever wants something
// from it asks over LDAP, or reads in its log and its folder. Knows nothing of tests: see start-server.ts.

import { type ChildProcess, spawn } from 'node:child_process';
import { cp, mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { DescribedPart } from '../../src/runtime/description.ts';
import { cheapHash } from './cheap-password.ts';
import { removeFolder } from './folders.ts';
import { freePort } from './free-port.ts';
import { programPath } from './run/program-path.ts';

const CHECKOUT = fileURLToPath(new URL('../..', import.meta.url));
const READY_TIMEOUT_MS = 180_000;
const END_TIMEOUT_MS = 120_000;
const LOG_TIMEOUT_MS = 120_000;
const LOOK_MS = 10;
const OUTPUT_SHOWN_MAX = 2000;
/** Somebody else may take a free port before the server does. */
const PORTS_TRIED_MAX = 3;

export const ADMINISTRATOR = 'cn=admin,cn=Root DNs,cn=config';
const PASSWORD = 'test-password-1';
const PASSWORD_HASH = cheapHash(PASSWORD);

export interface StartOptions {
  /** Added to the environment; of the environment of the tests only what a process needs gets through. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** Further words after `confdit start`. */
  readonly words?: readonly string[];
  /** Each `token=value`, for `--define`. */
  readonly definitions?: readonly string[];
  /** Written before the start: the path inside the instance folder to the text. */
  readonly files?: Readonly<Record<string, string>>;
  /** The folder of a server that was stopped, to start it again. */
  readonly folder?: string;
  /** Instead of a free port. */
  readonly port?: number;
  /**
   * The administrator's at the first start, hashed by the server and fit for SCRAM; null: the server makes one up. Without it,
   * the server gets a hash that costs little.
   */
  readonly password?: string | null;
  /** The copy of the project that is run, and its current folder; without it, this one. */
  readonly checkout?: string;
  /** Whether it is the source that is run, module by module, in a run of the tests too. */
  readonly isFromSource?: boolean;
  /** Whether it is started with a channel, over which it says what runs. */
  readonly isDescribed?: boolean;
  /** A program and its arguments that run the server, such as one that gives up being root. */
  readonly runBy?: readonly string[];
}

/** How a process ended: one of the two is not null. */
export interface ProcessEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface LogLine {
  readonly level: number;
  readonly msg: string;
  readonly [field: string]: unknown;
}

export interface FailedStart extends ProcessEnd {
  readonly folder: string;
  readonly port: number;
  readonly stderr: string;
  readonly stdout: string;
}

export interface RunningServer {
  readonly url: string;
  readonly port: number;
  readonly ldapsPort: number;
  readonly folder: string;
  readonly pid: number;
  /** The administrator's (cn=admin,cn=Root DNs,cn=config, or uid=admin). */
  readonly password: string;
  readonly isRunning: boolean;
  /** What it has logged up to now; a line appears up to a tenth of a second after it was logged. */
  logLines(): LogLine[];
  /** The first line, old or new, that fits; rejects when none comes. */
  waitForLog(fits: (line: LogLine) => boolean): Promise<LogLine>;
  /** All it has written to its standard error. */
  errorOutput(): string;
  /** What runs in it, of a server that was started with isDescribed; equal secrets have equal digests with the same key. */
  describe(key: string): Promise<readonly DescribedPart[]>;
  /** Sends SIGTERM, or another signal, and waits for the end. */
  stop(signal?: NodeJS.Signals): Promise<ProcessEnd>;
  /** SIGKILL: what a crash or the loss of power looks like to the disk. */
  kill(): Promise<ProcessEnd>;
}

const processes = new Set<ServerProcess>();
/** What the servers that have ended had written. */
const outputs: string[] = [];
/** The administrator's password, and the words that stand for other secrets. */
const SECRETS = new RegExp(`${PASSWORD}|canary-(?!name)`);
const folders = new Set<string>();

/** Kills the servers that still run and removes the folders that were made. */
export async function endServers(): Promise<void> {
  await Promise.all([...processes].map((server) => server.end('SIGKILL')));
  const telling = outputs.filter((output) => SECRETS.test(output));
  outputs.length = 0;
  await Promise.all([...folders].map((folder) => removeFolder(folder)));
  // Whatever a test is about: what the servers of the whole run have written shows no secret.
  const [line] = telling.flatMap((output) => output.split('\n').filter((one) => SECRETS.test(one)));
  if (line !== undefined)
    throw new Error(`A server has written a secret: ${line.slice(0, OUTPUT_SHOWN_MAX)}`);
}

process.once('exit', () => {
  for (const { child } of processes) child.kill('SIGKILL');
});

/** Resolves when the server has logged `ready`; with expectFailure, when it has ended without. */
export async function startServer(options?: StartOptions & { expectFailure?: false }): Promise<RunningServer>;
export async function startServer(options: StartOptions & { expectFailure: true }): Promise<FailedStart>;
export async function startServer(
  options: StartOptions & { expectFailure?: boolean } = {},
): Promise<RunningServer | FailedStart> {
  const folder = options.folder ?? (await newFolder());
  for (const [path, text] of Object.entries(options.files ?? {})) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
  for (let tried = 1; ; tried++) {
    const ports = { ldap: options.port ?? (await freePort()), ldaps: await freePort() };
    const server = new ServerProcess(folder, ports, options);
    if (options.expectFailure === true) return server.failure();
    if (await server.isReady()) return server;
    const isPortTaken =
      options.port === undefined && server.errorOutput().includes('another program is listening');
    if (!isPortTaken || tried === PORTS_TRIED_MAX) throw server.error('did not become ready');
  }
}

/** What the server answers, see parent-channel.ts. */
interface Description {
  readonly described?: number;
  readonly parts?: readonly DescribedPart[];
  readonly problem?: string;
}

interface Ports {
  readonly ldap: number;
  readonly ldaps: number;
}

class ServerProcess implements RunningServer {
  readonly folder: string;
  readonly port: number;
  readonly ldapsPort: number;
  readonly password: string;
  readonly child: ChildProcess;
  readonly #ended: Promise<ProcessEnd>;
  #questions = 0;
  #stdout = '';
  #stderr = '';

  constructor(folder: string, ports: Ports, options: StartOptions) {
    this.folder = folder;
    this.port = ports.ldap;
    this.ldapsPort = ports.ldaps;
    this.password = options.password ?? PASSWORD;
    const definitions = (options.definitions ?? []).flatMap((definition) => ['--define', definition]);
    const { checkout } = options;
    const words = [
      process.execPath,
      checkout === undefined ? programPath(options.isFromSource) : join(checkout, 'src', 'bin', 'confdit.ts'),
      'start',
      ...(options.words ?? []),
      ...definitions,
    ];
    const [program = '', ...others] = [...(options.runBy ?? []), ...words];
    this.child = spawn(program, others, {
      cwd: checkout ?? CHECKOUT,
      stdio: ['ignore', 'pipe', 'pipe', ...(options.isDescribed === true ? (['ipc'] as const) : [])],
      // So that what the machine happens to set changes nothing.
      env: {
        PATH: process.env.PATH,
        HOME: process.env.HOME,
        CONFDIT_INSTANCE: folder,
        LDAP_PORT: String(ports.ldap),
        LDAPS_PORT: String(ports.ldaps),
        ...(options.password === null ? {} : { CONFDIT_ADMIN_PASSWORD: options.password ?? PASSWORD_HASH }),
        ...options.environment,
      },
    });
    processes.add(this);
    this.child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.#stdout += text;
    });
    this.child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr += text;
    });
    this.#ended = new Promise((resolve) => {
      this.child.once('close', (code, signal) => {
        processes.delete(this);
        outputs.push(this.#stdout, this.#stderr);
        resolve({ code, signal });
      });
    });
  }

  get url(): string {
    return `ldap://127.0.0.1:${this.port}`;
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  get isRunning(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  logLines(): LogLine[] {
    const complete = this.#stdout.split('\n').slice(0, -1);
    return complete.filter((line) => line.startsWith('{')).map((line): LogLine => JSON.parse(line));
  }

  async waitForLog(fits: (line: LogLine) => boolean): Promise<LogLine> {
    const until = Date.now() + LOG_TIMEOUT_MS;
    for (;;) {
      const found = this.logLines().find(fits);
      if (found !== undefined) return found;
      if (Date.now() > until) throw this.error('did not log what was waited for');
      await delay(LOOK_MS);
    }
  }

  errorOutput(): string {
    return this.#stderr;
  }

  async describe(key: string): Promise<readonly DescribedPart[]> {
    this.#questions += 1;
    const number = this.#questions;
    const { promise, resolve, reject } = Promise.withResolvers<readonly DescribedPart[]>();
    const hear = (message: unknown) => {
      const { described, parts, problem } = Object(message) as Description;
      if (described !== number) return;
      if (parts === undefined) reject(this.error(`cannot say what runs: ${problem}`));
      else resolve(parts);
    };
    void this.#ended.then(() => reject(this.error('has ended and says nothing')));
    this.child.on('message', hear);
    this.child.send({ describe: number, key });
    return promise.finally(() => this.child.off('message', hear));
  }

  stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<ProcessEnd> {
    return this.end(signal);
  }

  kill(): Promise<ProcessEnd> {
    return this.end('SIGKILL');
  }

  async end(signal: NodeJS.Signals): Promise<ProcessEnd> {
    this.child.kill(signal);
    return this.#endInTime(`did not end after ${signal}`);
  }

  async isReady(): Promise<boolean> {
    const until = Date.now() + READY_TIMEOUT_MS;
    while (!this.logLines().some(({ msg }) => msg === 'ready')) {
      if (!this.isRunning || Date.now() > until) {
        await this.end('SIGKILL');
        return false;
      }
      await delay(LOOK_MS);
    }
    return true;
  }

  async failure(): Promise<FailedStart> {
    const end = await this.#endInTime('did not fail to start');
    return { ...end, folder: this.folder, port: this.port, stderr: this.#stderr, stdout: this.#stdout };
  }

  error(what: string): Error {
    const end = this.#stdout.slice(-OUTPUT_SHOWN_MAX);
    return new Error(`The server ${what}. It wrote:\n${end}${this.#stderr}`);
  }

  async #endInTime(otherwise: string): Promise<ProcessEnd> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<undefined>((resolve) => {
      timer = setTimeout(() => resolve(undefined), END_TIMEOUT_MS);
    });
    const end = await Promise.race([this.#ended, late]);
    clearTimeout(timer);
    if (end !== undefined) return end;
    this.child.kill('SIGKILL');
    await this.#ended;
    throw this.error(otherwise);
  }
}

/** Returns a copy of the folder of a server that is down, to start servers from one beginning; it is removed at the end. */
export async function copyInstance(folder: string): Promise<string> {
  const copy = await newFolder();
  await cp(folder, copy, { recursive: true, preserveTimestamps: true });
  return copy;
}

async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'confdit-test-'));
  folders.add(folder);
  return folder;
}

function delay(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
