// The thread of the well-behaved client.

import { parentPort, workerData } from 'node:worker_threads';
import { searchRequest } from '../ber-bytes.ts';
import { RawClient } from '../raw-client.ts';
import type { WellBehavedReport } from './well-behaved-client.ts';

const PAUSE_MS = 10;
const { port, password } = workerData as { readonly port: number; readonly password: string };

const latenciesMs: number[] = [];
let isStopped = false;
parentPort?.once('message', () => {
  isStopped = true;
});
parentPort?.postMessage({ latenciesMs, problem: await ask() } satisfies WellBehavedReport);

/** Until it is stopped, or is not answered: it returns why. */
async function ask(): Promise<string | undefined> {
  try {
    const client = await RawClient.bound({ port, password });
    // Once at least: on a busy machine it may be told to stop before it has begun.
    do {
      const startedAt = performance.now();
      const { code, entries } = await client.request(searchRequest('cn=Mail Servers,cn=config'));
      latenciesMs.push(performance.now() - startedAt);
      if (code !== 0 || entries.length !== 1) return `a well-behaved client was answered with ${code}`;
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    } while (!isStopped);
    client.close();
    return undefined;
  } catch (error) {
    return `a well-behaved client: ${error instanceof Error ? error.message : String(error)}`;
  }
}
