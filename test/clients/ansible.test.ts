// Ansible's own modules for directories (community.general): a playbook makes what is in it, a second run finds nothing to
// do, and a refusal is told in the words of the server.

import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { removeFolder } from '../support/folders.ts';
import { LdapTools, type ProgramResult, runProgram } from '../support/ldap-tools.ts';
import { type RunningServer, startServer } from '../support/start-server.ts';
import { PYTHON } from './client-script.ts';

const PLAYBOOK = fileURLToPath(new URL('configure.yml', import.meta.url));
const NAME = 'cn=Playbook Mail,cn=Mail Servers,cn=config';

describe('a playbook', () => {
  let server: RunningServer;
  let home: string;

  beforeAll(async () => {
    server = await startServer();
    home = await mkdtemp(join(tmpdir(), 'confdit-ansible-'));
  });

  afterAll(() => removeFolder(home));

  const play = (...options: readonly string[]): Promise<ProgramResult> => {
    const python = `ansible_python_interpreter=${PYTHON}`;
    const words = ['-i', 'localhost,', '-e', `url=${server.url}`, '-e', python, ...options, PLAYBOOK];
    return runProgram('ansible-playbook', words, '', {
      ...process.env,
      HOME: home,
      ANSIBLE_NOCOLOR: '1',
      // Modules are read from a pipe instead of being copied into a folder first.
      ANSIBLE_PIPELINING: '1',
      CONFDIT_PASSWORD: server.password,
    });
  };
  const outcomeOf = ({ stdout }: ProgramResult) => /^localhost .*$/m.exec(stdout)?.[0].replace(/ +/g, ' ');

  it('makes what is in it, finds it, and tells why a value is refused', async () => {
    const first = await play();
    expect(first.code, first.stdout + first.stderr).toBe(0);
    expect(outcomeOf(first)).toContain('ok=7 changed=3 unreachable=0 failed=0');
    expect(first.stdout).toMatch(/FOUND .*relay\.example\.com:2525/);
    const [entry] = await new LdapTools(server).entries(NAME, '-s', 'base');
    expect(entry?.values('ds-cfg-trust-manager-provider')).toEqual([
      'cn=Playbook Trust,cn=Trust Manager Providers,cn=config',
    ]);
    expect(entry?.values('ds-cfg-smtp-property')).toHaveLength(2);
  });

  it('has nothing to do when it runs once more', async () => {
    const again = await play('--tags', 'again');
    expect(again.code, again.stdout + again.stderr).toBe(0);
    expect(outcomeOf(again)).toContain('ok=4 changed=0 unreachable=0 failed=0');
  });
});
