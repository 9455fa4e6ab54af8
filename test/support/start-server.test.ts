import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type LogLine, type RunningServer, startServer } from './start-server.ts';

describe('starting a server', () => {
  it('gives a server that is ready, and ends it', async () => {
    const server = await startServer();
    expect(readyLine(server)).toMatchObject({ urls: expect.arrayContaining([server.url]) });
    expect(await server.stop()).toEqual({ code: 0, signal: null });
    expect(server.isRunning).toBe(false);
    const again = await startServer({ folder: server.folder });
    expect(await again.kill()).toEqual({ code: null, signal: 'SIGKILL' });
  });

  it('puts files, definitions and environment in place', async () => {
    const server = await startServer({
      files: { 'config/expressions/site.json': '{"a":"b"}' },
      definitions: ['some.token=value'],
      environment: { LDAP_LISTEN_ADDRESS: '127.0.0.2' },
    });
    await access(join(server.folder, 'config/expressions/site.json'));
    expect(readyLine(server)).toMatchObject({
      urls: expect.arrayContaining([`ldap://127.0.0.2:${server.port}`]),
    });
  });

  it('gives what a server said that could not start', async () => {
    const failure = await startServer({ definitions: ['nonsense'], expectFailure: true });
    expect(failure.code).toBe(1);
    expect(failure.stderr).toContain('--define needs token=value');
  });
});

function readyLine(server: RunningServer): LogLine | undefined {
  return server.logLines().find(({ msg }) => msg === 'ready');
}
