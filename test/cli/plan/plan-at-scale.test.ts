// More than a thousand mail servers as files: ten changes are one transaction, whoever is killed meanwhile, and nothing is changed
// that somebody else has changed since.

import { spawn } from 'node:child_process';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { confditFor } from '../../support/confdit-program.ts';
import { removeFolder } from '../../support/folders.ts';
import { LdapTools } from '../../support/ldap-tools.ts';
import { programPath } from '../../support/run/program-path.ts';
import { type RunningServer, startServer } from '../../support/start-server.ts';
import { Terminal } from '../../support/terminal.ts';
import { passes } from '../../support/until.ts';

const COUNT = 1250;
const CHANGED = 10;
const CONTAINER = 'cn=Mail Servers,cn=config';
/** After the plan is shown, the client is killed so much later. */
const KILLED_AFTER_MS = [0, 3, 10, 30, 100];

describe('a plan for more than a thousand mail servers', () => {
  let server: RunningServer;
  let confdit: ReturnType<typeof confditFor>;
  let folder: string;

  beforeAll(async () => {
    server = await startServer();
    confdit = confditFor(server);
    folder = await mkdtemp(join(tmpdir(), 'confdit-scale-'));
    expect(await confdit('apply', '-n', '--json', await file(587))).toMatchObject({ code: 0, stderr: '' });
  });

  afterAll(() => removeFolder(folder));

  /** All mail servers, every hundredth of them at this port. */
  async function file(port: number): Promise<string> {
    const path = join(folder, `port-${port}.ldif`);
    const entries = Array.from({ length: COUNT }, (_, index) => [
      `dn: cn=mail ${index},${CONTAINER}`,
      'objectClass: ds-cfg-mail-server',
      'ds-cfg-enabled: false',
      `ds-cfg-smtp-server: smtp${index}.example.com:${index % (COUNT / CHANGED) === 0 ? port : 587}`,
      '',
    ]);
    await writeFile(path, entries.flat().join('\n'));
    return path;
  }

  async function portsOf(changed: number): Promise<number> {
    const filter = `(ds-cfg-smtp-server=*:${changed})`;
    return (await new LdapTools(server).entries(CONTAINER, '-s', 'one', filter, '1.1')).length;
  }

  async function lastNumber(): Promise<number> {
    const [root] = await new LdapTools(server).entries('', '-s', 'base', 'lastChangeNumber');
    return Number(root?.first('lastchangenumber'));
  }

  it('is one transaction, and nothing the second time', async () => {
    const before = await lastNumber();
    const applied = await confdit('apply', '-n', await file(1001));
    expect(applied).toMatchObject({ code: 0, stderr: '' });
    expect(applied.stdout).toMatch(/^Plan: 0 to add, 10 to change, 0 to delete\.\nDone\.\n$/m);
    expect(await lastNumber()).toBe(before + 1);
    expect(await portsOf(1001)).toBe(CHANGED);
    expect(await confdit('plan', await file(1001))).toMatchObject({ stdout: 'Nothing is to be changed.\n' });
  });

  it.each(KILLED_AFTER_MS)('changes all or nothing when it is killed after %i ms', async (pauseMs) => {
    const port = 2000 + pauseMs;
    const words = ['apply', '-n', await file(port), '--port', String(server.port)];
    const child = spawn(process.execPath, [programPath(), ...words, '--bindPassword:env', 'PASSWORD'], {
      env: { PATH: process.env.PATH, PASSWORD: server.password },
    });
    const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
    await new Promise<void>((resolve) => child.stdout.once('data', () => resolve()));
    await passes(pauseMs);
    child.kill('SIGKILL');
    await ended;
    // What the server was sent may be under way still: a change that comes behind it is answered behind it.
    const name = ['--server-name', 'mail 1', '--set', 'priority:7'];
    expect(await confdit('set-mail-server-prop', ...name)).toMatchObject({ code: 0 });
    expect([0, CHANGED]).toContain(await portsOf(port));
  });

  it('is refused when one of the entries was changed since', async () => {
    const path = await file(3000);
    const terminal = await Terminal.start(
      `'${process.execPath}' '${programPath()}' apply '${path}' --port ${server.port} --bindPassword:env PASSWORD`,
      { folder: process.cwd(), environment: { PASSWORD: server.password } },
    );
    try {
      await terminal.until('Make these changes? (yes / no)');
      const name = ['--server-name', 'mail 500', '--set', 'priority:9'];
      expect(await confdit('set-mail-server-prop', ...name)).toMatchObject({ code: 0 });
      await terminal.type('yes');
      await terminal.press('Enter');
      const screen = await terminal.until('exit code');
      expect(screen).toContain('confdit: Nothing was changed');
      expect(screen).toContain('exit code 19');
      expect(await portsOf(3000)).toBe(0);
    } finally {
      await terminal.end();
    }
  });

  it('deletes below what is named and nowhere else, and names only what is there', async () => {
    const path = join(folder, 'nothing.ldif');
    await writeFile(path, '');
    const plan = JSON.parse((await confdit('plan', path, '--json', '--prune', CONTAINER)).stdout);
    expect(plan).toHaveLength(COUNT);
    expect(plan.every(({ dn }: { dn: string }) => dn.endsWith(`,${CONTAINER}`))).toBe(true);
    expect(await confdit('plan', path)).toMatchObject({ stdout: 'Nothing is to be changed.\n' });
    expect(await confdit('plan', path, '--prune', 'cn=Mial Servers,cn=config')).toMatchObject({ code: 32 });
    expect(await confdit('plan', path, '--prune', 'nonsense')).toMatchObject({ code: 2, stdout: '' });
    await writeFile(path, 'dn: dc=elsewhere\nobjectClass: domain\n');
    const elsewhere = await confdit('plan', path);
    expect(elsewhere).toMatchObject({ code: 1, stdout: '' });
    expect(elsewhere.stderr).toContain('nothing.ldif:1: dc=elsewhere is not below cn=config');
  });
});
