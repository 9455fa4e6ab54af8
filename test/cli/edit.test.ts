// An entry in the editor: what is wrong comes back as comments, and what is right is stored.

import { chmod, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runConfdit } from '../support/confdit-program.ts';
import { removeFolder } from '../support/folders.ts';
import { LdapTools, type ProgramResult } from '../support/ldap-tools.ts';
import { type RunningServer, startServer } from '../support/start-server.ts';

const DN = 'cn=Edited,cn=Mail Servers,cn=config';

describe('edit', () => {
  let server: RunningServer;
  let folder: string;

  beforeAll(async () => {
    server = await startServer();
    folder = await mkdtemp(join(tmpdir(), 'confdit-editor-'));
    await new LdapTools(server).add(
      `dn: ${DN}\nobjectClass: ds-cfg-mail-server\nds-cfg-enabled: false\nds-cfg-smtp-server: a.example.com\n`,
    );
  });

  afterAll(() => removeFolder(folder));

  /** An editor that keeps what it is shown, and runs one line of a script at each call. */
  async function edit(lines: readonly string[], ...options: readonly string[]): Promise<ProgramResult> {
    const editor = join(folder, 'editor');
    const cases = lines.map((line, index) => `${index + 1}) ${line} ;;`).join('\n');
    await writeFile(join(folder, 'count'), '0');
    await writeFile(
      editor,
      `#!/bin/sh\nn=$(($(cat '${folder}/count') + 1)); echo $n > '${folder}/count'\ncp "$1" '${folder}'/shown.$n\ncase $n in\n${cases}\nesac\n`,
    );
    await chmod(editor, 0o755);
    const environment = { PASSWORD: server.password, EDITOR: editor };
    const words = ['--port', String(server.port), '--bindPassword:env', 'PASSWORD'];
    return runConfdit(['edit', DN, ...options, ...words], { environment });
  }

  const shown = (number: number) => readFile(join(folder, `shown.${number}`), 'utf8');

  it('comes back with the problems as comments until it is right', async () => {
    const edited = await edit([
      'sed -i "s/^ds-cfg-smtp-server:.*/ds-cfg-smtp-server: a:70000/; s/^ds-cfg-enabled:.*/ds-cfg-enabled: perhaps/" "$1"',
      'sed -i "s/a:70000/b.example.com:25/; s/^ds-cfg-enabled:.*/ds-cfg-enabled: true/" "$1"',
    ]);
    expect(edited).toMatchObject({ code: 0, stderr: '' });
    expect(await shown(1)).toContain('ds-cfg-smtp-server: a.example.com\n');
    expect(await shown(1)).not.toContain('entryUUID');
    expect(await shown(2)).toMatch(/^# cn=Edited.*perhaps/m);
    expect(await shown(2)).toContain('ds-cfg-smtp-server: a:70000\n');
    const [entry] = await new LdapTools(server).entries(DN, '-s', 'base');
    expect(entry?.values('ds-cfg-smtp-server')).toEqual(['b.example.com:25']);
    expect(entry?.values('ds-cfg-enabled')).toEqual(['true']);
  });

  it.each([
    ['nothing is edited', ['true'], 0, '', undefined],
    ['the editor fails', ['exit 3'], 6, 'ended with 3. Nothing was changed.', undefined],
    ['the editor is ended', ['kill -9 $$'], 6, 'ended with ', undefined],
    [
      'the file is removed',
      ['rm "$1"'],
      6,
      'The editor has removed the file. Nothing was changed.',
      undefined,
    ],
    ['the file is empty', [': > "$1"'], 6, 'The file is empty. Nothing was changed.', undefined],
    [
      'the editor fails after it has saved',
      ['echo "ds-cfg-use-ssl: true" >> "$1"; exit 4'],
      ...[6, 'ended with 4. Nothing was changed. What you have written is in '],
      'ds-cfg-use-ssl: true\n',
    ],
    [
      'what is wrong stays so',
      ['echo "ds-cfg-use-ssl: perhaps" >> "$1"', 'true'],
      ...[6, '"perhaps" is not a value'],
      'ds-cfg-use-ssl: perhaps\n',
    ],
    [
      'the file is removed after a refusal',
      ['echo "ds-cfg-use-ssl: perhaps" >> "$1"', 'rm "$1"'],
      ...[6, 'The editor has removed the file. Nothing was changed. What you have written is in '],
      'ds-cfg-use-ssl: perhaps\n',
    ],
    ['the file is no text', ['printf "\\\\377" > "$1"'], 6, 'is not UTF-8', undefined],
  ] as const)('changes nothing when %s', async (_, lines, code, sentence, kept) => {
    const stored = async () =>
      String((await new LdapTools(server).entries(DN, '-s', 'base', '*', 'modifyTimestamp'))[0]?.attributes);
    const before = await stored();
    const edited = await edit(lines);
    expect(edited).toMatchObject({ code, stdout: code === 0 ? 'Nothing was changed.\n' : '' });
    expect(edited.stderr).toContain(sentence);
    const [, path] = /is in (\S+)\n$/.exec(edited.stderr) ?? [];
    expect(path === undefined ? undefined : await readFile(path, 'utf8')).toEqual(
      kept === undefined ? undefined : expect.stringContaining(kept),
    );
    if (path !== undefined) await removeFolder(dirname(path));
    expect(await stored()).toBe(before);
  });

  it('shows the entry as YAML where that is wanted, with its problems, and stores what is right', async () => {
    const edited = await edit(
      [
        'sed -i "s/^smtp-server:.*/smtp-server: c.example.com/; s/^enabled:.*/enabled: perhaps/" "$1"',
        'sed -i "s/^enabled:.*/enabled: false/; s/^name:/# a comment\\nname:/" "$1"; echo "priority: 7" >> "$1"',
      ],
      ...['--format', 'yaml'],
    );
    expect(edited).toMatchObject({ code: 0, stderr: '' });
    expect(await shown(1)).toMatch(/^# [^\n]*\nkind: mail-server\nname: Edited\nenabled: true\n/);
    expect(await shown(2)).toMatch(/^# cn=Edited.*perhaps/m);
    expect(await shown(2)).toContain('\nsmtp-server: c.example.com\n');
    const [entry] = await new LdapTools(server).entries(DN, '-s', 'base');
    expect(
      ['ds-cfg-smtp-server', 'ds-cfg-enabled', 'ds-cfg-priority'].map((one) => entry?.first(one)),
    ).toEqual([...['c.example.com', 'false', '7']]);
    const unchanged = await edit(['true'], '--format=YAML');
    expect(unchanged).toMatchObject({ code: 0, stdout: 'Nothing was changed.\n' });
    expect(await edit(['true'], '--format', 'json')).toMatchObject({ code: 89 });
  });

  it('says which entry may be meant', async () => {
    const words = ['--port', String(server.port), '--bindPassword:env', 'PASSWORD'];
    const environment = { PASSWORD: server.password };
    const ended = (...typed: string[]) => runConfdit([...typed, ...words], { environment });
    const edited = await ended('edit', DN.replace('Edited', 'Edtied'));
    expect(edited).toMatchObject({ code: 32, stderr: expect.stringContaining('Did you mean Edited?') });
    const read = await ended('get-mail-server-prop', '--server-name', 'edited2');
    expect(read).toMatchObject({ code: 32, stderr: expect.stringContaining('Did you mean Edited?') });
    const reference = 'trust-manager-provider:JVM Trust Manger';
    const set = await ended('set-mail-server-prop', '-n', '--server-name', 'Edited', '--set', reference);
    expect(set).toMatchObject({
      code: 19,
      stderr: expect.stringContaining('Did you mean cn=JVM Trust Manager,'),
    });
  });
});
