#!/usr/bin/env node
// The program. Before anything else is loaded it asks the runtime to keep what it compiles: with that the modules load in a
// third of the time. Where the folder cannot be written nothing is kept, and nothing else is different.

import { enableCompileCache } from 'node:module';
import { fileURLToPath } from 'node:url';

enableCompileCache(fileURLToPath(new URL('../../node_modules/.cache/confdit', import.meta.url)));
// Whoever asks a server for a reload before it has read anything does not end it. A terminal that is closed does.
if (process.argv[2] === 'start' && !process.stdout.isTTY) process.on('SIGHUP', () => {});
const { main } = await import('./main.ts');
process.exitCode = await main(process);
