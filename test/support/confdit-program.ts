// The program `confdit` as somebody types it, for the tests of its commands.

import { PassThrough, Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { main } from '../../src/bin/main.ts';
import { type ProgramResult, runProgram } from './ldap-tools.ts';
import { programPath } from './run/program-path.ts';
import type { RunningServer } from './server-process.ts';

export const PROGRAM = programPath();

export interface Typed {
  readonly input?: string;
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** Whether it is the source that is run, module by module. */
  readonly isFromSource?: boolean;
}

export function runConfdit(
  words: readonly string[],
  { input, environment, isFromSource }: Typed = {},
): Promise<ProgramResult> {
  const variables = { PATH: process.env.PATH, HOME: '/nonexistent', ...environment };
  return runProgram(process.execPath, [programPath(isFromSource), ...words], input, variables);
}

/**
 * Runs a command in this process, from its words to its exit code: for tests of many commands, since the program takes longer
 * to load than most commands take.
 */
export async function runHere(
  words: readonly string[],
  { input = '', environment }: Typed = {},
): Promise<ProgramResult> {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const printed = Promise.all([text(stdout), text(stderr)]);
  const world: NodeJS.Process = Object.create(process, {
    argv: { value: [process.execPath, PROGRAM, ...words], configurable: true },
    stdin: { value: Readable.from([input]), configurable: true },
    stdout: { value: stdout, configurable: true },
    stderr: { value: stderr, configurable: true },
    env: { value: { PATH: process.env.PATH, HOME: '/nonexistent', ...environment }, configurable: true },
  });
  const code = await main(world);
  stdout.end();
  stderr.end();
  const [out, problems] = await printed;
  return { code, stdout: out, stderr: problems };
}

/** The commands of an administrator of a server, whose password is in the environment; in this process unless told otherwise. */
export function confditFor(
  server: RunningServer,
  run = runHere,
): (...words: string[]) => Promise<ProgramResult> {
  const connection = ['--port', String(server.port), '--bindPassword:env', 'PASSWORD'];
  const environment = { PASSWORD: server.password };
  return (...words) => run([...words, ...connection], { environment });
}
