/**
 * The load generator: a process of its own that keeps one server busy and counts its answers.
 *
 * `node bench/load.ts '<LoadJob as JSON>'` prints one LoadResult as JSON. There is one timer for the whole run and none for an
 * operation; requests are prepared before, and whatever became free in one read is asked again in one write.
 */
import { LoadConnection, type Queue } from './load-connection.ts';
import { readCpuSeconds } from './processor-time.ts';
import { type Operation, prepareRequests, type Target } from './requests.ts';

/** What to do: `seconds` of load after `warmUpSeconds`, or with `seconds` 0 every request once. */
export interface LoadJob {
  readonly port: number;
  readonly serverPids: readonly number[];
  readonly target: Target;
  readonly operation: Operation;
  readonly entryCount: number;
  readonly connections: number;
  readonly outstanding: number;
  readonly seconds: number;
  readonly warmUpSeconds: number;
  readonly firstNumber: number;
  /** Whether the connections are under TLS; the port is that of LDAPS then. */
  readonly isSecure: boolean;
}

/** What was done in the measured time, and what it cost both processes in processor time. */
export interface LoadResult {
  readonly operations: number;
  readonly seconds: number;
  readonly serverCpuSeconds: number;
  readonly generatorCpuSeconds: number;
}

/** Large enough for a whole subtree of 1,000 entries; all connections share it. */
const READ_BUFFER_BYTES = 256 * 1024;

interface Moment {
  readonly finals: number;
  readonly entries: number;
  readonly timeMs: number;
  readonly serverCpuSeconds: number;
  readonly generatorCpuSeconds: number;
}

async function run(job: LoadJob): Promise<LoadResult> {
  const prepared = prepareRequests(job.operation, job.target, job.entryCount);
  const queue: Queue = {
    next: 0,
    remaining: job.seconds > 0 ? Infinity : prepared.requests.length,
    waiting: 0,
  };
  const readBuffer = Buffer.allocUnsafeSlow(READ_BUFFER_BYTES);
  const finished = Promise.withResolvers<void>();
  finished.promise.catch(() => undefined);
  const connections = await Promise.all(
    Array.from({ length: job.connections }, (_, index) =>
      LoadConnection.open({
        port: job.port,
        isSecure: job.isSecure,
        target: job.target,
        prepared,
        outstanding: job.outstanding,
        firstNumber: job.firstNumber + index,
        numberStep: job.connections,
        queue,
        readBuffer,
        onEnd: finished.resolve,
        onError: finished.reject,
      }),
    ),
  );
  const observe = () => lookAt(job.serverPids, connections);
  let start = observe();
  for (const connection of connections) connection.begin();
  if (job.seconds > 0) {
    await Promise.race([sleep(job.warmUpSeconds), finished.promise]);
    start = observe();
    await Promise.race([sleep(job.seconds), finished.promise]);
  } else {
    await finished.promise;
  }
  const end = observe();
  checkEntries(end, prepared.entriesPerAnswer, job);
  for (const connection of connections) connection.close();
  return {
    operations: end.finals - start.finals,
    seconds: (end.timeMs - start.timeMs) / 1000,
    serverCpuSeconds: end.serverCpuSeconds - start.serverCpuSeconds,
    generatorCpuSeconds: end.generatorCpuSeconds - start.generatorCpuSeconds,
  };
}

function lookAt(serverPids: readonly number[], connections: readonly LoadConnection[]): Moment {
  let finals = 0;
  let entries = 0;
  for (const { counter } of connections) {
    finals += counter.finals;
    entries += counter.entriesAtLastFinal;
  }
  return {
    finals,
    entries,
    timeMs: performance.now(),
    serverCpuSeconds: serverPids.reduce((sum, pid) => sum + readCpuSeconds(pid), 0),
    generatorCpuSeconds: readCpuSeconds(process.pid),
  };
}

/** A server that leaves entries out would be fast for nothing; answers to pipelined searches may be interleaved. */
function checkEntries(end: Moment, perAnswer: number, job: LoadJob): void {
  const least = end.finals * perAnswer;
  const most = least + job.connections * (job.outstanding - 1) * perAnswer;
  if (end.entries < least || end.entries > most) {
    throw new Error(
      `${end.entries} entries came with ${end.finals} answers, where each should bring ${perAnswer}`,
    );
  }
}

function sleep(seconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, seconds * 1000));
}

const job = JSON.parse(process.argv[2] ?? '{}') as LoadJob;
try {
  const result = await run(job);
  process.stdout.write(`${JSON.stringify(result)}\n`);
  process.exitCode = 0;
} catch (error) {
  process.stderr.write(`${job.operation}: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
process.exit();
