// The file that node runs as `confdit`: of the pack that a run of the tests has made (see program-pack.ts), or the source, which
// scripts and benchmarks run.

import { fileURLToPath } from 'node:url';

const SOURCE = fileURLToPath(new URL('../../../src/bin/confdit.ts', import.meta.url));

/** @param isFromSource For tests of how the program is loaded: module by module. */
export function programPath(isFromSource = false): string {
  return (isFromSource ? undefined : process.env.CONFDIT_PROGRAM_PACK) ?? SOURCE;
}
