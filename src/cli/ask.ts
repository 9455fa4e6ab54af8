// A question for the person at the terminal. Who is not at one is not asked.

import { once } from 'node:events';
import { createInterface } from 'node:readline/promises';
import { visibleText } from '../ldap/visible-text.ts';
import { CommandError, type Invocation, type World } from './command.ts';
import { ExitCode } from './exit-code.ts';

/** With one of these nobody wants to be asked. */
const SILENT_OPTIONS: readonly string[] = ['no-prompt', 'quiet', 'script-friendly', 'json'];

/** Returns true if a person is at both ends: standard input and output are a terminal. */
export function hasTerminal({ stdin, stdout }: Pick<World, 'stdin' | 'stdout'>): boolean {
  return stdin.isTTY === true && stdout.isTTY === true;
}

/** Returns true if what was typed leaves room for questions. */
export function mayBeAsked(invocation: Pick<Invocation, 'has'>): boolean {
  return !SILENT_OPTIONS.some((name) => invocation.has(name));
}

/** Throws CommandError where nobody can answer the question. */
export function requireTerminal(question: string, { stdin }: Pick<World, 'stdin'>): void {
  if (stdin.isTTY === true) return;
  throw new CommandError(
    `${question} Nobody is at a terminal to answer; give --no-prompt.`,
    ExitCode.cancelled,
  );
}

/** Throws CommandError where nobody can answer. */
export async function askYesOrNo(
  question: string,
  world: Pick<World, 'stdin' | 'stdout' | 'stderr' | 'terminal'>,
): Promise<boolean> {
  requireTerminal(question, world);
  // What a command prints may go elsewhere; the question goes to the person.
  const { stdout, stderr } = world.terminal ?? world;
  const output = stdout.isTTY ? stdout : stderr;
  const reader = createInterface({ input: world.stdin, output });
  // Ctrl-D ends the reader and leaves the question without an answer; Ctrl-C rejects the question, too.
  const ended = once(reader, 'close').then(() => '');
  try {
    const asked = reader.question(`${visibleText(question)} (yes / no) `).catch(() => '');
    const answer = await Promise.race([asked, ended]);
    return /^y(es)?$/i.test(answer.trim());
  } finally {
    reader.close();
  }
}
