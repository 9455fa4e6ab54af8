// A client that does nothing wrong while others do: it asks for one entry again and again and notes how long each answer
// takes. It runs in a thread of its own, so that what the test is busy with is not taken for slowness of the server.

import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { Worker } from 'node:worker_threads';
import type { RunningServer } from '../server-process.ts';

const KIB_PER_MB = 1024;

export interface Latencies {
  readonly count: number;
  readonly medianMs: number;
  readonly percentile99Ms: number;
  readonly longestMs: number;
}

/** What the thread tells in the end. */
export interface WellBehavedReport {
  readonly latenciesMs: readonly number[];
  /** Why it gave up. */
  readonly problem: string | undefined;
}

export class WellBehavedClient {
  readonly #worker: Worker;
  readonly #report: Promise<WellBehavedReport>;
  #problem: string | undefined;

  private constructor(worker: Worker) {
    this.#worker = worker;
    this.#report = new Promise((resolve) => {
      worker.once('message', (report: WellBehavedReport) => {
        this.#problem = report.problem;
        resolve(report);
      });
    });
  }

  /** Resolves when it runs. */
  static async start({
    port,
    password,
  }: Pick<RunningServer, 'port' | 'password'>): Promise<WellBehavedClient> {
    const worker = new Worker(new URL('well-behaved-thread.ts', import.meta.url), {
      workerData: { port, password },
      execArgv: [],
    });
    await once(worker, 'online');
    return new WellBehavedClient(worker);
  }

  /** Why it was not answered; undefined as long as it is. */
  get problem(): string | undefined {
    return this.#problem;
  }

  async stop(): Promise<Latencies> {
    this.#worker.postMessage('stop');
    const { latenciesMs } = await this.#report;
    await this.#worker.terminate();
    const sorted = latenciesMs.toSorted((one, other) => one - other);
    const at = (part: number) => sorted[Math.min(Math.floor(sorted.length * part), sorted.length - 1)] ?? 0;
    return { count: sorted.length, medianMs: at(0.5), percentile99Ms: at(0.99), longestMs: at(1) };
  }
}

/** What a process has in memory, in MB (2^20); 0 where it is gone, or where this cannot be known. */
export async function residentMegabytes(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  return Math.round(Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1] ?? 0) / KIB_PER_MB);
}

export function formatLatencies({ count, medianMs, percentile99Ms, longestMs }: Latencies): string {
  return (
    `A well-behaved client, ${count} answers: median ${medianMs.toFixed(1)} ms, ` +
    `99th percentile ${percentile99Ms.toFixed(1)} ms, longest ${longestMs.toFixed(1)} ms.`
  );
}
