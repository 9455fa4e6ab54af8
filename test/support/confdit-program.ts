// The program `confdit` as somebody types it, for the tests of its commands.

import { fileURLToPath } from 'node:url';
import { type ProgramResult, runProgram } from './ldap-tools.ts';
import type { RunningServer } from './server-process.ts';

export const PROGRAM = fileURLToPath(new URL('../../src/bin/confdit.ts', import.meta.url));

export interface Typed {
  readonly input?: string;
  readonly environment?: Readonly<Record<string, string | undefined>>;
}

export function runConfdit(
  words: readonly string[],
  { input, environment }: Typed = {},
): Promise<ProgramResult> {
  const variables = { PATH: process.env.PATH, HOME: '/nonexistent', ...environment };
  return runProgram(process.execPath, [PROGRAM, ...words], input, variables);
}

/** The commands of an administrator of a server, whose password is in the environment. */
export function confditFor(server: RunningServer): (...words: string[]) => Promise<ProgramResult> {
  const connection = ['--port', String(server.port), '--bindPassword:env', 'PASSWORD'];
  const environment = { PASSWORD: server.password };
  return (...words) => runConfdit([...words, ...connection], { environment });
}
