// Servers that take a connection and then say nothing: a command tells so, in a sentence, after the time it was given, and
// ends. What only takes long is waited for.

import { writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { confditFor, runConfdit } from '../../support/confdit-program.ts';
import { LdapTools, type ProgramResult } from '../../support/ldap-tools.ts';
import { type RunningServer, startServer } from '../../support/start-server.ts';
import { passes } from '../../support/until.ts';

const LIMIT = ['--connectTimeout', '400'];
const REQUEST_LIMIT = ['--requestTimeout', '600'];
const BIND_RESPONSE = '300c02010161070a010004000400';
const EXTENDED_RESPONSE = '300c02010178070a010004000400';

/** Takes connections, gives its answers one by one, and then keeps silent. */
async function silentPeer(...answers: readonly string[]): Promise<{ server: Server; port: number }> {
  const server = createServer((socket) => {
    const left = [...answers];
    socket.on('error', () => {});
    socket.on('data', () => {
      const answer = left.shift();
      if (answer !== undefined) socket.write(Buffer.from(answer, 'hex'));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return { server, port: typeof address === 'object' ? (address?.port ?? 0) : 0 };
}

describe('a server that says nothing', () => {
  const peers: Server[] = [];
  let server: RunningServer;
  let slow: Server;

  beforeAll(async () => {
    server = await startServer();
    // It greets after a while, and then wants nobody.
    slow = createServer((socket) => {
      socket.on('error', () => {});
      passes(3000).then(() => socket.end('554 go away\r\n'));
    });
    await new Promise<void>((resolve) => slow.listen(0, '127.0.0.1', resolve));
    const address = slow.address();
    const place = `127.0.0.1:${typeof address === 'object' ? address?.port : 0}`;
    const sets = ['--set', 'enabled:false', '--set', `smtp-server:${place}`];
    expect(await confditFor(server)('create-mail-server', '--server-name', 'Slow', ...sets)).toMatchObject({
      code: 0,
    });
  });

  afterEach(() => {
    process.kill(server.pid, 'SIGCONT');
    for (const peer of peers.splice(0)) peer.close();
  });

  afterAll(() => void slow.close());

  async function ask(answers: readonly string[], words: readonly string[]): Promise<ProgramResult> {
    const peer = await silentPeer(...answers);
    peers.push(peer.server);
    const connection = ['--hostname', '127.0.0.1', '--port', String(peer.port), '-w', 'x'];
    return runConfdit([...words, ...connection]);
  }

  const connecting =
    /^confdit: The server ldaps?:\/\/127\.0\.0\.1:\d+ has not answered for 400 ms; .*--connectTimeout\.\n$/;
  const asking =
    /^confdit: The server ldap:\/\/127\.0\.0\.1:\d+ has not answered for 600 ms, .* --requestTimeout\.(?: 0 changes made\. It is not known whether 1 change .*)?\n$/;

  it.each([
    ['to a login', [], []],
    ['to TLS that is to be looked at', [], ['--useSsl']],
    ['to TLS', [], ['--useSsl', '--trustAll']],
    ['to StartTLS that is to be looked at', [], ['--useStartTls']],
    ['to StartTLS', [], ['--useStartTls', '--trustAll']],
    ['to the TLS behind a StartTLS that is to be looked at', [EXTENDED_RESPONSE], ['--useStartTls']],
    ['to the TLS behind StartTLS', [EXTENDED_RESPONSE], ['--useStartTls', '--trustAll']],
  ] as const)('%s', async (_, answers, words) => {
    for (const command of ['list-mail-servers', 'export-ldif']) {
      const { code, stderr } = await ask(answers, [command, ...words, ...LIMIT]);
      expect(code, `${command}: ${stderr}`).toBe(91);
      expect(stderr, command).toMatch(connecting);
    }
  });

  it('to what it is asked', async () => {
    const file = join(server.folder, 'one.ldif');
    await writeFile(file, 'dn: cn=A,cn=Mail Servers,cn=config\nobjectClass: ds-cfg-mail-server\ncn: A\n');
    for (const words of [
      ['list-mail-servers'],
      ['delete-mail-server', '--server-name', 'A', '--no-prompt'],
      ['reload'],
      ['history'],
      ['export-ldif'],
      ['import-ldif', file],
    ]) {
      const { code, stderr } = await ask([BIND_RESPONSE], [...words, ...REQUEST_LIMIT]);
      expect(code, `${words}: ${stderr}`).toBe(81);
      expect(stderr, `${words}`).toMatch(asking);
    }
  });

  it('since it is stopped', async () => {
    process.kill(server.pid, 'SIGSTOP');
    const { code, stderr } = await confditFor(server)('status', ...LIMIT);
    expect(code).toBe(91);
    expect(stderr).toContain(`ldap://localhost:${server.port} has not answered for 400 ms`);
  });

  it('since it is stopped while it is at work', async () => {
    const tools = new LdapTools(server);
    const verifying = confditFor(server)('verify-mail-server', '--server-name', 'Slow', ...REQUEST_LIMIT);
    await expect.poll(() => tools.entries('cn=tasks', '(ds-task-state=RUNNING)')).toHaveLength(1);
    process.kill(server.pid, 'SIGSTOP');
    const { code, stdout, stderr } = await verifying;
    expect({ code, stdout }).toEqual({ code: 81, stdout: '' });
    expect(stderr).toContain(
      'has not answered for 600 ms, and whether it does what it was asked is not known',
    );
  });

  it('of a task, which is waited for', async () => {
    const words = ['verify-mail-server', '--server-name', 'Slow', ...REQUEST_LIMIT];
    const { code, stderr } = await confditFor(server)(...words);
    expect(code).toBe(1);
    expect(stderr).toContain('554');
  });

  it('may be waited for as long as it takes', async () => {
    const forever = ['--connectTimeout', '0', '--requestTimeout', '0'];
    for (const command of [['list-mail-servers'], ['export-ldif'], ['list-mail-servers', '-q', '-X']]) {
      expect(await confditFor(server)(...command, ...forever)).toMatchObject({ code: 0, stderr: '' });
    }
    const peer = await silentPeer();
    peers.push(peer.server);
    const waiting = runConfdit([
      'list-mail-servers',
      '--port',
      String(peer.port),
      '-w',
      'x',
      '--connectTimeout',
      '0',
    ]);
    await new Promise<void>((resolve) => {
      peer.server.once('connection', (socket) => passes(1500).then(() => resolve(void socket.destroy())));
    });
    expect((await waiting).stderr).not.toContain('has not answered');
  });

  it.each(['--connectTimeout', '--requestTimeout'])('%s takes milliseconds', async (option) => {
    const { code, stderr } = await runConfdit(['list-mail-servers', option, '2 s', '-w', 'x']);
    expect(code).toBe(89);
    expect(stderr).toContain(`${option} is "2 s"; it must be milliseconds, or 0.`);
  });
});
