// Measures the processor time of each test file, for the list at the end of a run: its own and that of the programs it has
// started, up to where they have ended. Wall time says little, since files run beside each other. Linux only.

import { readFileSync } from 'node:fs';
import type { RunnerTestSuite as Suite } from 'vitest';
import { afterAll } from 'vitest';

declare module 'vitest' {
  interface TaskMeta {
    processorSeconds?: number;
  }
}

/** Of a second, in /proc. */
const TICKS = 100;
/** In `/proc/self/stat` behind the name: utime, stime, cutime and cstime, see proc(5). */
const [FIRST, END] = [11, 15];

// The first hook that is registered runs last: when the hooks of the file have ended its servers. It is bound because vitest
// reads the parameters of a plain function, and takes the first one for fixtures.
afterAll(note.bind(undefined));

function note(_fixtures: object, file: Readonly<Suite>): void {
  const seconds = processorSeconds();
  if (seconds !== undefined) file.meta.processorSeconds = seconds;
}

function processorSeconds(): number | undefined {
  try {
    const fields = readFileSync('/proc/self/stat', 'utf8').split(') ').at(-1)?.split(' ') ?? [];
    return fields.slice(FIRST, END).reduce((sum, ticks) => sum + Number(ticks), 0) / TICKS;
  } catch {
    return undefined;
  }
}
