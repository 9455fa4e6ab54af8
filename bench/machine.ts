/**
 * What the figures depend on besides the servers: processor, runtime, and how fast the disk syncs.
 */
import { spawnSync } from 'node:child_process';
import { closeSync, fdatasyncSync, openSync, statfsSync, writeSync } from 'node:fs';
import { availableParallelism, cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import { findSlapd } from './servers/slapd.ts';

const SYNCS = 200;
const BLOCK_BYTES = 4096;
const TMPFS = 0x01021994;
const QUIET_LOAD = 0.5;

/** A description of the machine, as it stands in the JSON file. */
export interface Machine {
  readonly date: string;
  readonly processor: string;
  readonly cores: number;
  readonly node: string;
  readonly slapd: string;
  readonly syncsPerSecond: number;
  readonly isMemoryDisk: boolean;
  /** Processes that wanted to run in the last minute before the benchmark. */
  readonly loadAverage: number;
}

/** Looks at this machine; `folder` is where the servers will keep their data. */
export function describeMachine(folder: string, now: Date): Machine {
  return {
    date: now.toISOString(),
    processor: cpus()[0]?.model ?? 'unknown',
    cores: availableParallelism(),
    node: process.version,
    slapd: readSlapdVersion(),
    syncsPerSecond: Math.round(measureSyncs(folder)),
    isMemoryDisk: statfsSync(folder).type === TMPFS,
    loadAverage: loadavg()[0] ?? 0,
  };
}

/** The lines above the table. */
export function formatMachine(machine: Machine): string {
  const { processor, cores, node, slapd, syncsPerSecond } = machine;
  const lines = [
    `${processor}, ${cores} cores, Node ${node}, ${slapd}; the disk takes ${syncsPerSecond} syncs a second; ${machine.date}`,
  ];
  if (machine.isMemoryDisk)
    lines.push('The folder lies in memory, where a sync costs nothing: use --folder on a real disk.');
  if (machine.loadAverage > QUIET_LOAD) {
    const load = machine.loadAverage.toFixed(1);
    lines.push(
      `The machine was not quiet (load ${load} before the start): look at min..max before trusting a figure.`,
    );
  }
  return lines.join('\n');
}

function readSlapdVersion(): string {
  const program = findSlapd();
  if (program === undefined) return 'no slapd';
  const { stdout, stderr } = spawnSync(program, ['-VV'], { encoding: 'utf8' });
  return /OpenLDAP: (slapd [\w.+~-]+)/.exec(`${stdout}${stderr}`)?.[1] ?? 'slapd';
}

function measureSyncs(folder: string): number {
  const file = openSync(join(folder, 'syncs'), 'w');
  const block = Buffer.alloc(BLOCK_BYTES, 0x2e);
  const start = performance.now();
  for (let count = 0; count < SYNCS; count += 1) {
    writeSync(file, block);
    fdatasyncSync(file);
  }
  const seconds = (performance.now() - start) / 1000;
  closeSync(file);
  return SYNCS / seconds;
}
