// What waits for a server to start: an edited config.ldif, a file of changes beside it, and the way back to the last
// configuration that was good.

import { once } from 'node:events';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { runHere } from '../support/confdit-program.ts';
import { removeFolder } from '../support/folders.ts';
import { freePort } from '../support/free-port.ts';
import { LdapTools } from '../support/ldap-tools.ts';
import { copyInstance, type RunningServer, startServer } from '../support/start-server.ts';
import { until } from '../support/until.ts';

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

/** A server that was stopped with One in config.ldif and Two only in the journal; each test gets a copy. */
async function stopped(): Promise<{ folder: string; path: string; text: string }> {
  const folder = await copyInstance(beginning);
  const path = join(folder, 'config', 'config.ldif');
  return { folder, path, text: await readFile(path, 'utf8') };
}

let beginning: string;

beforeAll(async () => {
  const first = await startServer();
  expect((await new LdapTools(first).add(mailServer('One'))).code).toBe(0);
  const task =
    'dn: ds-task-id=1,cn=Scheduled Tasks,cn=tasks\nobjectClass: ds-task\nobjectClass: ds-task-snapshot\nds-task-id: 1\n';
  const added = await new LdapTools(first).add(task);
  expect(added.code, added.stderr).toBe(0);
  const path = join(first.folder, 'config', 'config.ldif');
  await until(async () => (await readFile(path, 'utf8')).includes('cn=One'));
  expect((await new LdapTools(first).add(mailServer('Two'))).code).toBe(0);
  await first.stop();
  beginning = first.folder;
});

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
    expect(failed.stderr).toContain(`${path} was edited, and cannot be taken as it is; 1 error:`);
    expect(failed.stderr).toContain('99999');
    expect(failed.stderr.trimEnd().endsWith('confdit start --last-known-good')).toBe(true);
    expect(await readFile(path, 'utf8')).toBe(wrong);
    await writeFile(path, text, { mode: 0o600 });
    const again = await startServer({ folder });
    expect(await hosts(again)).toEqual(['One one.example.com', 'Two two.example.com']);
    expect(await lastChange(again)).toMatch(/^3 cn=admin/);
  });

  it('that would take away the containers and the last administrator is refused as over LDAP', async () => {
    const { folder, path, text } = await stopped();
    const end = text.indexOf('\ndn: cn=Mail Servers,cn=config');
    await writeFile(path, text.slice(0, end), { mode: 0o600 });
    // Two is only in the journal; it must not be what saves the others.
    const changes = `dn: cn=Two,${CONTAINER}\nchangetype: delete\n`;
    await writeFile(join(folder, 'config', 'config-changes.ldif'), changes, { mode: 0o600 });
    const failed = await startServer({ folder, expectFailure: true });
    expect(failed.stderr).toContain('cn=Mail Servers,cn=config');
    await writeFile(path, text.replace(/\n\ndn: cn=admin,cn=Root DNs.*?(?=\n\ndn:|$)/s, ''), { mode: 0o600 });
    const locked = await startServer({ folder, expectFailure: true });
    expect(locked.stderr).toContain('it is the last account that can change the configuration');
    const checked = await runHere(['check'], { environment: { CONFDIT_INSTANCE: folder } });
    expect([checked.code, checked.stdout]).toEqual([1, expect.stringContaining('it is the last account')]);
  });
});

/** 512 octets of zeros, as a disk leaves them that has lost a sector, over what stands there. */
function zeroed(text: string, at: number): Buffer {
  const octets = Buffer.from(text, 'latin1');
  octets.fill(0, at, at + 512);
  return octets;
}

describe('config.ldif that may be damaged', () => {
  it('because an entry is gone is asked about, and taken when somebody says that it is meant', async () => {
    const { folder, path, text } = await stopped();
    const edited = `${text.replace(/\n\ndn: cn=One,cn=Mail.*?(?=\n\ndn:|$)/s, '').trimEnd()}\n`;
    await writeFile(path, edited, { mode: 0o600 });
    const asked = await startServer({ folder, expectFailure: true });
    expect(asked.stderr).toContain(`${path} was edited, and no longer has one entry: cn=One,${CONTAINER}.`);
    expect(asked.stderr).toContain('confdit start --accept-edit');
    const checked = await runHere(['check'], { environment: { CONFDIT_INSTANCE: folder } });
    expect([checked.code, checked.stdout]).toEqual([1, expect.stringContaining(`cn=One,${CONTAINER}`)]);
    expect(await readFile(path, 'utf8')).toBe(edited);
    const again = await startServer({ folder, words: ['--accept-edit'] });
    expect([await hosts(again), await lastChange(again)]).toEqual([
      ['Two two.example.com'],
      '4 cn=Manual Edit',
    ]);
  });

  it('because its archive is gone too is asked about', async () => {
    const { folder, path, text } = await stopped();
    await removeFolder(join(folder, 'config', 'archived-configs'));
    await writeFile(path, text.replace('one.example.com', 'two.example.org'), { mode: 0o600 });
    const asked = await startServer({ folder, expectFailure: true });
    expect(asked.stderr).toContain('an edit cannot be told from damage');
    const again = await startServer({ folder, words: ['--accept-edit'] });
    expect(await hosts(again)).toEqual(['One two.example.org', 'Two two.example.com']);
  });

  it('because one bit is another is asked about', async () => {
    const { folder, path, text } = await stopped();
    const octets = Buffer.from(text, 'latin1');
    const at = octets.indexOf('one.example.com');
    octets[at] = (octets[at] ?? 0) ^ 1;
    await writeFile(path, octets, { mode: 0o600 });
    const asked = await startServer({ folder, expectFailure: true });
    expect(asked.stderr).toContain(`in one bit only, at octet ${at}`);
  });

  it.each([100, 1000, 2048])('because of zeros from octet %i on is refused', async (at) => {
    const { folder, path, text } = await stopped();
    await writeFile(path, zeroed(text, at), { mode: 0o600 });
    const refused = await startServer({ folder, words: ['--accept-edit'], expectFailure: true });
    expect(refused.stderr).toMatch(/NUL octet|first line of .* is not as the server wrote it/);
  });
});

describe('config.ldif.startok', () => {
  it('is refused when a bit of it is another, and is written anew by the next good start', async () => {
    const { folder, path, text } = await stopped();
    const ok = `${path}.startok`;
    const octets = await readFile(ok);
    const at = octets.indexOf('{PBKDF2');
    for (const place of [octets.length - 20, at > 0 ? at + 40 : octets.length >> 1]) {
      const flipped = Buffer.from(octets);
      flipped[place] = (flipped[place] ?? 0) ^ 1;
      await writeFile(ok, flipped, { mode: 0o600 });
      const refused = await startServer({ folder, words: ['--last-known-good'], expectFailure: true });
      expect(refused.stderr).toContain(ok);
      expect(refused.stderr).toMatch(/is not as the server wrote it|cannot be used/);
    }
    expect(await readFile(path, 'utf8')).toBe(text);
    await (await startServer({ folder })).stop();
    expect((await startServer({ folder, words: ['--last-known-good'] })).isRunning).toBe(true);
  });
});

describe('config.ldif that is no configuration any more', () => {
  it.each([
    ['is gone', (path: string) => rm(path), 'is missing'],
    ['is empty', (path: string) => writeFile(path, ''), 'holds no entry any more'],
    [
      'ends in the middle of an entry',
      (path: string, text: string) => writeFile(path, `${text.split('\n').slice(0, -4).join('\n')}\n`),
      'ends in the middle of an entry',
    ],
    [
      'has a slip in it',
      (path: string, text: string) => writeFile(path, `${text}\nno colon\n`),
      'cannot be used. Line ',
    ],
  ])('because it %s keeps the server from starting; two ways lead back', async (_, damage, problem) => {
    const { folder, path, text } = await stopped();
    await damage(path, text);
    const failed = await startServer({ folder, expectFailure: true });
    expect(failed.stderr).toContain(path);
    expect(failed.stderr).toContain(problem);
    expect(failed.stderr.trimEnd().endsWith('confdit start --last-known-good')).toBe(true);
    const again = await startServer({ folder, words: ['--last-known-good'] });
    expect(await hosts(again)).toEqual([]);
    expect(await lastChange(again)).toBe('4 cn=Last Known Good');
    await again.stop();

    await damage(path, text);
    const environment = { CONFDIT_INSTANCE: folder };
    expect((await runHere(['repair', '--yes'], { environment })).code).toBe(0);
    const undone = await runHere(['rollback', '--to', '3', '--offline', '--yes'], { environment });
    expect(undone.code, undone.stderr).toBe(0);
    expect(await hosts(await startServer({ folder }))).toEqual([
      'One one.example.com',
      'Two two.example.com',
    ]);
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

  it('may be the same once more, and the one that was applied before is kept', async () => {
    const { folder } = await stopped();
    const config = join(folder, 'config');
    const replace = (host: string) =>
      `dn: cn=One,${CONTAINER}\nchangetype: modify\nreplace: ds-cfg-smtp-server\nds-cfg-smtp-server: ${host}\n-\n`;
    await writeFile(join(config, 'config-changes.ldif'), replace('again.example.com'));
    const first = await startServer({ folder });
    expect((await new LdapTools(first).modify(replace('between.example.com'))).code).toBe(0);
    await first.stop();
    await writeFile(join(config, 'config-changes.ldif'), replace('again.example.com'));
    const second = await startServer({ folder });
    expect(await hosts(second)).toContain('One again.example.com');
    const applied = (await readdir(config)).filter((name) => name.startsWith('config-changes'));
    expect(applied.sort()).toEqual(['config-changes.ldif.applied', 'config-changes.ldif.applied.2']);
  });

  it('that cannot be applied keeps the server from starting', async () => {
    const { folder } = await stopped();
    const path = join(folder, 'config', 'config-changes.ldif');
    for (const [text, problem] of [
      [`dn: cn=Nobody,${CONTAINER}\nchangetype: delete\n`, 'there is no such entry'],
      ['dn: cn=config\nchangetype: nonsense\n', 'Line 2'],
      [mailServer('Three', 'three.example.com:0'), 'smtp-server'],
      ['dn: cn=config\nno colon\n\ndn: cn=config\nchangetype: nonsense\n', 'Line 5'],
      [`dn: cn=One,${CONTAINER}\ncontrol: 1.2.3 true\nchangetype: delete\n`, 'the control 1.2.3 is critical'],
      [
        Buffer.from(
          `dn: cn=One,${CONTAINER}\nchangetype: modify\nadd: description\ndescription: M\xfcller\n`,
          'latin1',
        ),
        'Line 4: The text is not UTF-8',
      ],
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

it('a port that is taken comes with the hint only where the last good start had another one', async () => {
  const first = await startServer();
  await first.stop();
  const port = await freePort();
  const other = createServer().listen(port, '127.0.0.1');
  await once(other, 'listening');
  const same = await startServer({ folder: first.folder, port, expectFailure: true });
  expect(same.stderr).toContain('Cannot listen on');
  expect(same.stderr).not.toContain('--last-known-good');
  const { folder } = first;
  const changed = await runHere(
    [
      'set-connection-handler-prop',
      '--handler-name',
      'LDAP',
      '--set',
      `listen-port:${port}`,
      '-n',
      '--offline',
    ],
    { environment: { CONFDIT_INSTANCE: folder } },
  );
  expect(changed, changed.stderr).toMatchObject({ code: 0 });
  const failed = await startServer({ folder, expectFailure: true });
  other.close();
  expect(failed.stderr).toContain('Cannot listen on');
  expect(failed.stderr.trimEnd().endsWith('confdit start --last-known-good')).toBe(true);
});

it('a last good start that would fail today is no way out', async () => {
  const first = await startServer({ environment: { HOST: 'first.example.com' } });
  expect((await new LdapTools(first).add(mailServer('One', '$<host>'))).code).toBe(0);
  await first.stop();
  await (await startServer({ folder: first.folder, environment: { HOST: 'first.example.com' } })).stop();
  const failed = await startServer({ folder: first.folder, expectFailure: true });
  expect(failed.stderr).toContain('$<host>');
  expect(failed.stderr).not.toContain('--last-known-good');
});
