/**
 * Starts confdit as its users do, with its instance in a temporary folder.
 */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findFreePort, type Stage } from '../stage.ts';
import { type Launch, launch, type RunningServer, type ServerKind } from './server.ts';

const program = fileURLToPath(new URL('../../src/bin/confdit.ts', import.meta.url));
const password = 'bench-password-1';

/** The server of this project. It is ready when it logs a line whose message is `ready`. */
export const confdit: ServerKind = { name: 'confdit', start: startConfdit };

/** Starts `confdit start` on the instance in `folder`, which is created when it is empty. */
export function startConfdit(...[stage, folder]: Parameters<ServerKind['start']>): Promise<RunningServer> {
  return startConfditWith(stage, folder, {});
}

/** The words that run a command of confdit from source. */
export function confditCommand(...words: readonly string[]): readonly string[] {
  return [process.execPath, program, ...words];
}

/** Starts it with more variables, or on other cores. */
export async function startConfditWith(
  stage: Stage,
  folder: string,
  { environment, core, readyTimeoutMs }: Pick<Launch, 'environment' | 'core' | 'readyTimeoutMs'>,
): Promise<RunningServer> {
  const port = await findFreePort();
  const ldapsPort = await findFreePort();
  return launch(stage, {
    name: 'confdit',
    command: confditCommand('start'),
    core,
    readyTimeoutMs,
    environment: {
      CONFDIT_INSTANCE: join(folder, 'instance'),
      CONFDIT_ADMIN_PASSWORD: password,
      // slapd logs no operations here either; `CONFDIT_ACCESS_LOG=on npm run bench` measures with the access log.
      CONFDIT_ACCESS_LOG: process.env.CONFDIT_ACCESS_LOG ?? 'off',
      LDAP_PORT: String(port),
      LDAPS_PORT: String(ldapsPort),
      ...environment,
    },
    logFile: join(folder, 'confdit.log'),
    port,
    ldapsPort,
    target: {
      container: 'cn=Mail Servers,cn=config',
      bindDn: 'cn=admin,cn=Root DNs,cn=config',
      password,
    },
    isReady: hasReadyLine,
  });
}

function hasReadyLine(log: string): boolean {
  return log.split('\n').some((line) => line.startsWith('{') && parseMessage(line) === 'ready');
}

function parseMessage(line: string): unknown {
  try {
    return (JSON.parse(line) as { msg?: unknown }).msg;
  } catch {
    return undefined;
  }
}
