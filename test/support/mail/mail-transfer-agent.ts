// A real mail server as processes of its own, in a folder of its own, on free ports of loopback. What it accepts ends in a
// folder, a file for each message.

import { type ChildProcess, spawn } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { removeFolder } from '../folders.ts';

export interface AgentUser {
  readonly name: string;
  readonly password: string;
}

/** How one is run: a program in the foreground, which is the leader of its process group. */
export interface AgentProgram {
  readonly program: string;
  readonly words: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly folder: string;
  /** Where delivered messages are, each a file. */
  readonly inbox: string;
  readonly logFile: string;
  readonly startTlsPort: number;
  readonly tlsPort: number;
}

const READY_TIMEOUT_MS = 300_000;
const LOOK_MS = 20;
const agents = new Set<MailTransferAgent>();

/** Ends those that still run and removes their folders. */
export async function endAgents(): Promise<void> {
  await Promise.all([...agents].map((agent) => agent.stop()));
}

process.once('exit', () => {
  for (const agent of agents) agent.signal('SIGKILL');
});

export class MailTransferAgent {
  readonly #program: AgentProgram;
  #child: ChildProcess | undefined;

  static async start(program: AgentProgram): Promise<MailTransferAgent> {
    const agent = new MailTransferAgent(program);
    agents.add(agent);
    await agent.start();
    return agent;
  }

  private constructor(program: AgentProgram) {
    this.#program = program;
  }

  /** Where STARTTLS and then a login are wanted. */
  get startTlsPort(): number {
    return this.#program.startTlsPort;
  }

  /** Where TLS is wanted from the first byte, and then a login. */
  get tlsPort(): number {
    return this.#program.tlsPort;
  }

  /** Again, after `kill`. */
  async start(): Promise<void> {
    const { program, words, environment, startTlsPort, tlsPort } = this.#program;
    const until = Date.now() + READY_TIMEOUT_MS;
    let output = '';
    for (;;) {
      const child = spawn(program, words, {
        detached: true,
        stdio: ['ignore', 'pipe', 'pipe'],
        env: { PATH: process.env.PATH, ...environment },
      });
      this.#child = child;
      const hear = (piece: Buffer) => {
        output += piece.toString('utf8');
      };
      child.stdout?.on('data', hear);
      child.stderr?.on('data', hear);
      const ended = new Promise<false>((resolve) => child.once('close', () => resolve(false)));
      const ready = Promise.all([listens(startTlsPort, until), listens(tlsPort, until)]).then(() => true);
      if (await Promise.race([ready, ended])) return;
      // Processes of the one before may still have its ports and locks.
      if (Date.now() > until) throw new Error(`${program} does not start: ${output}${await this.log()}`);
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
  }

  /** All its processes at once, as by a crash. */
  async kill(): Promise<void> {
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once('close', resolve));
    this.signal('SIGKILL');
    await ended;
  }

  signal(name: NodeJS.Signals): void {
    const id = this.#child?.pid;
    if (id === undefined) return;
    try {
      process.kill(-id, name);
    } catch {
      // It has ended.
    }
  }

  async stop(): Promise<void> {
    agents.delete(this);
    await this.kill();
    await removeFolder(this.#program.folder);
  }

  /** How many messages are delivered. */
  async count(): Promise<number> {
    return (await readdir(this.#program.inbox).catch(() => [])).length;
  }

  async messages(): Promise<readonly string[]> {
    const { inbox } = this.#program;
    const names = await readdir(inbox).catch(() => []);
    return Promise.all(names.map((name) => readFile(join(inbox, name), 'utf8')));
  }

  /** Resolves when so many messages are delivered. */
  async delivered(count: number): Promise<readonly string[]> {
    while ((await this.count()) < count) {
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
    return this.messages();
  }

  log(): Promise<string> {
    return readFile(this.#program.logFile, 'utf8').catch(() => '');
  }
}

async function listens(port: number, untilMs: number): Promise<void> {
  while (Date.now() < untilMs) {
    const isThere = await new Promise<boolean>((resolve) => {
      const socket = connect({ port, host: '127.0.0.1' });
      socket.once('connect', () => {
        socket.destroy();
        resolve(true);
      });
      socket.once('error', () => resolve(false));
    });
    if (isThere) return;
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
  throw new Error(`Nothing listens on port ${port}.`);
}
