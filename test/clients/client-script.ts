// Programs in other languages that drive a server with a client library of theirs: what each saw comes back by name.
// A script prints one JSON object a line, {"name": …, "value": …}.

import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runProgram } from '../support/ldap-tools.ts';
import type { RunningServer } from '../support/start-server.ts';

const FOLDER = fileURLToPath(new URL('.', import.meta.url));

/** Debian's own interpreters: the client libraries are installed for these. */
export const PYTHON = '/usr/bin/python3';
export const PERL = '/usr/bin/perl';

type Target = Pick<RunningServer, 'url' | 'port' | 'ldapsPort' | 'password' | 'folder'>;

/** The file whose certificate vouches for the server's. */
export function certificateFile({ folder }: Pick<RunningServer, 'folder'>): string {
  return join(folder, 'config/keys/server.pem');
}

/** The path of a script in this folder. */
export function scriptPath(script: string): string {
  return join(FOLDER, script);
}

/** What a script is told of the server. */
export function scriptEnvironment(server: Target): Record<string, string | undefined> {
  return {
    PATH: process.env.PATH,
    HOME: server.folder,
    PYTHONDONTWRITEBYTECODE: '1',
    LDAPNOINIT: '1',
    LDAP_URL: server.url,
    LDAP_PORT: String(server.port),
    LDAPS_PORT: String(server.ldapsPort),
    LDAP_PASSWORD: server.password,
    LDAP_FOLDER: server.folder,
    LDAP_CA_FILE: certificateFile(server),
  };
}

/** Runs the script to its end; rejects when it fails, with what it wrote to its standard error. */
export async function runScript(
  interpreter: string,
  script: string,
  server: Target,
): Promise<ReadonlyMap<string, unknown>> {
  const environment = scriptEnvironment(server);
  const { code, stdout, stderr } = await runProgram(interpreter, [scriptPath(script)], '', environment);
  const seen = readSeen(stdout);
  if (code === 0) return seen;
  throw new Error(`${script} ended with ${code} after "${[...seen.keys()].at(-1) ?? 'nothing'}":\n${stderr}`);
}

/** What a script says it saw, by name. */
export function readSeen(output: string): ReadonlyMap<string, unknown> {
  const lines = output.split('\n').filter((line) => line.startsWith('{"name":'));
  const seen = lines.map((line): { name: string; value: unknown } => JSON.parse(line));
  return new Map(seen.map(({ name, value }) => [name, value]));
}
