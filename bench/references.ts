/**
 * What references and expressions cost in a large configuration: mail servers that refer to 50 trust managers, each with an
 * expression. A change among them, a delete that is refused because of them, and a reload that changes a value of all of them.
 *
 * Measured for confdit alone: slapd knows nothing of the kind.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Row, sampleOf, sampleOfLoad } from './figures.ts';
import { HOST_TOKEN, type Operation } from './requests.ts';
import { runLoad } from './run-load.ts';
import { startConfdit } from './servers/confdit.ts';
import type { RunningServer } from './servers/server.ts';
import { type Bench, loadAlone, serial } from './speed.ts';

const TRUST_MANAGERS = 50;
const FILL_OUTSTANDING = 16;
const LOOK_MS = 5;
const RELOAD_TIMEOUT_MS = 120_000;

/** Runs the part `references` if it was asked for. */
export async function measureReferences(bench: Bench): Promise<Row[]> {
  const { parts, rounds, referringCount } = bench.options;
  if (!parts.has('references')) return [];
  const folder = bench.stage.makeFolder('confdit');
  const server = await startConfdit(bench.stage, folder);
  await fill(bench, server, 'addTrustManager', TRUST_MANAGERS);
  await fill(bench, server, 'addReferring', referringCount);
  server.pause();
  const modifies = [];
  const deletes = [];
  const reloads: number[] = [];
  for (let round = 1; round <= rounds; round += 1) {
    bench.report(
      `round ${round} of ${rounds}: ${referringCount} mail servers that refer to ${TRUST_MANAGERS}`,
    );
    modifies.push(await loadAlone(bench, server, serial, 'modify', referringCount));
    deletes.push(await loadAlone(bench, server, serial, 'refusedDelete', TRUST_MANAGERS));
    reloads.push(await timeReload(server, folder, round));
  }
  await server.stop();
  const among = `${referringCount.toLocaleString('en-US')} referring`;
  const row = { load: serial.name, unit: 'ops/s', right: undefined } as const;
  return [
    { ...row, operation: `modify among ${among}`, left: sampleOfLoad(modifies) },
    { ...row, operation: `refused delete among ${among}`, left: sampleOfLoad(deletes) },
    { operation: `reload of ${among}`, load: '', unit: 'ms', left: sampleOf(reloads), right: undefined },
  ];
}

async function fill(bench: Bench, server: RunningServer, operation: Operation, count: number): Promise<void> {
  bench.report(`confdit: ${operation}, ${count}`);
  await runLoad(bench.stage, server, {
    operation,
    entryCount: count,
    connections: 1,
    outstanding: FILL_OUTSTANDING,
    seconds: 0,
    warmUpSeconds: 0,
  });
}

/** Milliseconds from the signal to the log line that tells of the end; the value of each mail server is another in every round. */
async function timeReload(server: RunningServer, folder: string, round: number): Promise<number> {
  const expressions = join(folder, 'instance', 'config', 'expressions');
  mkdirSync(expressions, { recursive: true });
  writeFileSync(join(expressions, 'bench.properties'), `${HOST_TOKEN}=smtp-${round}.example.com\n`);
  server.resume();
  const asked = Date.now();
  process.kill(server.pid, 'SIGHUP');
  const ended = await endOfReload(join(folder, 'confdit.log'), asked);
  server.pause();
  return ended - asked;
}

async function endOfReload(logFile: string, asked: number): Promise<number> {
  for (;;) {
    for (const line of readFileSync(logFile, 'utf8').split('\n')) {
      if (line.includes('"nothing was reloaded')) throw new Error(`The reload was refused: ${line}`);
      if (line.includes('"reloaded"')) return (JSON.parse(line) as { readonly time: number }).time;
    }
    if (Date.now() - asked > RELOAD_TIMEOUT_MS) throw new Error('The reload does not end.');
    await sleep(LOOK_MS);
  }
}
