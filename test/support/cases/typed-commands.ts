// Commands as somebody types them one after the other, in one process: a program takes longer to load than most commands
// take. The file that is named holds a JSON list of lists: what is shown behind the prompt, and then the words.

import { readFile } from 'node:fs/promises';
import { main } from '../../../src/bin/main.ts';

const [, , path = ''] = process.argv;
const lines: unknown = JSON.parse(await readFile(path, 'utf8'));
if (!Array.isArray(lines)) throw new Error(`${path} holds no list.`);
const outputs = [process.stdout, process.stderr];

for (const line of lines) {
  const [shown, ...words] = Array.isArray(line) ? line.map(String) : [];
  process.stdout.write(`$ confdit ${shown}\n`);
  process.argv.splice(2, process.argv.length, ...words);
  const code = await main(process);
  // Each command of its own would have had a process of its own.
  for (const output of outputs) output.removeAllListeners('error');
  process.stdout.write(code === 0 ? '\n' : `exit code ${code}\n\n`);
}
