#!/usr/bin/env node
// The program. Before anything else is loaded it looks at the version of the runtime: an older one cannot read the rest, so
// this file has nothing that Node.js 14 does not know. Then it asks the runtime to keep what it compiles: with that the modules
// load in a third of the time. Where the folder cannot be written nothing is kept, and nothing else is different.

import module from 'node:module';
import { fileURLToPath } from 'node:url';

const NODE_MAJOR_MIN = 24;

if (Number.parseInt(process.versions.node, 10) < NODE_MAJOR_MIN) {
  process.stderr.write(
    `confdit: This is Node.js ${process.versions.node} (${process.execPath}), and confdit needs Node.js ${NODE_MAJOR_MIN} or ` +
      'newer. Install it, or put it first on the PATH of the user who starts confdit.\n',
  );
  process.exitCode = 1;
} else {
  module.enableCompileCache(fileURLToPath(new URL('../../node_modules/.cache/confdit', import.meta.url)));
  // Whoever asks a server for a reload before it has read anything does not end it. A terminal that is closed does.
  if (process.argv[2] === 'start' && !process.stdout.isTTY) process.on('SIGHUP', () => {});
  const { main } = await import('./main.ts');
  process.exitCode = await main(process);
}
