// A reload that enables at once what listens with TLS and the key manager that it needs.

import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { startServer } from '../support/start-server.ts';

const TLS = 'config/expressions/tls.json';

/** The shipped configuration, in which handlers stand before the key manager, with TLS as the file says. */
async function configuration(): Promise<string> {
  const shipped = await readFile(new URL('../../config/config.ldif', import.meta.url), 'utf8');
  return shipped
    .replace('ds-cfg-allow-start-tls: true', 'ds-cfg-allow-start-tls: false')
    .replace(/(cn: LDAPS\nds-cfg-enabled: )true/, '$1$<tls.on>')
    .replace(/(cn: Default Key Manager\nds-cfg-enabled: )true/, '$1$<tls.on>');
}

it('prepares what others need before those who need it', async () => {
  const files = { [TLS]: '{"tls": {"on": false}}', 'config/config.ldif': await configuration() };
  const server = await startServer({ files });
  await writeFile(join(server.folder, TLS), '{"tls": {"on": true}}');
  process.kill(server.pid, 'SIGHUP');
  const ended = await server.waitForLog(
    ({ msg }) => msg === 'reloaded' || msg === 'nothing was reloaded: put the problems right',
  );
  const problems = server.logLines().flatMap(({ problem }) => (problem === undefined ? [] : [problem]));
  expect(problems).toEqual([]);
  expect(ended.msg).toBe('reloaded');
});
