// LDAPI: clients of this machine, through a socket file.

import { once } from 'node:events';
import { chmod, lstat, mkdir, stat, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { bindRequest, extendedRequest } from '../support/ber-bytes.ts';
import { LdapTools, type ProgramResult } from '../support/ldap-tools.ts';
import { RawClient } from '../support/raw-client.ts';
import { ADMINISTRATOR, type RunningServer, startServer } from '../support/start-server.ts';

const WHO_AM_I = extendedRequest('1.3.6.1.4.1.4203.1.11.3');
const HANDLER = 'cn=Case,cn=Connection Handlers,cn=config';

let server: RunningServer;
let tools: LdapTools;

beforeAll(async () => {
  server = await startServer();
  tools = new LdapTools(server);
});

async function connectTo(path: string): Promise<RawClient> {
  const socket = connect({ path });
  await once(socket, 'connect');
  return RawClient.over(socket);
}

function handler(...lines: readonly string[]): Promise<ProgramResult> {
  const first = `dn: ${HANDLER}
objectClass: ds-cfg-connection-handler
objectClass: ds-cfg-ldapi-connection-handler
cn: Case
ds-cfg-enabled: true`;
  return tools.add([first, ...lines].join('\n'));
}

describe('the socket file of a new instance', () => {
  it('is for its owner only', async () => {
    const { mode } = await stat(join(server.folder, 'ldapi'));
    expect(mode & 0o777).toBe(0o600);
  });

  it('is what ldapsearch connects to', async () => {
    const url = `ldapi://${encodeURIComponent(join(server.folder, 'ldapi'))}`;
    const local = new LdapTools({ url, password: server.password });
    expect(await local.entries('cn=config', '-s', 'base')).toHaveLength(1);
    expect(await local.modify(`dn: cn=config\nchangetype: modify\nreplace: cn\ncn: other`)).toMatchObject({
      code: 67,
    });
  });

  it('may be named by LDAPI_PATH', async () => {
    const other = await startServer({
      environment: { LDAPI_PATH: 'sockets/ldapi' },
      files: { 'sockets/README': '' },
    });
    const client = await connectTo(join(other.folder, 'sockets/ldapi'));
    expect(await client.request(bindRequest(ADMINISTRATOR, other.password))).toMatchObject({ code: 0 });
    await other.stop();
    await expect(lstat(join(other.folder, 'sockets/ldapi'))).rejects.toThrow('ENOENT');
  });

  it('that a killed server left behind is replaced', async () => {
    const first = await startServer();
    await first.kill();
    expect((await lstat(join(first.folder, 'ldapi'))).isSocket()).toBe(true);
    const second = await startServer({ folder: first.folder });
    const client = await connectTo(join(second.folder, 'ldapi'));
    expect(await client.request(WHO_AM_I)).toMatchObject({ code: 0 });
  });

  it('may have a path that is longer than the kernel takes, below the folder the server was started in', async () => {
    const path = join(server.folder, 'deep'.repeat(20), 'ldapi');
    await mkdir(join(server.folder, 'deep'.repeat(20)));
    const answer = await handler(`ds-cfg-socket-file: ${path}`);
    expect(answer).toMatchObject({ code: 53 });
    expect(answer.stderr).toContain('the path of a socket file has at most 107 octets');
  });
});

describe('a handler of its own', () => {
  it('has the permissions it is told, and takes its file with it', async () => {
    const path = join(server.folder, 'case');
    expect(await handler('ds-cfg-socket-file: case', 'ds-cfg-socket-file-mode: 0660')).toMatchObject({
      code: 0,
      stderr: '',
    });
    expect((await stat(path)).mode & 0o777).toBe(0o660);
    const client = await connectTo(path);
    const disabling = `dn: ${HANDLER}\nchangetype: modify\nreplace: ds-cfg-enabled\nds-cfg-enabled: false`;
    expect(await tools.modify(disabling)).toMatchObject({ code: 0 });
    await expect(lstat(path)).rejects.toThrow('ENOENT');
    expect(await client.request(WHO_AM_I)).toMatchObject({ code: 0 });
    expect(await tools.delete(HANDLER)).toMatchObject({ code: 0 });
  });

  it('does not touch a file that is no socket', async () => {
    const path = join(server.folder, 'file');
    await writeFile(path, 'text');
    await chmod(path, 0o644);
    const answer = await handler('ds-cfg-socket-file: file');
    expect(answer).toMatchObject({ code: 53 });
    expect(answer.stderr).toContain('something else is at that path');
    expect((await stat(path)).mode & 0o777).toBe(0o644);
  });

  it('does not take the place of another server', async () => {
    const path = join(server.folder, 'taken');
    const other = createServer().listen({ path });
    await once(other, 'listening');
    const answer = await handler('ds-cfg-socket-file: taken');
    expect(answer).toMatchObject({ code: 53 });
    expect(answer.stderr).toContain('another program is listening there');
    await connectTo(path);
    other.close();
  });

  it.each([
    ['ds-cfg-socket-file: nowhere/ldapi', 53, 'its folder is not there'],
    ['ds-cfg-socket-file: ldapi\nds-cfg-socket-file-mode: 999', 19, 'such as 0600 or 0660'],
    ['ds-cfg-max-connections: 5', 65, 'ds-cfg-socket-file is missing'],
  ])('with %j is refused', async (lines, code, text) => {
    const answer = await handler(lines);
    expect(answer).toMatchObject({ code });
    expect(answer.stderr).toContain(text);
  });
});
