/**
 * Processor time of a process, as Linux counts it.
 */
import { readFileSync } from 'node:fs';

/** Ticks of a second in /proc/<pid>/stat; the same on every Linux that people run. */
const TICKS_PER_SECOND = 100;

/** Processor time of all threads of a process, from fields 14 and 15 of its stat file. */
export function readCpuSeconds(pid: number): number {
  const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}
