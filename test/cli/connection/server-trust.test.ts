// Which servers the command line trusts: self-signed certificates, certificates that have changed, the socket file, and
// where options of the connection come from besides the command line.

import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runConfdit } from '../../support/confdit-program.ts';
import { removeFolder } from '../../support/folders.ts';
import { runProgram } from '../../support/ldap-tools.ts';
import { programPath } from '../../support/run/program-path.ts';
import { type RunningServer, startServer } from '../../support/start-server.ts';
import { ChainWorkshop } from '../../trust/chains/chain-workshop.ts';

const FINGERPRINT = /SHA-256 fingerprint ((?:[0-9A-F]{2}:){31}[0-9A-F]{2})/;
const OTHER_FINGERPRINT = Array.from({ length: 32 }, () => 'AB').join(':');

describe('the connection of the command line', () => {
  let server: RunningServer;
  let home: string;
  let socket: string;

  beforeAll(async () => {
    home = await mkdtemp(join(tmpdir(), 'confdit-home-'));
    socket = join(home, 'server.socket');
    server = await startServer({ environment: { LDAPI_PATH: socket } });
  });

  afterAll(() => removeFolder(home));

  const run = (...words: string[]) =>
    runConfdit(['list-mail-servers', '-s', ...words], {
      environment: { PASSWORD: server.password, HOME: home, TERM: 'xterm' },
    });
  const secured = (security: string) => [
    ...['--port', String(security === '--useSsl' ? server.ldapsPort : server.port), security],
    ...['--bindPassword:env', 'PASSWORD'],
  ];

  /** The program on a terminal that `script` lends, where somebody types the answer. */
  async function answer(text: string, ...words: string[]) {
    const program = [`'${programPath()}'`, 'list-mail-servers', '-s', ...words].join(' ');
    const command = `exec '${process.execPath}' ${program}`;
    return runProgram('script', ['--quiet', '--return', '--command', command, '/dev/null'], `${text}\n`, {
      PATH: process.env.PATH,
      PASSWORD: server.password,
      XDG_CONFIG_HOME: join(home, '.config'),
    });
  }

  it.each(['--useSsl', '--useStartTls'])(
    'refuses with %s a certificate that is not trusted',
    async (security) => {
      const { code, stdout, stderr } = await run(...secured(security));
      expect({ code, stdout }).toEqual({ code: 91, stdout: '' });
      expect(stderr).toContain('is not trusted: it is self-signed. It is for ');
      expect(stderr).toMatch(FINGERPRINT);
      expect(stderr).toContain('--trustStorePath');
      expect(stderr).toContain('--trustAll');
    },
  );

  it.each(['--useSsl', '--useStartTls'])(
    'trusts every certificate with %s and --trustAll',
    async (security) => {
      expect(await run(...secured(security), '--trustAll')).toMatchObject({ code: 0, stderr: '' });
    },
  );

  it('asks once on a terminal, and remembers a yes', async () => {
    const known = join(home, '.config', 'confdit', 'known-servers');
    const refused = await answer('no', ...secured('--useSsl'));
    expect(refused.code).toBe(91);
    expect(refused.stdout).toContain('Trust this certificate, now and later? (yes / no)');
    await expect(stat(known)).rejects.toThrow('ENOENT');
    const accepted = await answer('yes', ...secured('--useSsl'));
    expect(accepted.code).toBe(0);
    const [, fingerprint = ''] = FINGERPRINT.exec(accepted.stdout) ?? [];
    expect(await readFile(known, 'utf8')).toBe(`localhost:${server.ldapsPort} ${fingerprint}\n`);
    expect((await stat(known)).mode & 0o777).toBe(0o600);
    expect(await run(...secured('--useSsl'))).toMatchObject({ code: 0, stderr: '' });
    // StartTLS is another port, and so another server.
    expect(await run(...secured('--useStartTls'))).toMatchObject({ code: 91 });
    expect(await answer('yes', ...secured('--useStartTls'))).toMatchObject({ code: 0 });
    expect(await run(...secured('--useStartTls'))).toMatchObject({ code: 0, stderr: '' });
    const silent = await answer('yes', ...secured('--useSsl'), '--hostname', '127.0.0.1', '--no-prompt');
    expect(silent.code).toBe(91);
  });

  it.each(['--useSsl', '--useStartTls'])(
    'refuses with %s a certificate that has changed',
    async (security) => {
      const [, port] = secured(security);
      const other = await mkdtemp(join(tmpdir(), 'confdit-home-'));
      const path = join(other, 'confdit', 'known-servers');
      await mkdir(join(other, 'confdit'));
      await writeFile(path, `localhost:${port} ${OTHER_FINGERPRINT}\n`);
      const refused = await runConfdit(['list-mail-servers', ...secured(security)], {
        environment: { PASSWORD: server.password, XDG_CONFIG_HOME: other },
      });
      await removeFolder(other);
      expect(refused).toMatchObject({ code: 91, stdout: '' });
      expect(refused.stderr).toContain(`THE CERTIFICATE OF localhost:${port} HAS CHANGED`);
      expect(refused.stderr).toContain(OTHER_FINGERPRINT);
      expect(refused.stderr).toContain(path);
    },
  );

  it('says which rule a certificate breaks, and what to do', async () => {
    const workshop = new ChainWorkshop();
    const { own, trusted } = workshop.leaf({ key: workshop.rsa1024 });
    const other = createServer({ key: own.keyPem, cert: own.certificate, ciphers: 'DEFAULT@SECLEVEL=0' });
    other.on('tlsClientError', () => {}).listen(0, '127.0.0.1');
    await once(other, 'listening');
    const authority = join(home, 'authority.pem');
    await writeFile(authority, trusted.map(({ certificate }) => certificate).join(''));
    const { port } = other.address() as AddressInfo;
    const words = ['--hostname', '127.0.0.1', '--port', String(port), '--useSsl'];
    const { code, stderr } = await run(...words, '--trustStorePath', authority, '--bindPassword', 'any');
    other.close();
    expect(code).toBe(91);
    expect(stderr).toMatch(/It has an RSA key of 1024 bits, and at least 2048/);
    expect(stderr).toMatch(FINGERPRINT);
    expect(stderr).not.toContain('UNSPECIFIED');
  });

  it('says that there is no TLS where there is none', async () => {
    const { code, stderr } = await run(
      '--port',
      String(server.port),
      '--useSsl',
      '--bindPassword:env',
      'PASSWORD',
    );
    expect(code).toBe(91);
    expect(stderr).toContain(`ldaps://localhost:${server.port} cannot be reached: it speaks no TLS there.`);
  });

  it.each(['list-mail-servers', 'export-ldif'])(
    '%s says that there may be TLS where nothing else is answered',
    async (command) => {
      const words = [command, '--port', String(server.ldapsPort), '--bindPassword:env', 'PASSWORD'];
      const { code, stdout, stderr } = await runConfdit(words, {
        environment: { PASSWORD: server.password, HOME: home },
      });
      expect({ code, stdout }).toEqual({ code: 81, stdout: '' });
      expect(stderr).toBe(
        `confdit: The server ldap://localhost:${server.ldapsPort} closed the connection and did not answer. ` +
          'Its log says why; a port that is for TLS needs --useSsl.\n',
      );
    },
  );

  it('uses the socket file without a password, and with one', async () => {
    expect(await run('--socket', socket)).toMatchObject({ code: 0, stderr: '' });
    expect(await run('--socket', socket, '--bindPassword:env', 'PASSWORD')).toMatchObject({ code: 0 });
    expect(await run('--socket', socket, '--bindPassword', 'wrong')).toMatchObject({ code: 49 });
    const nothing = await run('--socket', join(home, 'nothing'));
    expect(nothing.code).toBe(91);
    expect(nothing.stderr).toContain(
      `${join(home, 'nothing')} cannot be reached: there is no such socket file.`,
    );
    expect(await run('--socket', socket, '--useSsl')).toMatchObject({ code: 18 });
    const exported = await runConfdit(['export-ldif', '--socket', socket], { environment: { HOME: home } });
    expect(exported.code).toBe(0);
    expect(exported.stdout).toContain('dn: cn=Mail Servers,cn=config');
  });

  it('takes options from a properties file, and what is typed goes first', async () => {
    const path = join(home, 'own.properties');
    const lines = [
      '# of the tests',
      'hostname=localhost',
      `dsconfig.port=${server.port}`,
      'bindPassword\\:env = PASSWORD',
    ];
    await writeFile(path, lines.join('\n'));
    const given = ['--propertiesFilePath', path];
    expect(await run(...given)).toMatchObject({ code: 0, stderr: '' });
    expect(await run(...given, '--bindPassword', 'wrong')).toMatchObject({ code: 49 });
    expect(await run(...given, '--socket', socket)).toMatchObject({ code: 0 });
    expect(await run(...given, '--noPropertiesFile')).toMatchObject({ code: 18 });
    expect(await run('--propertiesFilePath', join(home, 'none'))).toMatchObject({ code: 2 });
    const usual = join(home, '.config', 'confdit', 'tools.properties');
    await mkdir(join(home, '.config', 'confdit'), { recursive: true });
    await writeFile(usual, lines.join('\n'));
    expect(await run()).toMatchObject({ code: 0, stderr: '' });
    expect(await run('--noPropertiesFile')).toMatchObject({ code: 2 });
    await writeFile(usual, 'hostname localhost\n');
    expect((await run()).stderr).toContain(`${usual} line 1 has no "="`);
    await rm(usual);
  });
});
