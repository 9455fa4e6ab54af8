// A subcommand on a terminal: what waits for its object to be disabled and enabled is offered to be done at once, and a
// secret that was typed is answered with what is better.

import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { confditFor } from '../support/confdit-program.ts';
import { LdapTools } from '../support/ldap-tools.ts';
import { programPath } from '../support/run/program-path.ts';
import { type RunningServer, startServer } from '../support/start-server.ts';
import { Terminal } from '../support/terminal.ts';

const QUESTION = 'Disable the Mail Server Relay and enable it again now? (yes / no)';
const SECRET = 'canary-of-terminal';

describe('a change on a terminal', () => {
  let server: RunningServer;
  let terminal: Terminal | undefined;

  beforeAll(async () => {
    server = await startServer();
    const sets = ['--set', 'enabled:true', '--set', 'smtp-server:a.example.com'];
    const created = await confditFor(server)('create-mail-server', '--server-name', 'Relay', ...sets);
    expect(created).toMatchObject({ code: 0, stderr: '' });
  });

  afterEach(async () => {
    await terminal?.end();
    terminal = undefined;
  });

  async function type(words: string): Promise<Terminal> {
    const program = `'${process.execPath}' '${programPath()}' set-mail-server-prop --server-name Relay`;
    terminal = await Terminal.start(`${program} ${words} --port ${server.port} --bindPassword:env PASSWORD`, {
      folder: process.cwd(),
      environment: { PASSWORD: server.password },
    });
    return terminal;
  }

  async function inForce(): Promise<readonly string[] | undefined> {
    const dn = 'cn=Relay,cn=Mail Servers,cn=effective';
    const [entry] = await new LdapTools(server).entries(dn, '-s', 'base', 'ds-cfg-use-ssl');
    return entry?.values('ds-cfg-use-ssl');
  }

  it('is left waiting by a no', async () => {
    const screen = await type('--set use-ssl:true --set use-start-tls:false');
    await screen.until(QUESTION);
    await screen.type('no');
    await screen.press('Enter');
    await screen.until('exit code 0');
    expect(await inForce()).toEqual(['false']);
  });

  it('is brought into force by a yes', async () => {
    const screen = await type('--set use-ssl:true');
    await screen.until(QUESTION);
    await screen.type('yes');
    await screen.press('Enter');
    await screen.until('The Mail Server was disabled and enabled again');
    await screen.until('exit code 0');
    expect(await inForce()).toEqual(['true']);
  });

  it('is not asked about with --no-prompt, nor when nothing waits', async () => {
    expect(await (await type('--set use-ssl:false --no-prompt')).until('exit code')).not.toContain(
      'yes / no',
    );
    await terminal?.end();
    expect(await (await type('--set priority:4')).until('exit code 0')).not.toContain('yes / no');
  });

  it('says what is better than a secret that was typed, and nothing of an expression', async () => {
    const said = await (await type(`--set auth-username:me --set auth-password:${SECRET} --no-prompt`)).until(
      'exit code 0',
    );
    expect(said).toContain('Others on this machine can read what --set auth-password:');
    expect(said).not.toContain(SECRET);
    await terminal?.end();
    const silent = await type("--set 'auth-password:$<no.such|x>' --no-prompt");
    expect(await silent.until('exit code 0')).not.toContain('Others');
  });
});
