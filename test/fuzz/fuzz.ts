// Sends strange messages to a real server over many connections, and looks for what must not be: a server that ends, a
// request without its answer, a client that suffers for others, a tree that somebody changed who may not, an error in
// the log, memory that grows and grows. What is sent follows from the seed.

import {
  type Latencies,
  residentMegabytes,
  WellBehavedClient,
} from '../support/clients/well-behaved-client.ts';
import { RawClient } from '../support/raw-client.ts';
import { type RunningServer, startServer } from '../support/server-process.ts';
import { type Batch, makeBatch } from './batch.ts';
import type { ElementNode } from './element-tree.ts';
import { FuzzConnection } from './fuzz-connection.ts';
import { BINDING, GOOD_MESSAGES } from './good-messages.ts';
import { treeOf } from './mutation.ts';
import { Random } from './random.ts';
import { accountOf, dump, fill, renewWriter, type Who } from './world.ts';

export interface FuzzOptions {
  readonly messages: number;
  readonly seed: number;
  /** How long the server is left alone before its memory is looked at for the last time. */
  readonly settleMs: number;
  readonly afterBatch?: (messages: number, findings: number) => void;
}

export interface FuzzReport {
  readonly messages: number;
  readonly connections: number;
  /** Messages with an answer of their own; the others have ended their connection, or none is due. */
  readonly answered: number;
  /** What must not be; empty when all is well. */
  readonly findings: readonly string[];
  readonly latencies: Latencies;
  /** Resident memory of the server: before, in the middle, at most, and some seconds after. */
  readonly megabytes: {
    readonly before: number;
    readonly middle: number;
    readonly most: number;
    readonly after: number;
  };
}

/** Who the workers are: in the first half nobody may change anything, in the second half the last one may. */
const WORKERS: readonly (readonly Who[])[] = [
  ['anonymous', 'anonymous', 'person', 'person', 'reader', 'reader'],
  ['anonymous', 'person', 'reader', 'writer', 'writer', 'writer'],
];
/** Of small batches most get all their answers; large ones end with a notice before their end. */
const BATCH_SIZES: readonly number[] = [1, 1, 1, 2, 2, 3, 4, 6, 12];
const FINDINGS_MAX = 20;
const MEMORY_LOOK_MS = 500;
/** The highest level of a log line that is no error. */
const WARNING_LEVEL = 40;
const SPREAD = 7919;

/** Throws only when the server cannot be made ready; everything else is in the report. */
export async function fuzz(options: FuzzOptions): Promise<FuzzReport> {
  const server = await startServer({ environment: { CONFDIT_ACCESS_LOG: 'off' } });
  try {
    return await new Fuzz(server, options).run();
  } finally {
    await server.stop().catch(() => {});
  }
}

class Fuzz {
  readonly #server: RunningServer;
  readonly #options: FuzzOptions;
  readonly #findings: string[] = [];
  readonly #seeds: readonly ElementNode[];
  #sent = 0;
  #connections = 0;
  #answered = 0;

  constructor(server: RunningServer, options: FuzzOptions) {
    this.#server = server;
    this.#options = options;
    // A bind costs a hash or makes the connection anonymous: each is there once, the others ten times.
    const others = Array.from({ length: 10 }, () => GOOD_MESSAGES).flat();
    this.#seeds = [...others, ...BINDING].map(treeOf);
  }

  async run(): Promise<FuzzReport> {
    const administrator = await RawClient.bound(this.#server);
    await fill(administrator);
    const wellBehaved = await WellBehavedClient.start(this.#server);
    const before = await residentMegabytes(this.#server.pid);
    const memory = watchMemory(this.#server.pid);
    const treeBefore = await dump(administrator);
    await this.#phase(0, wellBehaved);
    const middle = await residentMegabytes(this.#server.pid);
    if (this.#server.isRunning && (await dump(administrator)) !== treeBefore)
      this.#found('the tree has changed, and nobody was allowed to change it');
    await this.#phase(1, wellBehaved);
    const latencies = await wellBehaved.stop();
    await new Promise((resolve) => setTimeout(resolve, this.#options.settleMs));
    const megabytes = {
      before,
      middle,
      most: memory.stop(),
      after: await residentMegabytes(this.#server.pid),
    };
    if (this.#server.isRunning) await this.#look(administrator);
    administrator.close();
    return {
      messages: this.#sent,
      connections: this.#connections,
      answered: this.#answered,
      findings: this.#findings,
      latencies,
      megabytes,
    };
  }

  /** Half of the messages, by all workers side by side. */
  async #phase(phase: number, wellBehaved: WellBehavedClient): Promise<void> {
    const workers = WORKERS[phase] ?? [];
    const share = Math.ceil(this.#options.messages / 2 / workers.length);
    await Promise.all(
      workers.map((who, index) => this.#work(who, phase * workers.length + index, share, wellBehaved)),
    );
    if (wellBehaved.problem !== undefined) this.#found(wellBehaved.problem);
    if (!this.#server.isRunning) this.#found(`the server has ended: ${this.#server.errorOutput()}`);
    for (const line of this.#server.logLines())
      if (line.level > WARNING_LEVEL) this.#found(`the log says ${JSON.stringify(line)}`);
  }

  async #work(who: Who, index: number, messages: number, wellBehaved: WellBehavedClient): Promise<void> {
    const random = new Random(this.#options.seed * SPREAD + index);
    let connection: FuzzConnection | undefined;
    for (let sent = 0; sent < messages && this.#mayGoOn(wellBehaved); ) {
      const batch = makeBatch(random, { seeds: this.#seeds, sizes: BATCH_SIZES });
      const cuts = cutsOf(batch, random);
      connection ??= await this.#connect(who, index);
      if (connection === undefined) return;
      const problem = await connection.send(batch, cuts);
      this.#answered += connection.answered;
      if (problem !== undefined && this.#server.isRunning) this.#found(`${who}: ${problem}`);
      if (!connection.isOpen || batch.lastId === undefined) {
        connection.close();
        connection = undefined;
      }
      sent += batch.count;
      this.#sent += batch.count;
      this.#options.afterBatch?.(this.#sent, this.#findings.length);
    }
    connection?.close();
  }

  #mayGoOn({ problem }: WellBehavedClient): boolean {
    return this.#server.isRunning && problem === undefined && this.#findings.length < FINDINGS_MAX;
  }

  async #connect(who: Who, index: number): Promise<FuzzConnection | undefined> {
    this.#connections += 1;
    const { port } = this.#server;
    const open = () => FuzzConnection.open(port, `127.0.0.${10 + index}`, accountOf(who, index));
    try {
      // A writer has no account yet, or may have taken it away.
      return who === 'writer' ? await open().catch(() => this.#renewed(index, open)) : await open();
    } catch (error) {
      if (this.#server.isRunning) this.#found(`${who}: ${error instanceof Error ? error.message : error}`);
      return undefined;
    }
  }

  async #renewed<T>(worker: number, open: () => Promise<T>): Promise<T> {
    const administrator = await RawClient.bound(this.#server);
    await renewWriter(administrator, worker);
    administrator.close();
    return open();
  }

  /** In the end all that was always there must be there, and what was written must be readable. */
  async #look(administrator: RawClient): Promise<void> {
    try {
      await dump(administrator);
      const newcomer = await RawClient.bound(this.#server);
      newcomer.close();
    } catch (error) {
      this.#found(`in the end: ${error instanceof Error ? error.message : error}`);
    }
  }

  #found(problem: string): void {
    if (!this.#findings.includes(problem)) this.#findings.push(problem);
  }
}

/** Now and then the bytes of a batch come in pieces, cut anywhere. */
function cutsOf({ bytes }: Batch, random: Random): number[] {
  if (!random.onceIn(4)) return [];
  return Array.from({ length: 1 + random.below(4) }, () => random.below(bytes.length)).toSorted(
    (one, other) => one - other,
  );
}

function watchMemory(pid: number): { stop(): number } {
  let most = 0;
  const look = async () => {
    most = Math.max(most, await residentMegabytes(pid));
  };
  const timer = setInterval(() => void look(), MEMORY_LOOK_MS);
  return {
    stop: () => {
      clearInterval(timer);
      return most;
    },
  };
}
