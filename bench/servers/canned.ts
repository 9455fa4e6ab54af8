/**
 * Starts the canned loop: the limit of what any server on this runtime can reach.
 */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findFreePort } from '../stage.ts';
import { accepts, launch, type ServerKind } from './server.ts';

const program = fileURLToPath(new URL('canned-loop.ts', import.meta.url));

/** A bare Node socket loop that answers every search with the same entry. */
export const canned: ServerKind = {
  name: 'canned loop',
  async start(stage, folder) {
    const port = await findFreePort();
    return launch(stage, {
      name: 'canned loop',
      command: [process.execPath, program, String(port)],
      logFile: join(folder, 'canned.log'),
      port,
      target: {
        container: 'cn=Mail Servers,cn=config',
        bindDn: 'cn=admin,cn=Root DNs,cn=config',
        password: 'bench-password-1',
      },
      isReady: () => accepts(port),
    });
  },
};
