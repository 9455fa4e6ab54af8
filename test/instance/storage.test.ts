// When the disk does not do what it should: full, cut short, damaged, or wanted by two servers.

import { chmod, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runConfdit } from '../support/confdit-program.ts';
import { fill, smallDisk, unmount } from '../support/disk/small-disk.ts';
import { LdapTools } from '../support/ldap-tools.ts';
import { type RunningServer, startServer } from '../support/start-server.ts';
import { passes } from '../support/until.ts';

const CONTAINER = 'cn=Mail Servers,cn=config';

describe('a full disk', () => {
  it('refuses a change with 52 and changes nothing; reads go on; writes work again when there is space', async ({
    skip,
  }) => {
    const disk = await smallDisk();
    if (disk === undefined) return skip('NOT TESTED: a full disk. Only root may mount a small one.');
    try {
      const server = await startServer({ folder: join(disk, 'instance') });
      const tools = new LdapTools(server);
      expect((await tools.add(mailServer('Before'))).code).toBe(0);
      await fill(disk);
      const stored = await namesUntilRefused(tools);
      const before = await everything(tools);

      const refused = await tools.add(mailServer('Refused-and-longer-than-all-before'));
      expect(refused.stderr).toContain('ldap_add: Server is unavailable (52)');
      expect(refused.stderr).toContain('could not be stored and nothing has changed');
      expect(refused.stderr).toContain('the disk is full; free some space');
      const changed =
        await tools.modify(`dn: cn=Before,${CONTAINER}\nchangetype: modify\nreplace: ds-cfg-enabled
ds-cfg-enabled: false\n-\nreplace: ds-cfg-smtp-property\nds-cfg-smtp-property: a=${'x'.repeat(8_000)}\n`);
      expect(changed.code, changed.stderr).toBe(52);
      expect(await everything(tools)).toBe(before);

      await rm(join(disk, 'filler'));
      expect((await tools.add(mailServer('After'))).code).toBe(0);
      await server.kill();
      const again = await startServer({ folder: server.folder });
      const names = await mailServersOf(new LdapTools(again));
      expect(names).toEqual(['Before', ...stored, 'After']);
      await again.stop();
    } finally {
      await unmount(disk);
    }
  });

  it('that takes no log lines does not stop the server, and the log goes on when there is space', async ({
    skip,
  }) => {
    const disk = await smallDisk();
    if (disk === undefined) return skip('NOT TESTED: a full disk. Only root may mount a small one.');
    try {
      const log = join(disk, 'log');
      // The server writes to a file there; what it has written is shown as if it had written it here.
      const redirect = 'touch "$0"; tail --pid=$$ --follow "$0" & exec "$@" > "$0" 2>&1';
      const server = await startServer({ runBy: ['bash', '-c', redirect, log] });
      const tools = new LdapTools(server);
      const warnings = () => server.logLines().filter(({ level }) => level === 40);
      // What is logged is written a little later; on a busy machine only when there is space again.
      for (let round = 0; warnings().length === 0; round++) {
        await fill(disk);
        // More than fits into what is left of the last page.
        for (let count = 0; count < 3; count++) await tools.search('cn=config', `(cn=${'x'.repeat(2_000)})`);
        await passes(500);
        expect((await tools.add(mailServer(`One${round}`))).code).toBe(0);
        await rm(join(disk, 'filler'));
        expect((await tools.add(mailServer(`Two${round}`))).code).toBe(0);
        await server.waitForLog(({ msg, dn }) => msg === 'add' && dn === `cn=Two${round},${CONTAINER}`);
      }
      const [warning] = warnings();
      expect(warning?.msg).toBe(
        'the log could not be written for a while; lines of that time may be missing',
      );
      expect(warning?.reason).toBe('ENOSPC');
      expect(await server.stop()).toEqual({ code: 0, signal: null });
    } finally {
      await unmount(disk);
    }
  });

  it('keeps a new server from starting, with one sentence', async ({ skip }) => {
    const disk = await smallDisk();
    if (disk === undefined) return skip('NOT TESTED: a full disk. Only root may mount a small one.');
    try {
      await fill(disk);
      const { code, stderr } = await startServer({ folder: join(disk, 'instance'), expectFailure: true });
      expect(code).toBe(1);
      expect(stderr).toMatch(/^confdit cannot start:\n {2}The instance folder .* cannot be used: .*\n$/);
    } finally {
      await unmount(disk);
    }
  });
});

describe('a journal that ends in the middle of a change', () => {
  it.each([
    ['after one octet', (whole: number) => whole - 1],
    ['in the middle', (whole: number) => whole >> 1],
    ['before the last octet', () => 1],
  ])('%s of it is cut back, kept aside and told; what was acknowledged before is there', async (_, cut) => {
    const server = await startServer();
    const tools = new LdapTools(server);
    expect((await tools.add(`${mailServer('One')}\n${mailServer('Two')}`)).code).toBe(0);
    const path = await journalOf(server);
    const { size } = await stat(path);
    expect((await tools.add(mailServer('Torn'))).code).toBe(0);
    await server.kill();
    await truncate(path, (await stat(path)).size - cut((await stat(path)).size - size));

    const again = await startServer({ folder: server.folder });
    const warning = await again.waitForLog(({ level }) => level === 40);
    expect(warning.msg).toContain(`was being written to ${path} when the server stopped`);
    expect(await mailServersOf(new LdapTools(again))).toEqual(['One', 'Two']);
    const aside = (await readdir(join(path, '..'))).filter((name) => name.includes('torn'));
    expect(aside).toHaveLength(1);
    expect((await new LdapTools(again).add(mailServer('Three'))).code).toBe(0);
    await again.stop();

    const third = await startServer({ folder: server.folder });
    expect(await mailServersOf(new LdapTools(third))).toEqual(['One', 'Two', 'Three']);
    expect(third.logLines().filter(({ level }) => level >= 40)).toEqual([]);
  });
});

describe('a damaged change in the journal', () => {
  it('keeps the server from starting, and is named by file and number', async () => {
    const server = await startServer();
    const tools = new LdapTools(server);
    const three = ['One', 'Two', 'Three'].map(mailServer).join('\n');
    expect((await tools.add(three)).code).toBe(0);
    await server.stop();
    const path = await journalOf(server);
    const text = await readFile(path, 'utf8');
    // The first change gave the administrator a password.
    await writeFile(path, text.replace('two.example.com', 'tvo.example.com'));

    const refused = await startServer({ folder: server.folder, expectFailure: true });
    expect(refused.code).toBe(1);
    expect(refused.stderr).toMatch(
      new RegExp(`^confdit cannot start:\\n {2}Change 3 in ${path} is damaged: `),
    );
    expect(refused.stderr).not.toContain('    at ');

    await writeFile(path, text);
    const again = await startServer({ folder: server.folder });
    expect(await mailServersOf(new LdapTools(again))).toEqual(['One', 'Two', 'Three']);
  });
});

it('a key that others may write keeps the server from starting; check names it, and repair puts it right', async () => {
  const server = await startServer();
  await server.stop();
  const key = join(server.folder, 'config', 'keys', 'server.pem');
  await chmod(key, 0o666);
  const refused = await startServer({ folder: server.folder, expectFailure: true });
  expect(refused.stderr).toContain(`${key} can be written by others than its owner`);
  const environment = { CONFDIT_INSTANCE: server.folder };
  expect((await runConfdit(['check'], { environment })).stdout).toContain(key);
  expect((await runConfdit(['repair', '--yes'], { environment })).code).toBe(0);
  expect((await stat(key)).mode & 0o777).toBe(0o600);
  await startServer({ folder: server.folder });
});

describe('a second server on the same instance folder', () => {
  it('is refused with one sentence, and the first does not feel it', async () => {
    const server = await startServer();
    const tools = new LdapTools(server);
    expect((await tools.add(mailServer('One'))).code).toBe(0);
    const second = await startServer({ folder: server.folder, expectFailure: true });
    expect(second.code).toBe(1);
    expect(second.stderr.trimEnd().split('\n')).toHaveLength(2);
    expect(second.stderr).toContain(server.folder);
    expect((await tools.add(mailServer('Two'))).code).toBe(0);
    await server.kill();
    const third = await startServer({ folder: server.folder });
    expect(await mailServersOf(new LdapTools(third))).toEqual(['One', 'Two']);
  });
});

function mailServer(name: string): string {
  return `dn: cn=${name},${CONTAINER}
objectClass: ds-cfg-mail-server
cn: ${name}
ds-cfg-enabled: true
ds-cfg-smtp-server: ${name.toLowerCase()}.example.com
`;
}

async function mailServersOf(tools: LdapTools): Promise<string[]> {
  return (await tools.entries(CONTAINER, '-s', 'one', '1.1')).map(({ dn }) => dn.name);
}

async function everything(tools: LdapTools): Promise<string> {
  return (await tools.search('cn=config', '(objectClass=*)', '*', '+')).stdout;
}

async function journalOf({ folder }: RunningServer): Promise<string> {
  const journal = join(folder, 'config', 'journal');
  const [name = ''] = (await readdir(journal))
    .filter((file) => file.endsWith('.ldif'))
    .sort()
    .reverse();
  return join(journal, name);
}

/** The last page of the journal may have room for some more; gives the names that were stored. */
async function namesUntilRefused(tools: LdapTools): Promise<string[]> {
  const stored: string[] = [];
  for (;;) {
    const name = `Filler-${stored.length}`;
    const { code, stderr } = await tools.add(mailServer(name));
    if (code === 52) return stored;
    expect(code, stderr).toBe(0);
    stored.push(name);
  }
}
