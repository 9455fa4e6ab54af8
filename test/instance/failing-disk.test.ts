// A disk that fails under a real server: the change is refused, nothing is claimed that is not so, reads go on, and the
// failure is told where administrators look.

import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { LdapTools } from '../support/ldap-tools.ts';
import { startServer } from '../support/start-server.ts';

const CONTAINER = 'cn=Mail Servers,cn=config';
const FAILING_DISK = fileURLToPath(new URL('../support/disk/failing-disk.mjs', import.meta.url));

function mailServer(name: string): string {
  return `dn: cn=${name},${CONTAINER}\nobjectClass: ds-cfg-mail-server\nds-cfg-enabled: true\nds-cfg-smtp-server: a.example.com\n`;
}

async function names(tools: LdapTools): Promise<string[]> {
  return (await tools.entries(CONTAINER, '-s', 'one', '1.1')).map(({ dn }) => dn.name);
}

/** Status and text of what the HTTP handler answers; with a password, what the administrator sees. */
async function health(tools: LdapTools, path: string, password?: string): Promise<string> {
  const login = { Authorization: `Basic ${btoa(`uid=admin:${password}`)}` };
  const [handler] = await tools.entries('cn=HTTP,cn=connection handlers,cn=monitor', '-s', 'base');
  const url = new URL(path, handler?.first('ds-mon-listen-address'));
  const response = await fetch(url, password === undefined ? {} : { headers: login });
  return `${response.status} ${await response.text()}`;
}

describe('a journal that cannot be written or synced', () => {
  it.each([
    ['EIO', 'input/output error'],
    ['EROFS', 'the file system is read-only'],
  ])(
    '(%s) is final: 52, in the log and in cn=monitor; reads go on; a restart takes changes again',
    async (code, reason) => {
      const first = await startServer();
      await first.stop();
      const fault = join(first.folder, 'fault');
      const environment = {
        NODE_OPTIONS: `--import=${FAILING_DISK}`,
        CONFDIT_TEST_FAULT: fault,
        HTTP_ENABLED: 'true',
        HTTP_PORT: '0',
      };
      const server = await startServer({ folder: first.folder, environment });
      const tools = new LdapTools(server);
      expect((await tools.add(mailServer('Before'))).code).toBe(0);
      expect(await health(tools, '/healthz')).toBe('200 ok\n');
      await writeFile(fault, code);
      const refused = await tools.add(mailServer('Refused'));
      expect([refused.code, refused.stderr]).toEqual([52, expect.stringContaining(reason)]);
      // The disk seems well again; what is on it is unknown.
      await rm(fault);
      const again = await tools.add(mailServer('Again'));
      expect([again.code, again.stderr]).toEqual([52, expect.stringContaining('restart the server')]);
      expect(await names(tools)).toEqual(['Before']);
      const logged = await server.waitForLog(({ level }) => level === 50);
      expect(logged.msg).toContain('No change is stored any more');
      const shown = await tools.entries('cn=monitor', '(ds-mon-store-failure=*)', 'ds-mon-store-failure');
      expect(shown[0]?.first('ds-mon-store-failure')).toContain(reason);
      for (const path of ['/healthz', '/readyz']) {
        expect(await health(tools, path)).toMatch(/^503 /);
        expect(await health(tools, path, server.password)).toMatch(new RegExp(`^503 .*${reason}`));
      }
      await server.stop();
      const third = await startServer({ folder: server.folder });
      expect(await names(new LdapTools(third))).toEqual(['Before']);
      expect((await new LdapTools(third).add(mailServer('After'))).code).toBe(0);
    },
  );
});
