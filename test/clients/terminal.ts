// A program in a terminal of its own, with somebody who waits to be asked before typing the next line.

import { spawn } from 'node:child_process';
import type { ProgramResult } from '../support/ldap-tools.ts';

const SECONDS_MAX = 500;
/** How the programs of the tests ask: `dn > `, and `Are you sure? [Ny]: `. */
const QUESTION = /(> |\]: )$/;

/**
 * Runs the words as a command to its end. What is typed is in the output too; after the last line nothing more is
 * typed, so the lines should end the program.
 */
export function runInTerminal(
  words: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
  lines: readonly string[] = [],
): Promise<ProgramResult> {
  const command = words.map((word) => `'${word}'`).join(' ');
  const child = spawn('timeout', [String(SECONDS_MAX), 'script', '-qec', command, '/dev/null'], {
    env: { ...environment, TERM: 'dumb' },
  });
  const waiting = [...lines];
  let stdout = '';
  let stderr = '';
  let seen = 0;
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
    if (!QUESTION.test(stdout.slice(seen))) return;
    const line = waiting.shift();
    if (line === undefined) return;
    seen = stdout.length;
    child.stdin.write(`${line}\n`);
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  child.stdin.on('error', () => {});
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      child.stdin.end();
      resolve({ code, stdout: stdout.replaceAll('\r', ''), stderr });
    });
  });
}
