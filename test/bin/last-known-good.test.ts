// What waits for a server to start: an edited config.ldif, a file of changes beside it, and the way back to the last
// configuration that was good.

import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { LdapTools } from '../support/ldap-tools.ts';
import { type RunningServer, startServer } from '../support/start-server.ts';

const CONTAINER = 'cn=Mail Servers,cn=config';

function mailServer(name: string, host = `${name.toLowerCase()}.example.com`): string {
  return `dn: cn=${name},${CONTAINER}
objectClass: top
objectClass: ds-cfg-mail-server
cn: ${name}
ds-cfg-enabled: true
ds-cfg-smtp-server: ${host}
`;
}

async function hosts(server: RunningServer): Promise<string[]> {
  const entries = await new LdapTools(server).entries(CONTAINER, '-s', 'one', 'ds-cfg-smtp-server');
  return entries.map((entry) => `${entry.dn.name} ${entry.first('ds-cfg-smtp-server')}`);
}

async function lastChange(server: RunningServer): Promise<string> {
  const top = await new LdapTools(server).entries('', '-s', 'base', 'lastChangeNumber');
  const number = top[0]?.first('lastchangenumber') ?? '';
  const found = await new LdapTools(server).entries('cn=changelog', `(changeNumber=${number})`);
  return `${number} ${found[0]?.first('changeinitiatorsname')}`;
}

/** A server that was stopped with One in config.ldif and Two only in the journal. */
async function stopped(): Promise<{ folder: string; path: string; text: string }> {
  const first = await startServer();
  expect((await new LdapTools(first).add(mailServer('One'))).code).toBe(0);
  const task =
    'dn: ds-task-id=1,cn=Scheduled Tasks,cn=tasks\nobjectClass: ds-task\nobjectClass: ds-task-snapshot\nds-task-id: 1\n';
  const added = await new LdapTools(first).add(task);
  expect(added.code, added.stderr).toBe(0);
  const path = join(first.folder, 'config', 'config.ldif');
  await expect.poll(() => readFile(path, 'utf8'), { timeout: 20_000 }).toContain('cn=One');
  expect((await new LdapTools(first).add(mailServer('Two'))).code).toBe(0);
  await first.stop();
  return { folder: first.folder, path, text: await readFile(path, 'utf8') };
}

describe('config.ldif edited while the server is down', () => {
  it('is a change by that name, on top of what the journal holds', async () => {
    const { folder, path, text } = await stopped();
    const edited = `${text.replace('one.example.com', 'edited.example.com')}\n${mailServer('Three')}`;
    await writeFile(path, edited, { mode: 0o600 });
    const again = await startServer({ folder });
    expect(await hosts(again)).toEqual([
      'One edited.example.com',
      'Two two.example.com',
      'Three three.example.com',
    ]);
    expect(await lastChange(again)).toBe('4 cn=Manual Edit');
    expect(await readFile(path, 'utf8')).toMatch(/^# confdit snapshot through change 000000000004 /);
    await again.kill();
    const third = await startServer({ folder });
    expect(await lastChange(third)).toBe('4 cn=Manual Edit');
  });

  it('that is not valid keeps the server from starting, with the issues, and stays as it is', async () => {
    const { folder, path, text } = await stopped();
    const wrong = text.replace('one.example.com', 'one.example.com:99999');
    await writeFile(path, wrong, { mode: 0o600 });
    const failed = await startServer({ folder, expectFailure: true });
    expect(failed.stderr).toContain(`${path} was edited, and cannot be taken as it is; 1 to be put right:`);
    expect(failed.stderr).toContain('99999');
    expect(failed.stderr.trimEnd().endsWith('confdit start --last-known-good')).toBe(true);
    expect(await readFile(path, 'utf8')).toBe(wrong);
    await writeFile(path, text, { mode: 0o600 });
    const again = await startServer({ folder });
    expect(await hosts(again)).toEqual(['One one.example.com', 'Two two.example.com']);
    expect(await lastChange(again)).toMatch(/^3 cn=admin/);
  });
});

describe('config-changes.ldif', () => {
  it('is applied once, as one change, and gets another name', async () => {
    const { folder } = await stopped();
    const config = join(folder, 'config');
    const changes = `${mailServer('Three').replace('\n', '\nchangetype: add\n')}
dn: cn=One,${CONTAINER}
changetype: delete
`;
    await writeFile(join(config, 'config-changes.ldif'), changes);
    const again = await startServer({ folder });
    expect(await hosts(again)).toEqual(['Two two.example.com', 'Three three.example.com']);
    expect(await lastChange(again)).toMatch(/^4 cn=config-changes.ldif [0-9a-f]{16}$/);
    const names = await readdir(config);
    expect(names).toContain('config-changes.ldif.applied');
    expect(names).not.toContain('config-changes.ldif');
    await again.stop();
    // As if the server had stopped between the two.
    await writeFile(join(config, 'config-changes.ldif'), changes);
    const third = await startServer({ folder });
    expect(await lastChange(third)).toMatch(/^4 /);
  });

  it('that cannot be applied keeps the server from starting', async () => {
    const { folder } = await stopped();
    const path = join(folder, 'config', 'config-changes.ldif');
    for (const [text, problem] of [
      [`dn: cn=Nobody,${CONTAINER}\nchangetype: delete\n`, 'there is no such entry'],
      ['dn: cn=config\nchangetype: nonsense\n', 'Line 2'],
      [mailServer('Three', 'three.example.com:0'), 'smtp-server'],
    ] as const) {
      await writeFile(path, text);
      const failed = await startServer({ folder, expectFailure: true });
      expect(failed.stderr).toContain(`${path} cannot be applied`);
      expect(failed.stderr).toContain(problem);
    }
  });
});

it('--last-known-good goes back to what the last good start had, as a change', async () => {
  const first = await startServer({ environment: { HOST: 'first.example.com' } });
  const ok = join(first.folder, 'config', 'config.ldif.startok');
  expect((await new LdapTools(first).add(mailServer('One', '$<host>'))).code).toBe(0);
  await first.stop();
  expect(await readFile(ok, 'utf8')).toMatch(/^# confdit snapshot through change 000000000001 /);
  const failed = await startServer({ folder: first.folder, expectFailure: true });
  expect(failed.stderr.trimEnd().split('\n').at(-1)).toBe(
    `  To go back to the configuration of the last good start (${ok}): confdit start --last-known-good`,
  );
  const again = await startServer({ folder: first.folder, words: ['--last-known-good'] });
  expect(await hosts(again)).toEqual([]);
  expect(await lastChange(again)).toBe('3 cn=Last Known Good');
});
