import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { noteClearExport, takeClearExports } from '../../src/instance/clear-exports.ts';
import { removeFolder } from '../support/folders.ts';

it('a long path hides neither who exported secrets nor what', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'confdit-exports-'));
  const path = `/tmp/${'./'.repeat(2000)}secrets.ldif`;
  await noteClearExport(folder, { who: 'mallory', base: 'cn=config', path }, new Date(0));
  expect(await takeClearExports(folder)).toEqual([
    expect.stringMatching(/^mallory exported the secrets at and below cn=config in clear text to \/tmp\//),
  ]);
  expect(await takeClearExports(folder)).toEqual([]);
  await removeFolder(folder);
});
