/**
 * Starts the canned loop: the limit of what any server on this runtime can reach.
 */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findFreePort } from '../stage.ts';
import { writeKey } from './key.ts';
import { accepts, launch, type ServerKind } from './server.ts';

const program = fileURLToPath(new URL('canned-loop.ts', import.meta.url));

/** A bare Node socket loop that answers every request as a server with so many mail servers would. */
export function canned(entryCount: number): ServerKind {
  return {
    name: 'canned loop',
    isCanned: true,
    async start(stage, folder) {
      const port = await findFreePort();
      const ldapsPort = await findFreePort();
      const words = [port, ldapsPort, writeKey(folder), entryCount].map(String);
      return launch(stage, {
        name: 'canned loop',
        command: [process.execPath, program, ...words],
        logFile: join(folder, 'canned.log'),
        port,
        ldapsPort,
        target: {
          container: 'cn=Mail Servers,cn=config',
          bindDn: 'cn=admin,cn=Root DNs,cn=config',
          password: 'bench-password-1',
        },
        isReady: () => accepts(ldapsPort),
      });
    },
  };
}
