// Servers that say what no LDAP server may say: a command ends with a sentence and an exit code, an application gets an error
// that it can catch. Each of these answers has ended a process.

import { afterEach, describe, expect, it } from 'vitest';
import { openMailServer } from '../../../src/client/open-mail-server.ts';
import type { RequestMessage } from '../../../src/ldap/message.ts';
import { message, octets, sequence, tlv } from '../../support/ber-bytes.ts';
import { runConfdit } from '../../support/confdit-program.ts';
import { answerOctets, ScriptedServer } from '../../support/scripted-server.ts';

const HUGE_LENGTH = Buffer.from('3084ffffffff', 'hex');
const SUCCESS = { code: 0, matchedDn: '', diagnosticMessage: '', referrals: undefined } as const;

type Reply = (request: RequestMessage) => Buffer;

/** An entry that names itself as nothing can be named. */
function misnamed({ id }: RequestMessage): Buffer {
  const entryDn = sequence(octets('entryDN'), tlv(0x31, octets('=,=,=')));
  return message(id, tlv(0x64, octets('=,=,='), sequence(entryDn)));
}

function bound({ id }: RequestMessage): Buffer {
  return answerOctets({
    id,
    operation: { type: 'bindResponse', ...SUCCESS, serverSaslCredentials: undefined },
    controls: [],
  });
}

describe('a server that says what no LDAP server may say', () => {
  const servers: ScriptedServer[] = [];

  afterEach(async () => {
    await Promise.all(servers.splice(0).map((server) => server.close()));
  });

  /** Logs everybody in unless `reply` is for the login too, and then replies. */
  async function serve(reply: Reply, answersLogin = true): Promise<string[]> {
    const server = await ScriptedServer.start({
      script: (request, socket) => {
        const isLogin = request.operation.type === 'bindRequest' && answersLogin;
        socket.write(isLogin ? bound(request) : reply(request));
      },
    });
    servers.push(server);
    return ['--hostname', '127.0.0.1', '--port', String(server.port), '-w', 'x'];
  }

  it.each([
    ['a length of four GiB', () => HUGE_LENGTH],
    ['an entry whose name is none', misnamed],
    ['the answer to something else', bound],
  ] satisfies [string, Reply][])('ends no command: %s', async (_, reply) => {
    // One that collects entries, and one that takes them page by page.
    for (const words of [['list-mail-servers'], ['export-ldif']]) {
      const { code, stdout, stderr } = await runConfdit([...words, ...(await serve(reply))]);
      expect([code, stdout], `${words}: ${stderr}`).toEqual([81, '']);
      expect(stderr).toMatch(
        /^confdit: The connection to the server ldap:\/\/127\.0\.0\.1:\d+ was ended here, because .*\n$/,
      );
    }
  });

  it('ends no command before the login, and none that looks at a certificate', async () => {
    for (const words of [['list-mail-servers'], ['list-mail-servers', '-q']]) {
      const { code, stderr } = await runConfdit([...words, ...(await serve(() => HUGE_LENGTH, false))]);
      expect([code, stderr.trim().split('\n').length], `${words}: ${stderr}`).toEqual([81, 1]);
    }
  });

  it.each([
    ['a length of four GiB', () => HUGE_LENGTH],
    ['an entry whose name is none', misnamed],
    ['the answer to something else', bound],
  ] satisfies [string, Reply][])('ends no application: %s', async (_, reply) => {
    const [, , , port = ''] = await serve(reply);
    const opening = openMailServer({
      url: `ldap://127.0.0.1:${port}`,
      bindDn: 'cn=app',
      password: 'x',
      mailServer: 'Main',
    });
    await expect(opening).rejects.toMatchObject({
      name: 'MailServerError',
      code: 'unreachable',
      message: expect.stringContaining('does not answer as an LDAP server does'),
    });
  });
});
