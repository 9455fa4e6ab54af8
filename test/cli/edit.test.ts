// An entry in the editor: what is wrong comes back as comments, and what is right is stored.

import { chmod, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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
  async function edit(lines: readonly string[]): Promise<ProgramResult> {
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
    return runConfdit(['edit', DN, ...words], { environment });
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

  it('changes nothing when nothing was edited, or the editor fails', async () => {
    expect(await edit(['true'])).toMatchObject({ code: 0, stdout: 'Nothing was changed.\n' });
    expect(await edit(['exit 3'])).toMatchObject({ code: 6, stdout: '' });
  });
});
